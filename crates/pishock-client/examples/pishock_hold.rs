//! Keeps a vibration up for three seconds, as a held button would, and lets go.
#![allow(clippy::print_stdout)]

mod common;

use pishock_client::{Intensity, Target};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (pishock, _events) = common::builder()?.connect().await?;
    let hubs = pishock.account().hubs().await?;
    let (hub, shocker) = hubs.iter().find_map(|hub| Some((hub.id, hub.shockers.first()?.id))).ok_or("no shocker")?;
    let mut hold = pishock.hold_vibration(&Target::own(hub, shocker), Intensity::new(20)?).await?;
    println!("holding shocker {shocker}");
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(3)) => hold.release().await?,
        ended = hold.ended() => println!("ended before: {:?}", ended?),
    }
    println!("released");
    pishock.close().await;
    Ok(())
}
