//! Follows the devices of the account, through every reconnect and token, until Ctrl-C.
#![allow(clippy::print_stdout)]

mod common;

use shelly_client::Event;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (shelly, mut events) = common::builder()?.connect().await?;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c() => break,
        };
        match event {
            Some(Ok(Event::Synced { devices })) => println!("{devices} devices"),
            Some(Ok(Event::Status { device, raw, .. })) => println!("{} changed: {raw}", device.id),
            Some(Ok(Event::Online { device, .. })) => println!("{} is online: {:?}", device.id, device.online),
            Some(Ok(Event::Disconnected { why, .. })) => println!("disconnected: {why}"),
            Some(Ok(Event::LoginFailed(failure))) => return Err(failure.into()),
            Some(Ok(other)) => println!("{other:?}"),
            Some(Err(missed)) => println!("{missed}"),
            None => break,
        }
    }
    shelly.close().await;
    Ok(())
}
