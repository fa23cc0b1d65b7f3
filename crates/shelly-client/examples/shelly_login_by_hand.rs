//! Logs in where no browser can come back to: a person opens the page anywhere and pastes the address where it ends up.
//! The second argument is that address; any will do that the browser cannot open, since only its text is of use.
#![allow(clippy::print_stdout)]

mod common;

use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let redirect = common::argument(2).unwrap_or_else(|| "https://127.0.0.1/callback".to_owned());
    let login = common::builder()?.login(&redirect)?;
    println!("open this in a browser:\n{}", login.url());
    println!("log in, and paste the address that the browser shows afterwards, whether it can open it or not:");
    let mut pasted = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut pasted).await?;
    login.finish(&pasted).await?;
    println!("logged in");
    Ok(())
}
