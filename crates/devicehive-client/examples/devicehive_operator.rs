//! Operates a device, such as that of the example `devicehive_device`, and listens to it: `devicehive_operator URL [ID] [on|off]`.
#![allow(clippy::print_stdout)]

mod common;

use devicehive_client::{Error, NewCommand};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id = common::argument(2).unwrap_or_else(|| "example-lamp".to_owned());
    let name = common::argument(3).unwrap_or_else(|| "on".to_owned());
    let (hive, _events) = common::connect()?.await?;
    let server = hive.server_info().await?;
    println!("server {} says it is {}", server.api_version.as_deref().unwrap_or("?"), server.server_timestamp);

    let device = hive.device_get(id.as_str()).await?;
    println!("{id} is called {}", device.name.as_deref().unwrap_or("?"));
    let mut told = hive.notifications(id.as_str()).await?;
    match hive.execute(id.as_str(), NewCommand::new(name), Duration::from_secs(5)).await {
        Ok(command) => {
            println!("{}: {:?}", command.status.as_deref().unwrap_or("no status"), command.result);
            if let Ok(Some(notification)) = tokio::time::timeout(Duration::from_secs(1), told.next()).await {
                let notification = notification?;
                println!("the device tells: {:?} {:?}", notification.name, notification.parameters);
            }
        }
        Err(Error::NotUpdated(receipt)) => println!("command {} waits: the device is not there", receipt.id),
        Err(error) => return Err(error.into()),
    }
    told.close().await?;
    hive.close().await;
    Ok(())
}
