//! `dummyload serve`.

use crate::clock::Clock;
use crate::exit::{self, Failure};
use crate::mutants::{Mutant, Mutants};
use crate::protocols::{self, Protocol, Start, Started};
use crate::settings::{self, Own, Setting, WorldArg};
use crate::tls::{CaFile, TlsArgs};
use anstyle::Style;
use dummyload_session::Secret;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Names the secret that signs tokens, where the command line does not.
const JWT_SECRET: &str = "DUMMYLOAD_JWT_SECRET";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dummyload serve                                   every protocol, on its own port
  dummyload serve pishock --port 0                  on a free port; the ready line says which
  dummyload serve pishock --world my-world.toml     with people and things of your own
  dummyload serve pishock --set strict=true         refuse what the documents do not show
  dummyload serve --clock virtual                   time stands still until it is advanced
  dummyload serve devicehive --data mine.redb       what is changed is there again the next time
  dummyload serve devicehive --profile server-3.5   by the rules of an older server
  dummyload serve shelly --tls                      as HTTPS and WSS, by the real names
  dummyload serve pishock --mutant help             with one defect on purpose: what there are

The first line on standard output is JSON, and comes when every mock listens:
  {\"ready\":true,\"pid\":..,\"seed\":..,\"mocks\":[{\"protocol\":..,\"ws\":..,\"http\":..,\"admin\":..,\"addresses\":[..],\"ca\":null,\"demo\":{..}}]}
With --tls, ca is the file with the certificate to trust. Logs go to standard error. SIGTERM, SIGINT and POST /__mock/shutdown end it in good order.

Exit codes:
  0  it ended as it was told
  2  the command line, a world file or a setting is wrong
  3  it cannot listen, for example because the port is in use, or a world file cannot be read, or
     the file of --data is damaged or in use")]
pub(crate) struct Args {
    /// Which mocks to start [default: all]
    #[arg(value_name = "PROTOCOL", value_parser = protocols::parser())]
    protocols: Vec<&'static Protocol>,
    /// The first port; further mocks take the next ones; 0 takes free ones [default: each protocol's own]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// The address to listen on; one that other machines reach needs --admin-token
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = host)]
    host: IpAddr,
    /// What the control plane asks for, as `Authorization: Bearer TOKEN`
    #[arg(long, value_name = "TOKEN", env = "DUMMYLOAD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// The seed of all ids and chances: the same seed and inputs give the same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// A world file, TOML or JSON; PROTOCOL=FILE when several mocks are started
    #[arg(long, value_name = "FILE", value_parser = WorldArg::parse)]
    world: Vec<WorldArg>,
    /// An option of the world file; PROTOCOL.KEY=VALUE when several mocks are started
    #[arg(long, value_name = "KEY=VALUE", value_parser = Setting::parse)]
    set: Vec<Setting>,
    /// Whose rules hold, where a mock knows several (devicehive: server-4.1, server-3.5, spec; multistreamer: server-12.3,
    /// spec); PROTOCOL=NAME when several such mocks are started
    #[arg(long, value_name = "NAME", value_parser = Own::parse)]
    profile: Option<Own>,
    /// What tokens are signed with (devicehive); better given as DUMMYLOAD_JWT_SECRET, which others do not see
    #[arg(long, value_name = "SECRET")]
    jwt_secret: Option<Secret<String>>,
    /// Keep everything in this file (devicehive), which is made if it is not there; PROTOCOL=FILE when several mocks that
    /// can are started
    #[arg(long, value_name = "FILE", value_parser = Own::parse)]
    data: Option<Own>,
    /// With this defect, to see whether a test notices it; `help` lists them; PROTOCOL=NAME when several mocks are started
    #[arg(long, value_name = "NAME", value_parser = Own::parse)]
    mutant: Option<Own>,
    /// Whose time the mocks have: real (the machine's) or virtual (it stands still until POST /__mock/clock/advance);
    /// with :TIME it begins there, as in virtual:2018-06-01T00:00:00Z
    #[arg(long, value_name = "CLOCK", default_value = "real", value_parser = Clock::parse)]
    clock: Clock,
    /// What to log: a level (off, error, warn, info, debug, trace), or target=level, separated by commas. debug has
    /// connections, HTTP calls, faults and problems, trace also every frame
    #[arg(long, value_name = "FILTER", default_value = "warn", value_parser = filter)]
    log: EnvFilter,
    /// Write the ready line to this file as well; it is removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// End when standard input ends, so that no mock outlives the program that started it
    #[arg(long)]
    exit_with_parent: bool,
    #[command(flatten)]
    tls: TlsArgs,
}

