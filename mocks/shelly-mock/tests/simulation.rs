//! Seeded scenarios, hundreds of them or, with `SIMULATION_TIMES=10`, thousands: a session and the mock's world back to
//! back in memory, over a network on which everything goes wrong now and then. Whatever happens, these hold:
//!
//! * every request ends exactly once;
//! * no command is carried out twice, none that the session reports as done was never seen by the cloud, and none that it
//!   reports as not sent was;
//! * tokens that end or are taken back are replaced, and the session goes on;
//! * once the network is well again, the session knows every device as the cloud does;
//! * no secret is in anything that could be printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_host::sim::{Network, Sim};
use dummyload_host::{HttpRequest, Query};
use dummyload_session::{Outcome, RequestToken, Rng, Secret, Session, Timestamp};
use serde_json::{Value, json};
use shelly_mock::{ShellyWorld, WorldFile};
use shelly_proto::http::{AllStatus, Call, Credentials, DevicesStatus, Refresh};
use shelly_proto::session::{
    CommandError, CommandKind, Event, Limits, LoginFailure, Reply, SessionCommand, SessionConfig, ShellySession,
};
use shelly_proto::{
    Channel, Command, DeviceId, Direction, Elsewhere, HostPolicy, Light, Move, Percent, Raw, Relay, Roller,
    RollerToPos, Rpc, Turn,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a program does in one scenario before the network is well again.
const STEPS: usize = 25;
const FIRST: Channel = Channel(0);

/// Devices of the demo world that do what others do too: without them a scenario takes half the time.
const LEFT_OUT: [&str; 10] = [
    "8caab5059f22",
    "3c6105f0aa10",
    "34987a67da6d",
    "34987a67da6e",
    "98cdac",
    "68c63a",
    "485519",
    "80646f81ad9a",
    "bcff4dfd1a2b",
    "a4cf12f45d01",
];

/// One scenario: the session, its program, and what that remembers.
struct Scenario {
    seed: u64,
    rng: Rng,
    sim: Sim<ShellySession>,
    demo: Value,
    /// How many of the session's notices the program has seen.
    read: usize,
    /// What is on its way back to the session.
    answers: Vec<(Timestamp, SessionCommand)>,
    /// The newest token is the last.
    tokens: Vec<String>,
    asked: BTreeSet<RequestToken>,
    /// The requests that went, or were to go, to devices: each with its number.
    numbers: BTreeMap<RequestToken, i64>,
    /// Whether HTTP calls succeed; else some get no answer.
    http_is_well: bool,
    /// Whether events have parts only.
    partial: bool,
    over: bool,
}

impl Scenario {
    fn new(seed: u64, network: Network) -> Self {
        let mut rng = Rng::new(seed);
        let mut file = WorldFile::demo();
        file.devices.retain(|device| !LEFT_OUT.contains(&device.id.as_str()));
        file.options.token_life = if rng.chance(0.3) { 60 } else { 43_200 };
        file.options.close_at_exp = rng.chance(0.5);
        let partial = rng.chance(0.5);
        file.options.partial_updates = partial;
        file.options.omit_user = rng.chance(0.2);
        let limits = Limits::default().allow(CommandKind::Rpc);
        // The world has no tokens before it runs, so the first one is a bad one.
        let server = HostPolicy::Any.check("http://mock").unwrap();
        let config = SessionConfig::at("none", server).socket(Elsewhere::port(1)).limits(limits).seed(seed);
        let sim = Sim::new(Box::new(ShellyWorld::new(file)), ShellySession::new(config), network, seed);
        let mut scenario = Self {
            seed,
            rng,
            sim,
            demo: Value::Null,
            read: 0,
            answers: Vec::new(),
            tokens: Vec::new(),
            asked: BTreeSet::new(),
            numbers: BTreeMap::new(),
            http_is_well: false,
            partial,
            over: false,
        };
        scenario.demo = scenario.sim.control("demo", &json!({})).unwrap();
        scenario
    }

    fn text(&self, name: &str) -> String {
        self.demo[name].as_str().unwrap().to_owned()
    }

    /// An HTTP call of the program.
    fn call<C: Call>(&mut self, call: &C) -> Option<C::Answer> {
        let request = call.request();
        let mut http = HttpRequest::new(request.method.as_str(), request.target.expose());
        for (name, value) in &request.headers {
            http = http.with_header(name, value.expose());
        }
        http.body = request.body.unwrap_or_default().into_bytes();
        let answer = self.sim.http(&http)?;
        call.answer(answer.status, &answer.body).ok()
    }

    /// A new token.
    fn refresh(&mut self) -> Option<SessionCommand> {
        let refresh = Refresh::new(self.text("client_id"), self.text("refresh_token"));
        let tokens = self.call(&refresh)?;
        self.tokens.push(tokens.access_token.expose().clone());
        let lifetime = tokens.expires_in.map(Duration::from_secs);
        Some(SessionCommand::Credentials { token: tokens.access_token, lifetime })
    }

    /// The statuses of all devices; with a new token if the old one has ended.
    fn statuses(&mut self) -> Option<DevicesStatus> {
        let ask = |token: &String| AllStatus::new(Credentials::bearer(token.as_str()));
        let first = self.tokens.last().map(ask);
        if let Some(statuses) = first.and_then(|call| self.call(&call)) {
            return Some(statuses);
        }
        self.refresh();
        let again = self.tokens.last().map(ask)?;
        self.call(&again)
    }

    /// Does what the session asks for; what comes of it takes its time.
    fn tend(&mut self) {
        let asks: Vec<Event> = self.sim.notices()[self.read..].to_vec();
        self.read = self.sim.notices().len();
        for event in asks {
            let answer = match event {
                Event::CredentialsNeeded { .. } => self.refresh(),
                Event::StatusNeeded { ask } => self.statuses().map(|body| SessionCommand::Status { ask, body }),
                Event::LoginFailed(failure) => panic!("seed {}: {failure}", self.seed),
                _ => None,
            };
            let delay = self.rng.duration_below(Duration::from_secs(3));
            let lost = !self.http_is_well && self.rng.chance(0.2);
            self.answers.extend(answer.filter(|_| !lost).map(|answer| (self.sim.now() + delay, answer)));
        }
        let now = self.sim.now();
        let (due, later) = std::mem::take(&mut self.answers).into_iter().partition(|(at, _)| *at <= now);
        self.answers = later;
        let due: Vec<_> = due;
        for (_, command) in due {
            match self.sim.command(command) {
                Ok(token) => assert!(self.asked.insert(token)),
                Err(CommandError::Outdated) => {}
                Err(CommandError::Ended) if self.over => {}
                Err(error) => panic!("seed {}: {error}", self.seed),
            }
        }
    }

    /// Lets time pass, with the program at work.
    fn pass(&mut self, by: Duration) {
        let target = self.sim.now() + by;
        while self.sim.now() < target {
            self.tend();
            let due = self.answers.iter().map(|(at, _)| *at).min().unwrap_or(target).min(target);
            let (read, most) = (self.read, due - self.sim.now());
            self.sim.run_until(most, |sim| sim.notices().len() > read);
        }
        self.tend();
    }

    fn device(&mut self, names: &[&str]) -> DeviceId {
        let name = names[self.rng.below(names.len() as u64) as usize];
        DeviceId::in_http(&self.text(name))
    }

    fn command(&mut self) -> (DeviceId, Command) {
        let percent = Percent::new(self.rng.below(101) as u8).unwrap();
        let turn = Turn::ALL[self.rng.below(3) as usize];
        let relays = ["relay", "gen2_switch", "relay_2", "offline", "foreign"];
        match self.rng.below(10) {
            0..3 => (self.device(&relays), Relay::new(FIRST, turn).into()),
            3 => (self.device(&relays), Relay::new(FIRST, turn).timeout(self.rng.below(20) as u32).into()),
            4 => {
                let light = Light::new(FIRST).turn(turn).brightness(percent);
                (self.device(&["light", "dimmer", "gen2_light"]), light.into())
            }
            5 => (self.device(&["roller", "gen2_cover"]), Roller::go(FIRST, Direction::Down).into()),
            6 => (self.device(&["roller", "gen2_cover"]), Roller::stop(FIRST).into()),
            7 => {
                let to = RollerToPos::cover(FIRST, Move::To(percent));
                (self.device(&["roller", "gen2_cover", "uncalibrated"]), to.into())
            }
            _ => {
                let params = Raw::new(json!({"id": 0, "on": self.rng.chance(0.5)}).to_string()).unwrap();
                (self.device(&["gen2_switch"]), Rpc::new("Switch.Set", Some(params)).into())
            }
        }
    }

    fn step(&mut self) {
        match self.rng.below(12) {
            0 => {
                let device = self.device(&["relay", "gen2_switch"]).to_hex();
                self.sim.control("press", &json!({"device": device})).unwrap();
            }
            1 => {
                let (device, online) = (self.device(&["relay", "roller"]).to_hex(), self.rng.chance(0.7));
                self.sim.control("online", &json!({"device": device, "online": online})).unwrap();
            }
            2 => {
                let degrees = self.rng.below(30);
                let sensor = self.text("sensor");
                self.sim.control("measure", &json!({"device": sensor, "temperature": degrees})).unwrap();
            }
            3 if self.rng.chance(0.3) && self.sim.session().is_ready() => {
                if let Some(token) = self.tokens.last() {
                    // It may have ended already.
                    let _ = self.sim.control("expire-token", &json!({"token": token}));
                }
            }
            4 => {
                if let Ok(token) = self.sim.command(SessionCommand::Devices) {
                    assert!(self.asked.insert(token));
                }
            }
            _ => {
                let (device, command) = self.command();
                match self.sim.command(SessionCommand::Send { device, command }) {
                    Ok(token) => {
                        assert!(self.asked.insert(token), "seed {}: a token was given twice", self.seed);
                        // Numbers are given one after the other.
                        self.numbers.insert(token, self.numbers.len() as i64 + 1);
                    }
                    Err(CommandError::NotConnected) => {}
                    Err(error) => panic!("seed {}: {error}", self.seed),
                }
            }
        }
        let longest = Duration::from_millis(if self.rng.chance(0.1) { 40_000 } else { 1500 });
        let by = self.rng.duration_below(longest);
        self.pass(by);
    }

    /// The numbers of all requests that reached the cloud.
    fn received(&self) -> Vec<i64> {
        let journal = self.sim.journal(&Query::received());
        let texts = journal.iter().filter_map(|entry| entry["text"].as_str().map(str::to_owned));
        texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok()?["trid"].as_i64()).collect()
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            self.step();
        }
        let seed = self.seed;
        self.http_is_well = true;
        // The last connection of the rough times ends, since a message that was lost on it is missed for ever.
        let mut cut = Network::perfect();
        cut.cut = 1.0;
        self.sim.set_network(cut);
        self.pass(Duration::from_secs(40));
        self.sim.set_network(Network::perfect());
        // The longest backoff, a half-open connection noticed by silence, a question asked again.
        self.pass(Duration::from_secs(240));
        self.settle();
        assert!(self.sim.session().is_ready(), "seed {seed}: not ready on a perfect network");
        assert!(self.sim.session().is_synced(), "seed {seed}: the devices are not known");
        self.check_devices();
        let received = self.received();
        self.over = true;
        self.sim.shutdown();
        self.pass(Duration::from_secs(10));
        assert!(self.sim.session().is_terminated(), "seed {seed}: it does not end");
        assert!(matches!(self.sim.notices().last(), Some(Event::Ended)), "seed {seed}");
        self.check_outcomes(&received);
        // Looking through all that could be printed takes as long as all the rest.
        if seed.is_multiple_of(8) {
            self.check_secrets();
        }
    }

    /// A token may end at any moment, and its socket with it; so this waits until there is one.
    fn settle(&mut self) {
        for _ in 0..60 {
            if !self.sim.session().is_synced() {
                self.pass(Duration::from_secs(1));
            }
        }
    }

    fn check_devices(&mut self) {
        let seed = self.seed;
        let statuses = self.statuses().unwrap_or_else(|| panic!("seed {seed}: no statuses"));
        let known: Vec<_> = self.sim.session().devices().cloned().collect();
        assert_eq!(known.len(), statuses.devices.len(), "seed {seed}");
        for device in known {
            let status = statuses.get(&device.id).unwrap_or_else(|| panic!("seed {seed}: {} is not there", device.id));
            let online = status.info.as_ref().unwrap().online;
            assert_eq!(device.online, online, "seed {seed}: {}", device.id);
            if online == Some(false) {
                // What it did last before it went, it may not have told.
                continue;
            }
            let (mut known, mut told) = (device.view(), status.view());
            if self.partial {
                // A part cannot tell that something has ended.
                for view in [&mut known, &mut told] {
                    view.switches.iter_mut().for_each(|switch| switch.timer = None);
                    view.covers.iter_mut().for_each(|cover| cover.target = None);
                }
            }
            assert_eq!(known.switches, told.switches, "seed {seed}: {}", device.id);
            assert_eq!(known.lights, told.lights, "seed {seed}: {}", device.id);
            assert_eq!(known.covers, told.covers, "seed {seed}: {}", device.id);
            assert_eq!(known.temperatures, told.temperatures, "seed {seed}: {}", device.id);
        }
    }

    fn check_outcomes(&self, received: &[i64]) {
        let seed = self.seed;
        let mut ended = BTreeSet::new();
        for (token, _) in self.sim.all_finished() {
            assert!(ended.insert(*token), "seed {seed}: {token:?} ended twice");
        }
        assert_eq!(ended, self.asked, "seed {seed}: some requests never ended, or were never made");
        let unique: BTreeSet<i64> = received.iter().copied().collect();
        assert_eq!(unique.len(), received.len(), "seed {seed}: a command was sent twice");
        let executed = self.sim.journal(&Query::event("executed")).len();
        assert!(executed <= received.len(), "seed {seed}: {executed} of {} commands were carried out", received.len());
        for (token, number) in &self.numbers {
            match self.sim.finished(*token) {
                Some(Outcome::Done { reply: Reply::Command(_) | Reply::Rpc(_), .. } | Outcome::Refused { .. }) => {
                    assert!(unique.contains(number), "seed {seed}: {number} is answered, and the cloud never saw it");
                }
                Some(Outcome::Lost { sent: false }) => {
                    assert!(!unique.contains(number), "seed {seed}: {number} is not sent, and the cloud saw it");
                }
                Some(Outcome::TimedOut | Outcome::Lost { sent: true }) => {}
                other => panic!("seed {seed}: {number} ended as {other:?}"),
            }
        }
    }

    fn check_secrets(&self) {
        let journal = self.sim.journal(&Query::any());
        let printed = self.sim.trace().iter().cloned().chain(journal.iter().map(Value::to_string));
        let refresh = self.text("refresh_token");
        for line in printed.chain([self.sim.state().to_string(), format!("{:?}", self.sim.session())]) {
            let secret = self.tokens.iter().chain([&refresh]).find(|secret| line.contains(secret.as_str()));
            assert!(secret.is_none(), "seed {}: a secret is in {line}", self.seed);
        }
    }
}

