//! Vibrates, beeps and stops every shocker of the account, own and shared, on all hubs in one request.
#![allow(clippy::print_stdout)]

mod common;

use pishock_client::{Command, DurationMs, Intensity, Limits, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gentle = Limits::default().max_intensity(Intensity::new(25)?);
    let (pishock, _events) = common::builder()?.limits(gentle).connect().await?;
    let (strength, second) = (Intensity::new(20)?, DurationMs::new(1000)?);

    let hubs = pishock.account().hubs().await?;
    let all = hubs.iter().flat_map(|hub| hub.shockers.iter().map(|shocker| (hub.id, shocker.id)));
    let orders: Vec<_> = all.clone().map(|(hub, id)| Command::vibrate(id, strength, second).on_hub(hub)).collect();
    println!("vibrating {} shockers", orders.len());
    pishock.publish(orders).await?;

    for target in pishock.account().shared().await?.iter().filter_map(Target::of_share) {
        println!("beeping shared shocker {}", target.shocker());
        pishock.beep(&target, second).await?;
    }
    // Ends whatever this program has started, wherever it runs.
    pishock.stop_all().await?;
    pishock.close().await;
    Ok(())
}
