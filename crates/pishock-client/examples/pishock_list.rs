//! Lists what the account can operate: its own hubs and shockers, and what others share with it. Needs no socket.
#![allow(clippy::print_stdout)]

mod common;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = common::builder()?.account().await?;
    for hub in account.hubs().await? {
        println!("hub {} {}", hub.id, hub.name.unwrap_or_default());
        for shocker in hub.shockers {
            let paused = if shocker.paused == Some(true) { " (paused)" } else { "" };
            println!("  shocker {} {}{paused}", shocker.id, shocker.name.unwrap_or_default());
        }
    }
    for share in account.shared().await? {
        let owner = share.owned_by.unwrap_or_default();
        println!("shared by {owner}: shocker {} {}", share.shocker, share.name.unwrap_or_default());
    }
    Ok(())
}
