//! A chat in the terminal, in colours where there is a terminal (and `NO_COLOR` is not set).
//!
//! ```text
//! dummyload serve multistreamer
//! MULTISTREAMER_PASSWORD=demo-password cargo run -p multistreamer-client --example multistreamer_chat -- http://127.0.0.1:4104 john 21
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use anstream::{print, println};
use anstyle::{AnsiColor, Style};
use multistreamer_client::{
    AccountId, ApiError, Chat, ChatKind, ChatMessage, CommandError, Error as NotSaid, Event, HttpError, Multistreamer,
    Piece, Status, StreamId, User,
};
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

const USAGE: &str = "\
A chat on a stream of a multistreamer server.

usage: multistreamer_chat SERVER USER [STREAM] [--post]

  SERVER   the server's address, as http://127.0.0.1:4104; `dummyload serve multistreamer` starts one to try
  USER     who logs in; the password is in the environment variable MULTISTREAMER_PASSWORD
  STREAM   the number of a stream; without it the streams of this user are listed
  --post   lets lines out to the chats of networks, where everybody can read them

Colours are for terminals only, and off where NO_COLOR is set.";

const COMMANDS: &str = "\
hello            says it in the internal chat, among users of the server
/me waves        does something there
/msg USER hello  says it to one user
/14 hello        says it with account 14, on its network; an account that is not live gets a writer for that
/17>30 hello     the same where several accounts of that network are live: into the chat of 30
/live, /end      goes live with the stream, in public; ends it
/quit            or the end of the input: leaves";

/// How long an account may need until it can write.
const PATIENCE: Duration = Duration::from_secs(15);

const DIM: Style = Style::new().dimmed();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const PRIVATE: Style = AnsiColor::Magenta.on_default();
const WRONG: Style = AnsiColor::Red.on_default();
/// Takes back a line that was typed, since it comes back from the server.
const TAKE_BACK: &str = "\x1b[1A\x1b[2K";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{USAGE}\n\nWhat can be typed then:\n\n{COMMANDS}");
        return ExitCode::SUCCESS;
    }
    match run(words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            anstream::eprintln!("{WRONG}error:{WRONG:#} {e}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut words: Vec<String>) -> Result<(), Box<dyn Error>> {
    let posting = words.iter().position(|word| word == "--post").map(|at| words.remove(at)).is_some();
    let (server, name, stream) = match &words[..] {
        [server, name] => (server, name, None),
        [server, name, stream] => {
            let number =
                stream.parse().map_err(|_| format!("{stream:?} is no number of a stream; leave it out to see all"))?;
            (server, name, Some(StreamId(number)))
        }
        _ => return Err(format!("a server and a user are needed\n\n{USAGE}").into()),
    };
    if !server.starts_with("http://") && !server.starts_with("https://") {
        return Err(format!("{server:?} is no address of a server: it begins with http:// or https://").into());
    }
    let password = std::env::var("MULTISTREAMER_PASSWORD")
        .map_err(|_| format!("put the password of {name} into the environment variable MULTISTREAMER_PASSWORD"))?;
    let user = Multistreamer::at(server).login(name, &password).await.map_err(|e| match e {
        ApiError::Service(HttpError::Unauthorized) => {
            format!("{server} does not know {name}, or not with this password: look at MULTISTREAMER_PASSWORD")
        }
        ApiError::Http(e) => format!("no answer from {server}: {e}; is it running, and is the address right?"),
        e => e.to_string(),
    })?;
    match stream {
        Some(stream) => talk(&user, stream, posting).await,
        None => list(&user).await,
    }
}

async fn list(user: &User) -> Result<(), Box<dyn Error>> {
    let streams = user.streams().await?;
    if streams.is_empty() {
        println!("no stream is yours or shared with you");
    }
    for stream in streams {
        let live = if stream.live { "live" } else { "" };
        println!("{NAME}{:>5}{NAME:#}  {}  {DIM}{live}{DIM:#}", stream.id.0, stream.name);
    }
    Ok(())
}

async fn talk(user: &User, stream: StreamId, posting: bool) -> Result<(), Box<dyn Error>> {
    let builder = user.chat(stream);
    let builder = if posting { builder.allow_posting() } else { builder };
    let (chat, mut events) = builder.connect().await?;
    println!("{DIM}-- stream {stream}; /help tells what can be typed{DIM:#}");
    let is_typed = std::io::stdin().is_terminal();
    let mut status = Status::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            event = events.next() => match event {
                // Statuses come more often than anything changes.
                Some(Ok(Event::Status(same))) if same == status => {}
                Some(Ok(event)) => {
                    show(&event);
                    if let Event::Status(now) = event {
                        status = now;
                    }
                }
                Some(Err(missed)) => println!("{DIM}-- {missed}{DIM:#}"),
                None => return Err("the chat has ended: the token is no longer taken; start again".into()),
            },
            line = lines.next_line() => match line?.as_deref() {
                None | Some("/quit") => break,
                Some("") => {}
                Some("/help") => println!("{COMMANDS}"),
                Some(live @ ("/live" | "/end")) => {
                    if let Err(e) = user.set_live(stream, live == "/live").await {
                        println!("{WRONG}-- {e}{WRONG:#}");
                    }
                }
                Some(line) => {
                    if is_typed {
                        print!("{TAKE_BACK}");
                    }
                    // What is said comes back as an event, so the next line need not wait for it.
                    let (chat, status, line) = (chat.clone(), status.clone(), line.to_owned());
                    tokio::spawn(async move {
                        if let Err(e) = say(&chat, &status, &line).await {
                            println!("{WRONG}-- {line:?}: {e}{WRONG:#}");
                        }
                    });
                }
            },
        }
    }
    chat.close().await;
    Ok(())
}

