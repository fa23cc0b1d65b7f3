//! `dummyload replay`.

mod folder;
mod known;
mod tell;

use crate::clock::Clock;
use crate::conformance::{pair, resolved};
use crate::exit::{self, Failure};
use crate::protocols::{self, Protocol};
use crate::settings::{self, Setting, WorldArg};
use dummyload_conformance::replay::{Played, Rules, Scenario, Server, play};
use dummyload_session::Timestamp;
use folder::Folder;
use known::Known;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tell::{Tell, Verdict};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const HELP: &str = "Examples:
  dummyload replay fixtures/devicehive/captures/server-4.1
      recordings of a real server, against our mock
  dummyload replay fixtures/devicehive/captures/server-3.5 --profile server-3.5
      the same of an older one
  dummyload replay my-recordings --protocol devicehive --world my-world.toml
      recordings of your own server, against our mock
  dummyload replay my-recordings --server http://127.0.0.1:8080 --password ann=@ANN
      against a server; the password is in the environment
  dummyload replay DIR --filter 'sub-*' -v
      some of them, with every difference

Each scenario has a mock of its own, which starts with the world file and with the time that was
recorded, and whose clock moves as it did then. A server has its own clock, so there a scenario
takes as long as it was recorded.

Compared is by value: a recorded id names the id seen in its place, and so do times and tokens.
Order on a socket counts, but answers may overtake each other, and pushes come before or after
answers. Nothing recorded, nothing may come.

The recordings, the rules of a protocol and the list of known differences are described in
docs/replay.md.

Exit codes:
  0  every scenario agrees, or is listed as known
  1  a scenario differs, or one that is listed agrees
  2  the command line, a recording, the rules, the list or the world file is wrong
  3  the server cannot be reached, or a file cannot be read
  4  no scenario was chosen
  6  a scenario could not be played: it needs something that is not there";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The folder with the recordings, one scenario in each file NAME.jsonl
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only these scenarios: a name, or a pattern with * and ?
    #[arg(long, value_name = "GLOB")]
    filter: Vec<String>,
    /// Whose recordings these are [default: what the rules beside them say]
    #[arg(long, value_name = "NAME", value_parser = protocols::parser())]
    protocol: Option<&'static Protocol>,
    /// What is to be known about the protocol [default: replay.toml in DIR or above it, or what this program carries]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Scenarios that may differ, each with a reason [default: known.toml in DIR or above it]
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// What had been done before some of the scenarios began [default: before.toml in DIR or above it]
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The world file that the recordings begin with; it also has the passwords [default: world.toml in DIR or above it]
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// The rules that our mock goes by, where it knows several
    #[arg(long, value_name = "NAME", conflicts_with = "server", help_heading = "Target")]
    profile: Option<String>,
    /// Another option of the world file
    #[arg(long, value_name = "KEY=VALUE", value_parser = Setting::parse, conflicts_with = "server", help_heading = "Target")]
    set: Vec<Setting>,
    /// Play against this server, http://host:port [default: our mock, which this program starts itself]
    #[arg(long, value_name = "URL", help_heading = "Target")]
    server: Option<String>,
    /// Where requests go that were recorded on this connection, if not to the server itself
    #[arg(long, value_name = "CONN=URL", value_parser = pair, requires = "server", help_heading = "Target")]
    service: Vec<(String, String)>,
    /// How long the server may take for what was recorded
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "server", help_heading = "Target")]
    patience: u64,
    /// What a user logs in with; VALUE may be @NAME, for the content of the environment variable NAME (@@ is an @)
    #[arg(long, value_name = "LOGIN=VALUE", value_parser = pair, help_heading = "Target")]
    password: Vec<(String, String)>,
    /// What a placeholder of the recordings stands for, without its brackets; VALUE as above
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, help_heading = "Target")]
    word: Vec<(String, String)>,
    /// The secret that the server signs its tokens with [default: what the rules say]
    #[arg(long, value_name = "SECRET", env = "DUMMYLOAD_JWT_SECRET", hide_env_values = true, help_heading = "Target")]
    jwt_secret: Option<String>,
    /// So many scenarios at once; against a server it is one, for they share its state [default: the processors]
    #[arg(long, value_name = "N", conflicts_with = "server", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Target")]
    jobs: Option<u16>,

    /// The result as one JSON object
    #[arg(long, help_heading = "Report")]
    json: bool,
    /// Tell every difference, known ones too, and where members come in another order
    #[arg(short, long, help_heading = "Report")]
    verbose: bool,
}

