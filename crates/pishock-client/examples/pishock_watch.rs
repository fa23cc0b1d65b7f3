//! Follows the signs of life and the logs of all hubs of the account, through every reconnect, until Ctrl-C.
#![allow(clippy::print_stdout)]

mod common;

use pishock_client::{Channel, Event};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (pishock, mut events) = common::builder()?.connect().await?;
    let hubs = pishock.account().hubs().await?;
    let channels = hubs.iter().flat_map(|hub| [Channel::Ping(hub.id), Channel::Log(hub.id)]);
    for (channel, refusal) in pishock.subscribe(channels).await?.refused {
        println!("{channel} was refused: {refusal}");
    }
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c() => break,
        };
        match event {
            Some(Ok(Event::Alive { hub, raw, .. })) => println!("hub {hub} is alive at {raw}"),
            Some(Ok(Event::Log { hub, raw })) => println!("hub {hub} did {raw}"),
            Some(Ok(Event::Disconnected { why, .. })) => println!("disconnected: {why}"),
            Some(Ok(Event::LoginFailed(failure))) => return Err(failure.into()),
            Some(Ok(other)) => println!("{other:?}"),
            Some(Err(missed)) => println!("{missed}"),
            None => break,
        }
    }
    pishock.close().await;
    Ok(())
}
