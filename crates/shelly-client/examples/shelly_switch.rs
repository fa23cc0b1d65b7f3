//! Switches a relay over the socket, and tells what comes of it: `switch WHERE DEVICE on|off|toggle [CHANNEL]`, the device
//! as the example `list` shows it.
#![allow(clippy::print_stdout)]

mod common;

use shelly_client::{Channel, DeviceId, Event, Limits, Relay, Turn};
use std::time::Duration;

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
    // A relay that was so already has nothing to tell.
    let told = async {
        while let Some(event) = events.next().await {
            if matches!(&event, Ok(Event::Status { device: changed, .. }) if changed.id == device) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(3), told).await;
    let devices = shelly.devices().await?;
    let known = devices.iter().find(|known| known.id == device).map(shelly_client::Device::view);
    println!("the device says: {:?}", known.as_ref().and_then(|view| view.switch(channel.0)));
    shelly.close().await;
    Ok(())
}