pub(crate) async fn run(args: Args) -> ExitCode {
    if let Some(asked) = args.mutant.as_ref().filter(|asked| asked.value == "help") {
        return exit::after(io::stdout().write_all(asked_for(asked, &args.protocols).as_bytes()));
    }
    match serve(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(code, text)) => exit::with(code, text),
    }
}

async fn serve(args: Args) -> Result<(), Failure> {
    let usage = |text| Failure(exit::USAGE, text);
    let served = served(&args.protocols).map_err(usage)?;
    let mut settings = args.set.clone();
    settings.extend(profile(args.profile.as_ref(), &served).map_err(usage)?);
    settings.extend(jwt_secret(args.jwt_secret.as_ref(), &served).map_err(usage)?);
    let data =
        args.data.as_ref().map(|data| Ok((data.owner("--data", &served, |it| it.keeps_data)?.name, &data.value)));
    let data = data.transpose().map_err(usage)?;
    let worlds = settings::worlds(&served, &args.world, &settings)?;
    let mutant = args.mutant.as_ref().map(|name| mutant(name, &served)).transpose().map_err(usage)?;
    if !args.host.is_loopback() && args.admin_token.is_none() {
        return Err(usage(format!(
            "--host {} can be reached from other machines, and so could the control plane: give --admin-token TOKEN, \
             or set DUMMYLOAD_ADMIN_TOKEN",
            args.host
        )));
    }
    if let Some(file) = &args.ready_file {
        remove(file)?; // one from an earlier run would lie
    }
    tracing_subscriber::fmt().with_env_filter(args.log).with_writer(io::stderr).with_ansi(colour()).init();
    let stop = watch::Sender::new(false);
    stop_when_told(&stop, args.exit_with_parent).map_err(|e| Failure(exit::CANNOT, e.to_string()))?;

    let mut mocks = Vec::new();
    for (at, (protocol, world)) in served.iter().zip(worlds).enumerate() {
        let start = Start {
            address: SocketAddr::new(args.host, port(args.port, at, protocol).map_err(usage)?),
            seed: args.seed,
            clock: args.clock,
            data: data.filter(|(name, _)| *name == protocol.name).map(|(_, file)| file.into()),
            admin_token: args.admin_token.clone(),
            world,
            tls: args.tls.start(protocol, args.host, args.port).map_err(|text| Failure(exit::CANNOT, text))?,
        };
        let started = (protocol.start)(start).await;
        let started = started.map_err(|e| Failure(exit::CANNOT, format!("{protocol:?}: {e}")))?;
        if let Some((_, mutant)) = mutant.as_ref().filter(|(owner, _)| *owner == protocol.name) {
            mutant.infect(&started).map_err(usage)?;
            exit::note(format_args!("{protocol:?} has a defect, {}: {}", mutant.name, mutant.about));
        }
        mocks.push((*protocol, started));
    }
    let ca = args.tls.write(&mocks).map_err(|text| Failure(exit::CANNOT, text))?;
    let ready = ready_line(args.seed, &mocks, ca.as_ref());
    if let Some(file) = &args.ready_file {
        write_whole(file, &ready).map_err(|e| cannot_write(file, &e))?;
    }
    announce(&ready, &mocks, ca.as_ref()).map_err(|e| Failure(exit::CANNOT, format!("standard output: {e}")))?;

    let mut running = JoinSet::new();
    for (_, Started { mock, .. }) in mocks {
        let (mut told, stop) = (stop.subscribe(), stop.clone());
        running.spawn(async move {
            tokio::select! {
                // Whoever ends one of them means the program.
                () = mock.stopped() => drop(stop.send_replace(true)),
                _ = told.wait_for(|stop| *stop) => {}
            }
            mock.stop().await;
        });
    }
    while running.join_next().await.is_some() {}
    args.ready_file.as_deref().map_or(Ok(()), remove)
}