/// Runs so many scenarios, and a multiple of that if it is asked for, on all cores.
fn each(first: u64, scenarios: u64, scenario: impl Fn(u64) + Sync) {
    let times = std::env::var("SIMULATION_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let (next, end) = (AtomicU64::new(first), first + scenarios * times);
    let work = || {
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < end) {
            scenario(seed);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn rough_networks_break_no_promise() {
    each(0, 300, |seed| Scenario::new(seed, Network::rough()).run());
}

#[test]
fn networks_of_every_quality_break_no_promise() {
    each(100_000, 300, |seed| {
        let mut rng = Rng::new(seed);
        let mut network = Network::rough();
        network.loss = rng.below(20) as f64 / 100.0;
        network.duplication = rng.below(30) as f64 / 100.0;
        network.cut = rng.below(10) as f64 / 100.0;
        network.half_open = rng.below(100) as f64 / 100.0;
        network.refusal = rng.below(80) as f64 / 100.0;
        network.jitter = Duration::from_millis(rng.below(3000));
        Scenario::new(seed, network).run();
    });
}

#[test]
fn on_a_perfect_network_everything_is_answered_and_known() {
    each(0, 60, |seed| {
        let mut scenario = Scenario::new(seed, Network::perfect());
        scenario.http_is_well = true;
        scenario.pass(Duration::from_secs(10));
        for _ in 0..STEPS {
            scenario.step();
        }
        scenario.pass(Duration::from_secs(90));
        scenario.settle();
        scenario.check_devices();
        for (token, number) in &scenario.numbers {
            let outcome = scenario.sim.finished(*token);
            let answered = matches!(outcome, Some(Outcome::Done { .. } | Outcome::Refused { .. }));
            // A token that ends can take a connection with its commands along.
            let lost = matches!(outcome, Some(Outcome::Lost { .. }));
            assert!(answered || lost, "seed {seed}: {number} ended as {outcome:?}");
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let trace = |seed| {
        let mut scenario = Scenario::new(seed, Network::rough());
        (0..STEPS).for_each(|_| scenario.step());
        (scenario.sim.trace().to_vec(), scenario.sim.journal(&Query::any()))
    };
    assert_eq!(trace(5), trace(5));
    assert_ne!(trace(5), trace(6));
}

#[test]
fn without_another_token_both_forms_of_a_refusal_end_the_session() {
    for reject in ["close4401", "http401"] {
        let mut file = WorldFile::demo();
        file.options = serde_json::from_value(json!({"reject": reject})).unwrap();
        let server = HostPolicy::Any.check("http://mock").unwrap();
        let config = SessionConfig::at("a wrong token", server);
        let mut sim = Sim::new(Box::new(ShellyWorld::new(file)), ShellySession::new(config), Network::perfect(), 1);
        let wanted = |event: &Event| matches!(event, Event::CredentialsNeeded { .. });
        assert!(sim.run_until(Duration::from_secs(5), |sim| sim.notices().iter().any(wanted)), "{reject}");
        // It waits, however long that takes, and connects no more.
        sim.advance(Duration::from_secs(600));
        let attempts = |sim: &Sim<ShellySession>| {
            let journal = sim.journal(&Query::any());
            journal.iter().filter(|entry| entry["kind"] == "opened" || entry["kind"] == "refused").count()
        };
        assert_eq!(attempts(&sim), 1, "{reject}");
        // Another wrong one is one too many.
        let token = Secret::new("another wrong token".to_owned());
        sim.command(SessionCommand::Credentials { token, lifetime: None }).unwrap();
        sim.advance(Duration::from_secs(600));
        let last = sim.notices().last();
        assert!(matches!(last, Some(Event::LoginFailed(LoginFailure::RefusedAgain(_)))), "{reject}: {last:?}");
        assert_eq!(attempts(&sim), 2, "{reject}");
    }
}