pub(crate) async fn run(args: Args) -> ExitCode {
    replay(&args).await.unwrap_or_else(|Failure(code, text)| exit::with(code, text))
}

/// Everything that all scenarios have in common.
struct Stage {
    rules: Rules,
    target: Target,
    passwords: BTreeMap<String, String>,
    words: Vec<(String, String)>,
    secret: Option<String>,
}

enum Target {
    Mock(&'static Protocol, Value),
    Server { url: String, services: Vec<(String, String)>, patience: Duration },
}

async fn replay(args: &Args) -> Result<ExitCode, Failure> {
    let usage = |text| Failure(exit::USAGE, text);
    let mut folder = Folder::read(&args.folder, &args.filter)?;
    folder.begin(args.before.as_deref())?;
    let rules = folder.rules(args.rules.as_deref(), args.protocol)?;
    let protocol = args.protocol.or_else(|| protocols::find(rules.protocol()));
    let mut known = Known::read(&folder, args.known.as_deref())?;
    let mut stage = Stage {
        target: target(args, &folder, protocol)?,
        rules,
        passwords: passwords(args, &folder, protocol)?,
        words: Vec::new(),
        secret: args.jwt_secret.clone(),
    };
    for (login, value) in &args.password {
        let value = resolved("--password", login, value).map_err(usage)?;
        stage.passwords.insert(login.clone(), value);
    }
    for (name, value) in &args.word {
        stage.words.push((name.clone(), resolved("--word", name, value).map_err(usage)?));
    }
    // A wrong address is told once, and not by each scenario.
    if let Target::Server { .. } = &stage.target {
        let reached = stage.server().map_err(usage)?.reach().await;
        reached.map_err(|e| Failure(exit::CANNOT, format!("{e}; is the server running, and is this its address?")))?;
    }

    let jobs = match (&stage.target, args.jobs) {
        (Target::Server { .. }, _) => 1,
        (Target::Mock(..), Some(jobs)) => usize::from(jobs),
        (Target::Mock(..), None) => std::thread::available_parallelism().map_or(2, usize::from),
    };
    let (stage, turns) = (Arc::new(stage), Arc::new(Semaphore::new(jobs)));
    let mut running = JoinSet::new();
    let started = Instant::now();
    for (n, scenario) in folder.scenarios.iter().cloned().enumerate() {
        let (stage, turns) = (Arc::clone(&stage), Arc::clone(&turns));
        running.spawn(async move {
            // The semaphore is never closed.
            let _turn = turns.acquire().await;
            (n, stage.play(&scenario).await)
        });
    }
    let mut tell = Tell::new(args.json, args.verbose);
    let mut done: BTreeMap<usize, Result<Played, String>> = BTreeMap::new();
    let mut next = 0;
    while let Some(played) = running.join_next().await {
        let (n, played) = played.map_err(|e| Failure(6, format!("a scenario broke down: {e}")))?;
        done.insert(n, played);
        while let Some(played) = done.remove(&next) {
            let scenario = &folder.scenarios[next];
            tell.scenario(scenario, Verdict::of(known.judge(scenario.name(), played)));
            next += 1;
        }
    }
    tell.end(started.elapsed(), &known.unknown(&folder.names))
}

fn target(args: &Args, folder: &Folder, protocol: Option<&'static Protocol>) -> Result<Target, Failure> {
    if let Some(url) = &args.server {
        let patience = Duration::from_secs(args.patience);
        return Ok(Target::Server { url: url.clone(), services: args.service.clone(), patience });
    }
    let usage = |text: String| Failure(exit::USAGE, text);
    let protocol =
        protocol.ok_or_else(|| usage("there is no mock of this protocol; --server plays against yours".into()))?;
    let mut settings = args.set.clone();
    for (key, value) in [("profile", &args.profile), ("jwt_secret", &args.jwt_secret)] {
        let setting = value.as_ref().map(|value| Setting::parse(&format!("{key}={value}")));
        settings.extend(setting.transpose().map_err(usage)?);
    }
    let file = folder.beside("world.toml", args.world.as_deref());
    let files = file.iter().map(|file| world(file)).collect::<Result<Vec<_>, _>>()?;
    let mut worlds = settings::worlds(&[protocol], &files, &settings)?;
    Ok(Target::Mock(protocol, worlds.remove(0)))
}

fn world(file: &Path) -> Result<WorldArg, Failure> {
    WorldArg::parse(&file.to_string_lossy()).map_err(|text| Failure(exit::USAGE, text))
}

/// The passwords that the world file has: a `password` beside a `login`, `username` or `name`.
fn passwords(
    args: &Args,
    folder: &Folder,
    protocol: Option<&'static Protocol>,
) -> Result<BTreeMap<String, String>, Failure> {
    let (Some(file), Some(protocol)) = (folder.beside("world.toml", args.world.as_deref()), protocol) else {
        return Ok(BTreeMap::new());
    };
    let mut worlds = settings::worlds(&[protocol], &[world(&file)?], &[])?;
    let mut found = BTreeMap::new();
    collect(&worlds.remove(0), &mut found);
    Ok(found)
}

fn collect(value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            let login = text("login").or_else(|| text("username")).or_else(|| text("name"));
            if let (Some(login), Some(password)) = (login, text("password")) {
                found.insert(login.to_owned(), password.to_owned());
            }
            members.values().for_each(|member| collect(member, found));
        }
        _ => {}
    }
}

