//! A chat in the terminal. Lines that are typed are said in the internal chat; `/14 hello` says hello with account 14 on the
//! network that it is live on, which needs `--post`.
//!
//! ```text
//! cargo run -p multistreamer-client --example multistreamer_chat -- http://127.0.0.1:4104 john PASSWORD 21
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use anstream::println;
use anstyle::{AnsiColor, Style};
use multistreamer_client::{AccountId, Chat, ChatMessage, Event, Multistreamer, Piece, StreamId};
use std::error::Error;
use tokio::io::{AsyncBufReadExt, BufReader};

const USAGE: &str = "usage: multistreamer_chat SERVER USER PASSWORD STREAM [--post]";
const DIM: Style = Style::new().dimmed();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const PRIVATE: Style = AnsiColor::Magenta.on_default();

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let posting = words.iter().position(|word| word == "--post").map(|at| words.remove(at)).is_some();
    let [server, user, password, stream] = &words[..] else { return Err(USAGE.into()) };
    let user = Multistreamer::at(server).login(user, password).await?;
    let builder = user.chat(StreamId(stream.parse()?));
    let builder = if posting { builder.allow_posting() } else { builder };
    let (chat, mut events) = builder.connect().await?;
    let mut typed = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => show(&event),
                Some(Err(missed)) => println!("{DIM}-- {missed}{DIM:#}"),
                None => return Ok(()),
            },
            line = typed.next_line() => match line? {
                Some(line) => {
                    // What is said comes back as an event, so the next line need not wait for it.
                    let chat = chat.clone();
                    tokio::spawn(async move { say(&chat, &line).await });
                }
                None => break,
            },
        }
    }
    chat.close().await;
    Ok(())
}

async fn say(chat: &Chat, line: &str) {
    let by_number = line.strip_prefix('/').and_then(|rest| rest.split_once(' '));
    let account = by_number.and_then(|(number, text)| Some((AccountId(number.parse().ok()?), text)));
    let said = match account {
        Some((account, text)) => chat.say(account, account, text).await,
        None => chat.say_internally(line).await,
    };
    if let Err(e) = said {
        println!("{DIM}-- {e}{DIM:#}");
    }
}

fn show(event: &Event) {
    match event {
        Event::Chat(line) => println!("{}", shown(line)),
        Event::Status(status) => {
            let accounts = status.accounts.iter().flat_map(|accounts| &accounts.by_id);
            let live: Vec<String> = accounts
                .filter(|(_, account)| account.live)
                .map(|(id, account)| format!("/{id} {}", account.name.as_deref().unwrap_or("?")))
                .collect();
            let how = if status.status.pushing { "live on" } else { "not live" };
            println!("{DIM}-- {how} {}{DIM:#}", live.join(", "));
        }
        Event::ViewCount(count) => {
            let account = count.account_id.map(|id| id.to_string()).unwrap_or_default();
            println!("{DIM}-- {} watching on {account}{DIM:#}", count.viewers.unwrap_or_default());
        }
        Event::Disconnected { why, .. } => println!("{DIM}-- {why}; trying again{DIM:#}"),
        Event::StreamEnded => println!("{DIM}-- the stream has ended{DIM:#}"),
        _ => {}
    }
}

fn shown(line: &ChatMessage<'_>) -> String {
    let name = line.from.as_ref().and_then(|from| from.name.as_deref()).unwrap_or("?");
    let text: String = line
        .pieces()
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Link { url, .. } => (*url).to_owned(),
            Piece::Emote { code, .. } => format!(":{code}:"),
            _ => String::new(),
        })
        // Control characters of strangers have no business in a terminal.
        .map(|text| text.chars().filter(|c| !c.is_control()).collect::<String>())
        .collect();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let network = line.network.as_deref().unwrap_or("?");
    match line.to.as_ref().and_then(|to| to.name.as_deref()) {
        Some(to) => format!("{PRIVATE}{name} -> {to}: {text}{PRIVATE:#}"),
        None => format!("{DIM}[{network}]{DIM:#} {NAME}{name}{NAME:#} {text}"),
    }
}
