//! Switches a relay over the socket, and tells what comes of it: `switch WHERE DEVICE on|off|toggle [CHANNEL]`, the device
//! as the example `list` shows it.
#![allow(clippy::print_stdout)]

mod common;

use shelly_client::{Channel, DeviceId, Event, Limits, Relay, Turn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    const USAGE: &str = "usage: switch WHERE DEVICE on|off|toggle [CHANNEL]";
    let device = DeviceId::in_http(&common::argument(2).ok_or(USAGE)?);
    let turn = Turn::parse(&common::argument(3).ok_or(USAGE)?).ok_or(USAGE)?;
    let channel = Channel(common::argument(4).map_or(Ok(0), |channel| channel.parse())?);
    // Nothing else than what was asked for.
    let limits = Limits::default().only_devices([device.clone()]);
    let (shelly, mut events) = common::builder()?.limits(limits).connect().await?;
    shelly.relay(&device, Relay::new(channel, turn)).await?;
    println!("the cloud has taken the command");
    while let Some(event) = events.next().await {
        if let Ok(Event::Status { device: changed, .. }) = event
            && changed.id == device
        {
            let on = changed.view().switch(channel.0).and_then(|switch| switch.on);
            println!("the device says: {}", if on == Some(true) { "on" } else { "not on" });
            break;
        }
    }
    shelly.close().await;
    Ok(())
}