impl Stage {
    /// The server, and all that is known about it.
    fn server(&self) -> Result<Server, String> {
        let Target::Server { url, services, patience } = &self.target else { return Err("there is no server".into()) };
        let server = Server::new(url).map_err(|e| format!("--server: {e}"))?.patience(*patience);
        let server = services.iter().try_fold(server, |server, (conn, url)| {
            server.service(conn, url).map_err(|e| format!("--service {conn}: {e}"))
        })?;
        Ok(self.knowing(server))
    }

    fn knowing(&self, server: Server) -> Server {
        let server = self.passwords.iter().fold(server, |server, (login, password)| server.password(login, password));
        let server = self.words.iter().fold(server, |server, (name, value)| server.word(name, value));
        match self.secret.as_deref().or_else(|| self.rules.jwt_secret()) {
            Some(secret) => server.jwt_secret(secret),
            None => server,
        }
    }

    async fn play(&self, scenario: &Scenario) -> Result<Played, String> {
        let Target::Mock(protocol, world) = &self.target else {
            return play(scenario, &self.rules, &self.server()?).await;
        };
        let start = scenario.start(&self.rules).and_then(|ms| u64::try_from(ms).ok());
        let start = start.map(|ms| Timestamp::new(Duration::from_millis(ms)));
        let start = protocols::Start {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            seed: 0,
            clock: Clock { is_virtual: true, start },
            admin_token: None,
            world: world.clone(),
            data: None,
            tls: None,
        };
        let started = (protocol.start)(start).await.map_err(|e| format!("our mock does not start: {e}"))?;
        let server = Server::new(&started.mock.http_url())?.control(&started.mock.admin_url(), None);
        let played = play(scenario, &self.rules, &self.knowing(server)).await;
        started.mock.stop().await;
        played
    }
}