async fn say(chat: &Chat, status: &Status<'_>, line: &str) -> Result<(), Box<dyn Error>> {
    let with_account = || {
        let (who, text) = line.strip_prefix('/')?.split_once(' ')?;
        let (account, target) = who.split_once('>').map_or((who, None), |(account, target)| (account, Some(target)));
        let target = target.map(str::parse).transpose().ok()?.map(AccountId);
        Some((AccountId(account.parse().ok()?), target, text))
    };
    let Some((account, target, text)) = with_account() else {
        chat.say_internally(line).await?;
        return Ok(());
    };
    let target = match target {
        Some(target) => target,
        None => target_of(status, account)?,
    };
    match chat.can_say(account, target).await {
        Err(NotSaid::NotTried(CommandError::NoWriter)) => chat.wait_for_writer(account, target, PATIENCE).await?,
        Err(NotSaid::NotTried(CommandError::NotAllowed)) => {
            return Err("everybody could read that: start with --post to let such lines out".into());
        }
        other => other?,
    }
    chat.say(account, target, text).await?;
    Ok(())
}

/// Its own chat if it is live, else that of the one account that is live on its network.
fn target_of(status: &Status<'_>, account: AccountId) -> Result<AccountId, String> {
    let accounts = status.accounts.as_ref().map(|accounts| &accounts.by_id);
    let known = accounts.and_then(|accounts| accounts.get(&account));
    let Some(known) = known else { return Err(format!("there is no account {account} here now; is the stream live?")) };
    if known.live {
        return Ok(account);
    }
    let same = accounts.into_iter().flatten().filter(|(_, other)| other.live && other.network == known.network);
    match same.map(|(id, _)| *id).collect::<Vec<_>>()[..] {
        [target] => Ok(target),
        [] => Err(format!("nothing is live on the network of account {account}")),
        [first, ..] => Err(format!("several accounts of that network are live: name one, as /{account}>{first}")),
    }
}

fn show(event: &Event) {
    match event {
        Event::Chat(line) => println!("{}", shown(line)),
        Event::Status(status) => {
            let accounts = status.accounts.iter().flat_map(|accounts| &accounts.by_id);
            let live: Vec<String> = accounts
                .filter(|(_, account)| account.live)
                .map(|(id, account)| format!("/{id} {}", printable(account.name.as_deref().unwrap_or("?"))))
                .collect();
            let how = if status.status.pushing { "live on " } else { "not live" };
            println!("{DIM}-- {how}{}{DIM:#}", live.join(", "));
        }
        Event::ViewCount(count) => {
            let account = count.account_id.map(|id| id.to_string()).unwrap_or_default();
            println!("{DIM}-- {} watching on /{account}{DIM:#}", count.viewers.unwrap_or_default());
        }
        Event::CanWrite { account, target } => println!("{DIM}-- /{account} can write in the chat of {target}{DIM:#}"),
        Event::Disconnected { why, .. } => println!("{WRONG}-- {why}; trying again{WRONG:#}"),
        Event::Ready => println!("{DIM}-- connected{DIM:#}"),
        Event::StreamEnded => println!("{DIM}-- the stream has ended{DIM:#}"),
        _ => {}
    }
}

fn shown(line: &ChatMessage<'_>) -> String {
    let pieces = line.pieces();
    let text = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => printable(text),
        Piece::Link { url, .. } => printable(url),
        Piece::Emote { code, .. } => format!(":{}:", printable(code)),
        _ => String::new(),
    });
    let (text, name) = (text.collect::<String>(), line.from.as_ref().and_then(|from| from.name.as_deref()));
    let name = printable(name.unwrap_or("?"));
    if let Some(to) = line.to.as_ref().and_then(|to| to.name.as_deref()) {
        return format!("{PRIVATE}{name} -> {}: {text}{PRIVATE:#}", printable(to));
    }
    let network = printable(line.network.as_deref().unwrap_or("?"));
    let star = if line.kind == ChatKind::Emote { "* " } else { "" };
    format!("{DIM}[{network}]{DIM:#} {star}{NAME}{name}{NAME:#} {text}")
}

/// Control characters of strangers have no business in a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
