//! A device: registers itself, carries out commands, and tells what has changed: `devicehive_device URL [ID]`.
#![allow(clippy::print_stdout)]

mod common;

use devicehive_client::{DeviceChange, Json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id = common::argument(2).unwrap_or_else(|| "example-lamp".to_owned());
    let (hive, _events) = common::connect()?.await?;
    let lamp = hive.device(id.as_str());
    lamp.register(DeviceChange::new("Example lamp")).await?;
    let mut tasks = lamp.tasks().await?;
    println!("{id} is registered and waits for `on` and `off`; end it with Ctrl-C");

    loop {
        let task = tokio::select! {
            task = tasks.next() => task,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(task) = task else { break };
        let task = task?;
        let name = task.command().name.as_deref().unwrap_or_default();
        println!("command {}: {name}", task.command().id);
        match name {
            "on" | "off" => {
                let state = Json::parse(&format!(r#"{{"on":{}}}"#, name == "on"))?;
                task.answer("done", Some(state.clone())).await?;
                lamp.notify("state", Some(state)).await?;
            }
            _ => task.answer("unknown", None).await?,
        }
    }
    drop(tasks);
    drop(lamp);
    hive.close().await;
    Ok(())
}