/// What `--profile` sets.
fn profile(given: Option<&Own>, served: &[&'static Protocol]) -> Result<Option<Setting>, String> {
    let Some(given) = given else { return Ok(None) };
    let owner = given.owner("--profile", served, |protocol| settings::has_option(protocol, "profile"))?;
    Ok(Some(Setting::of(owner, "profile", &given.value, format!("--profile {}", given.value))))
}

/// What `--jwt-secret` sets, or the environment. The environment may be meant for another time, so nobody need have it.
fn jwt_secret(given: Option<&Secret<String>>, served: &[&'static Protocol]) -> Result<Option<Setting>, String> {
    let has = |protocol: &Protocol| settings::has_option(protocol, "jwt_secret");
    let (secret, flag) = match (given, std::env::var(JWT_SECRET)) {
        (Some(given), _) => (given.expose().clone(), "--jwt-secret"),
        (None, Ok(secret)) if !secret.is_empty() && served.iter().any(|protocol| has(protocol)) => (secret, JWT_SECRET),
        _ => return Ok(None),
    };
    let given = Own::unnamed(secret);
    let owner = given.owner(flag, served, has)?;
    Ok(Some(Setting::of(owner, "jwt_secret", &given.value, flag.to_owned())))
}

/// The defect that `--mutant` names, and whose it is.
fn mutant(given: &Own, served: &[&'static Protocol]) -> Result<(&'static str, Mutant), String> {
    let owner = given.owner("--mutant", served, |protocol| !Mutants::carried(protocol).list.is_empty())?;
    let mutants = Mutants::carried(owner);
    let found = mutants.list.iter().find(|mutant| mutant.name == given.value).cloned();
    found.map(|mutant| (owner.name, mutant)).ok_or_else(|| {
        let names = mutants.list.iter().map(|mutant| mutant.name.as_str());
        format!("--mutant {}: {owner:?} has no such mutant; {}", given.value, settings::nearest(&given.value, names))
    })
}

/// The mutants of these protocols, or of the one that is asked for.
fn asked_for(asked: &Own, named: &[&Protocol]) -> String {
    let is_meant = |protocol: &&Protocol| match asked.protocol() {
        Some(name) => name == protocol.name,
        None => named.is_empty() || named.iter().any(|named| named.name == protocol.name),
    };
    let meant = protocols::ALL.iter().filter(is_meant);
    meant.map(|protocol| format!("{protocol:?}\n{}", Mutants::carried(protocol).table())).collect()
}

/// An address, or the name that every machine has for itself.
fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.parse().map_err(|_| "write an IP address, as 127.0.0.1 or ::1, or localhost".to_owned())
}

fn filter(text: &str) -> Result<EnvFilter, String> {
    // A word that is no level would be taken for the name of a target, and nothing would be logged.
    let mut plain = text.split(',').map(str::trim).filter(|part| !part.contains('='));
    if let Some(unknown) = plain.find(|part| part.parse::<LevelFilter>().is_err()) {
        return Err(format!(
            "{unknown:?} is no level; there are off, error, warn, info, debug, trace, and target=level"
        ));
    }
    EnvFilter::try_new(text).map_err(|e| e.to_string())
}

fn served(named: &[&'static Protocol]) -> Result<Vec<&'static Protocol>, String> {
    if named.is_empty() {
        return Ok(protocols::ALL.iter().collect());
    }
    for (at, protocol) in named.iter().enumerate() {
        if named[..at].iter().any(|earlier| earlier.name == protocol.name) {
            return Err(format!("{protocol:?} is named twice; start the program twice for two of it"));
        }
    }
    Ok(named.to_vec())
}

fn port(first: Option<u16>, at: usize, protocol: &Protocol) -> Result<u16, String> {
    match first {
        None => Ok(protocol.port),
        Some(0) => Ok(0),
        Some(first) => u16::try_from(at)
            .ok()
            .and_then(|at| first.checked_add(at))
            .ok_or_else(|| format!("--port {first} leaves no port for {protocol:?}; ports end at 65535")),
    }
}

/// Tells the mocks to stop when the process is asked to, or when its parent has gone.
fn stop_when_told(stop: &watch::Sender<bool>, with_parent: bool) -> io::Result<()> {
    // Listened for before anybody knows of the process, so that no signal is missed.
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    let told = stop.clone();
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        told.send_replace(true);
    });
    if with_parent {
        let told = stop.clone();
        // A thread of its own, because a read of standard input cannot be given up.
        std::thread::spawn(move || {
            let mut sink = [0; 1024];
            let mut stdin = io::stdin().lock();
            while matches!(stdin.read(&mut sink), Ok(1..)) {}
            told.send_replace(true);
        });
    }
    Ok(())
}

fn ready_line(seed: u64, mocks: &[(&Protocol, Started)], ca: Option<&CaFile>) -> String {
    let ca = ca.map(|ca| ca.path().display().to_string());
    let mocks: Vec<Value> = mocks
        .iter()
        .map(|(protocol, started)| {
            let addresses: Vec<String> = started.mock.addresses().iter().map(SocketAddr::to_string).collect();
            json!({
                "protocol": protocol.name, "ws": started.ws, "http": started.mock.http_url(),
                "admin": started.mock.admin_url(), "addresses": addresses, "ca": ca, "demo": started.demo,
            })
        })
        .collect();
    format!("{}\n", json!({"ready": true, "pid": std::process::id(), "seed": seed, "mocks": mocks}))
}

fn announce(ready: &str, mocks: &[(&Protocol, Started)], ca: Option<&CaFile>) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(ready.as_bytes())?;
    if out.is_terminal() {
        anstream::AutoStream::auto(&mut out).write_all(summary(mocks, ca).as_bytes())?;
    }
    out.flush()
}

/// The same for people.
fn summary(mocks: &[(&Protocol, Started)], ca: Option<&CaFile>) -> String {
    let bold = Style::new().bold();
    let mut text = String::new();
    for (protocol, Started { mock, ws, .. }) in mocks {
        let (name, http, admin) = (protocol.name, mock.http_url(), mock.admin_url());
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n{bold}{name}{bold:#}\n  WebSocket  {ws}\n  HTTP       {http}\n  control    {admin}\n  \
             to watch   curl -N '{admin}/log?format=sse'\n"
        );
        for address in &mock.addresses()[1..] {
            let _ = writeln!(text, "  also on    {address}");
        }
    }
    text += &ca.map(CaFile::advice).unwrap_or_default();
    text + "\nCtrl-C ends it.\n"
}

fn colour() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Writes the file so that whoever finds it finds all of it.
pub(crate) fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, text)?;
    fs::rename(&part, file)
}

fn remove(file: &Path) -> Result<(), Failure> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(cannot_write(file, &e)),
        _ => Ok(()),
    }
}

fn cannot_write(file: &Path, e: &io::Error) -> Failure {
    Failure(exit::CANNOT, format!("the ready file {} cannot be written: {e}", file.display()))
}
