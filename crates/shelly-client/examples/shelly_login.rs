//! Logs in: prints the address of the login page, waits on this machine for the browser to come back, and puts the tokens
//! into the file.
#![allow(clippy::print_stdout)]

mod common;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = common::builder()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let login = builder.login(&format!("http://{}/callback", listener.local_addr()?))?;
    println!("open this in a browser:\n{}", login.url());
    loop {
        let (mut browser, _) = listener.accept().await?;
        // Browsers ask for other things as well, as an icon.
        let Some(target) = target(&mut browser).await.filter(|target| target.starts_with("/callback?")) else {
            answer(&mut browser, "404 Not Found", "There is nothing here.").await?;
            continue;
        };
        match login.finish(&target).await {
            Ok(_) => {
                answer(&mut browser, "200 OK", "You are logged in, and can close this page.").await?;
                println!("logged in");
                return Ok(());
            }
            Err(error) => {
                answer(&mut browser, "400 Bad Request", "The login has failed.").await?;
                println!("the login has failed: {error}");
            }
        }
    }
}

/// What a browser asks for: the second word of the first line.
async fn target(browser: &mut TcpStream) -> Option<String> {
    let mut line = String::new();
    BufReader::new(browser.take(16 * 1024)).read_line(&mut line).await.ok()?;
    Some(line.split(' ').nth(1)?.to_owned())
}

async fn answer(browser: &mut TcpStream, status: &str, text: &str) -> std::io::Result<()> {
    let length = text.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n");
    browser.write_all(format!("{head}connection: close\r\n\r\n{text}").as_bytes()).await?;
    browser.shutdown().await
}
