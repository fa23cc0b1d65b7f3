//! Lists the devices of the account by their names, with what they are at the moment. Needs no socket.
#![allow(clippy::print_stdout)]

mod common;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = common::builder()?.account().await?;
    let names = account.devices().await?;
    for device in account.all_status().await?.devices {
        let id = device.id();
        let name = names.devices.iter().find(|listed| listed.id == id).and_then(|listed| listed.name.as_deref());
        let online = match device.info.as_ref().and_then(|info| info.online) {
            Some(true) => "online",
            Some(false) => "offline",
            None => "unknown",
        };
        println!("{id} {} ({online})", name.unwrap_or("without a name"));
        let view = device.view();
        for switch in &view.switches {
            println!("  switch {}: on {:?}, {:?} W", switch.channel, switch.on, switch.power);
        }
        for light in &view.lights {
            println!("  light {}: on {:?}, {:?} %", light.channel, light.on, light.brightness);
        }
        for cover in &view.covers {
            println!("  cover {}: {:?} at {:?} %", cover.channel, cover.state, cover.position);
        }
        for reading in &view.temperatures {
            println!("  {} degrees Celsius", reading.value);
        }
    }
    Ok(())
}
