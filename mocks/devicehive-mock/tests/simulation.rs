//! Seeded scenarios, hundreds of them or, with `SIMULATION_TIMES=10`, thousands: a session and the mock's world back to
//! back in memory, over a network on which everything goes wrong now and then, under the rules of every profile. Whatever
//! happens, these hold:
//!
//! * every request ends exactly once;
//! * no command is inserted twice, none that the session reports as done is unknown to the server, and none that it reports
//!   as not sent is known there;
//! * no subscription brings an item twice; and one to a device brings everything that came about since it was made, where
//!   connections break, but nothing gets lost in the middle of one;
//! * tokens that end are replaced, and the session goes on;
//! * once the network is well again, all that is wanted stands;
//! * no secret is in anything that could be printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use devicehive_mock::{DeviceHiveWorld, Profile, WorldFile};
use devicehive_proto::message::{CommandInsert, NewCommand, Request};
use devicehive_proto::session::{
    CommandError, Credentials, DeviceHiveSession, Door, Event, Filter, Reply, SessionCommand, SessionConfig,
};
use devicehive_proto::{DeviceId, Json, Kind};
use dummyload_host::Query;
use dummyload_host::sim::{Network, Sim};
use dummyload_session::{Endpoint, Outcome, RequestToken, Rng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a program does in one scenario before the network is well again.
const STEPS: usize = 30;
const DEVICES: [&str; 3] = ["pump-1", "lamp-1", "pump-2"];
/// Longer than any scenario, so that nothing is forgotten by the server.
const LONG: Duration = Duration::from_secs(100_000);

/// What a subscription has brought: kind, number, time of the last change, and status.
type Item = (char, i64, String, Option<String>);

/// One scenario: the session, its program, and what that remembers.
struct Scenario {
    seed: u64,
    rng: Rng,
    sim: Sim<DeviceHiveSession>,
    secrets: Vec<String>,
    asked: BTreeSet<RequestToken>,
    /// The commands that went, or were to go, to devices: each with its mark.
    marks: BTreeMap<RequestToken, i64>,
    subscriptions: Vec<RequestToken>,
    count: i64,
}

impl Scenario {
    fn new(seed: u64, network: Network) -> Self {
        let mut rng = Rng::new(seed);
        let mut file = WorldFile::demo();
        file.options.profile = [Profile::Server41, Profile::Server35, Profile::Spec][rng.below(3) as usize];
        file.options.access_token_life = if rng.chance(0.3) { 90 } else { 1800 };
        file.options.retention = Some(LONG.as_secs() as u32);
        let credentials = match rng.below(3) {
            0 => Credentials::login("dhadmin", "dhadmin_#911"),
            // One that is not taken, and a login behind it.
            1 => Credentials::token("a.b.c").and_login("dhadmin", "dhadmin_#911"),
            _ => Credentials::refresh_token("a.b.c").and_login("dhadmin", "dhadmin_#911"),
        };
        let door = if rng.chance(0.3) { Door::Handshake } else { Door::Message };
        let url = "ws://mock/dh/websocket".to_owned();
        let config = SessionConfig::new(Endpoint::new(url.clone(), url), credentials);
        let session = DeviceHiveSession::new(config.door(door).retention(LONG).seed(seed));
        let sim = Sim::new(Box::new(DeviceHiveWorld::new(file)), session, network, seed);
        let secrets = vec!["dhadmin_#911".to_owned(), "eyJhbGci".to_owned()];
        let (asked, marks, subscriptions) = Default::default();
        Self { seed, rng, sim, secrets, asked, marks, subscriptions, count: 0 }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.below(of.len() as u64) as usize]
    }

    fn ask(&mut self, command: SessionCommand) -> Option<RequestToken> {
        match self.sim.command(command) {
            Ok(token) => {
                assert!(self.asked.insert(token), "seed {}: a token was given twice", self.seed);
                Some(token)
            }
            Err(CommandError::NotConnected | CommandError::NotSubscribed) => None,
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    fn filter(&mut self) -> Filter {
        let device = self.pick(&DEVICES);
        match self.rng.below(8) {
            0 | 1 => Filter::commands().device(device),
            2 | 3 => Filter::updates().device(device),
            4 | 5 => Filter::notifications().device(device),
            6 => Filter::notifications().networks([2]),
            _ => Filter::commands().names(["start", "stop"]),
        }
    }

    /// A command with a mark of its own.
    fn marked(&mut self, name: &str) -> (i64, NewCommand) {
        self.count += 1;
        let mut command = NewCommand::new(name);
        command.parameters = Some(Json::of(&json!({"mark": self.count})).unwrap());
        (self.count, command)
    }

    /// Somebody else does something.
    fn elsewhere(&mut self) {
        let device = self.pick(&DEVICES);
        self.count += 1;
        let (what, name) = (self.count, self.pick(&["start", "stop", "other"]));
        match self.rng.below(3) {
            0 => drop(self.sim.control("command", &json!({"device": device, "command": name})).unwrap()),
            1 => {
                let body = json!({"device": device, "notification": "level", "parameters": {"what": what}});
                drop(self.sim.control("notification", &body).unwrap());
            }
            // There may be no command yet.
            _ => drop(self.sim.control("update", &json!({"device": device, "status": format!("s{what}")}))),
        }
    }

    fn step(&mut self) {
        match self.rng.below(12) {
            0..5 => self.elsewhere(),
            5 | 6 => {
                let filter = self.filter();
                if let Some(token) = self.ask(SessionCommand::Subscribe(filter)) {
                    self.subscriptions.push(token);
                }
            }
            7 if !self.subscriptions.is_empty() && self.rng.chance(0.3) => {
                let name = self.pick(&self.subscriptions.clone());
                self.ask(SessionCommand::Unsubscribe(name));
            }
            7 if self.rng.chance(0.1) => drop(self.ask(SessionCommand::UnsubscribeAll(Kind::Command))),
            8 => drop(self.ask(SessionCommand::Request(Box::new(Request::ServerInfo)))),
            9 => {
                let (mark, command) = self.marked("start");
                let device_id = DeviceId::new(self.pick(&DEVICES));
                let request = Box::new(CommandInsert::new(device_id, command).into());
                if let Some(token) = self.ask(SessionCommand::Request(request)) {
                    self.marks.insert(token, mark);
                }
            }
            _ => {
                let (mark, command) = self.marked("start");
                let device = DeviceId::new(self.pick(&DEVICES));
                let patience = Duration::from_secs(60);
                if let Some(token) = self.ask(SessionCommand::Execute { device, command, patience }) {
                    self.marks.insert(token, mark);
                }
            }
        }
        let longest = Duration::from_millis(if self.rng.chance(0.1) { 60_000 } else { 2500 });
        let by = self.rng.duration_below(longest);
        self.sim.advance(by);
    }

    /// The marks of all commands that reached the server.
    fn received(&self) -> Vec<i64> {
        let journal = self.sim.journal(&Query::received());
        let texts = journal.iter().filter_map(|entry| entry["text"].as_str().map(str::to_owned));
        let messages = texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
        messages.filter_map(|message| message["command"]["parameters"]["mark"].as_i64()).collect()
    }

    /// What a subscription has brought.
    fn brought(&self, name: RequestToken) -> Vec<Item> {
        let item = |event: &Event| match event {
            Event::Command { subscription, command } if *subscription == name => {
                Some(('c', command.id, command.timestamp.to_string(), None))
            }
            Event::Update { subscription, command } if *subscription == name => {
                Some(('u', command.id, command.last_updated.to_string(), command.status.clone()))
            }
            Event::Notification { subscription, notification } if *subscription == name => {
                Some(('n', notification.id, notification.timestamp.to_string(), None))
            }
            _ => None,
        };
        self.sim.notices().iter().filter_map(item).collect()
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            self.step();
        }
        let seed = self.seed;
        self.sim.set_network(Network::perfect());
        // The longest backoff, a half-open connection noticed by silence, a request that waits in vain.
        self.sim.advance(Duration::from_secs(240));
        assert!(self.sim.session().is_ready(), "seed {seed}: not ready on a perfect network");
        self.check_wanted();
        let received = self.received();
        self.sim.shutdown();
        self.sim.advance(Duration::from_secs(10));
        assert!(matches!(self.sim.notices().last(), Some(Event::Ended)), "seed {seed}");
        self.check_outcomes(&received);
        self.check_doubles();
        // Looking through all that could be printed takes as long as all the rest.
        if seed.is_multiple_of(8) {
            self.check_secrets();
        }
    }

    /// Every subscription to a device brings what comes now.
    fn check_wanted(&mut self) {
        let wanted: BTreeSet<_> = self.sim.session().wanted().map(|(name, _)| name).collect();
        let before: BTreeMap<_, _> = wanted.iter().map(|name| (*name, self.brought(*name).len())).collect();
        for device in DEVICES {
            self.sim.control("notification", &json!({"device": device, "notification": "level"})).unwrap();
            self.sim.control("command", &json!({"device": device, "command": "start"})).unwrap();
            self.sim.control("update", &json!({"device": device, "status": "last"})).unwrap();
        }
        self.sim.advance(Duration::from_secs(1));
        for (name, count) in before {
            assert!(self.brought(name).len() > count, "seed {}: {name:?} is deaf", self.seed);
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
        for (token, mark) in &self.marks {
            match self.sim.finished(*token) {
                Some(Outcome::Done { .. } | Outcome::Refused { .. }) => {
                    assert!(unique.contains(mark), "seed {seed}: {mark} is answered, and the server never saw it");
                }
                Some(Outcome::Lost { sent: false }) => {
                    assert!(!unique.contains(mark), "seed {seed}: {mark} is not sent, and the server saw it");
                }
                Some(Outcome::TimedOut | Outcome::Lost { sent: true }) => {}
                None => panic!("seed {seed}: {mark} never ended"),
            }
        }
    }

    fn check_doubles(&self) {
        for name in &self.subscriptions {
            let mut known = BTreeSet::new();
            for item in self.brought(*name) {
                assert!(known.insert(item.clone()), "seed {}: {name:?} brought {item:?} twice", self.seed);
            }
        }
    }

    fn check_secrets(&self) {
        let journal = self.sim.journal(&Query::any());
        let printed = self.sim.trace().iter().cloned().chain(journal.iter().map(Value::to_string));
        for line in printed.chain([self.sim.state().to_string(), format!("{:?}", self.sim.session())]) {
            let secret = self.secrets.iter().find(|secret| line.contains(secret.as_str()));
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
    each(0, 200, |seed| Scenario::new(seed, Network::rough()).run());
}

#[test]
fn networks_of_every_quality_break_no_promise() {
    each(100_000, 200, |seed| {
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
fn a_subscription_to_a_device_misses_nothing_however_often_its_connection_breaks() {
    each(200_000, 200, |seed| {
        let mut network = Network::rough();
        (network.loss, network.cut, network.half_open) = (0.0, 0.1, 0.2);
        let mut scenario = Scenario::new(seed, Network::perfect());
        assert!(scenario.sim.run_until(Duration::from_secs(9), |sim| sim.session().is_ready()), "seed {seed}");
        // What was there before is none of the subscriptions' business.
        (0..3).for_each(|_| scenario.elsewhere());
        scenario.sim.advance(Duration::from_secs(3));
        let mut wanted = Vec::new();
        for device in DEVICES {
            for filter in [Filter::commands(), Filter::updates(), Filter::notifications()] {
                wanted.push((device, scenario.ask(SessionCommand::Subscribe(filter.device(device))).unwrap()));
            }
        }
        scenario.sim.advance(Duration::from_secs(1));
        for (_, name) in &wanted {
            let made =
                matches!(scenario.sim.finished(*name), Some(Outcome::Done { reply: Reply::Subscribed { .. }, .. }));
            assert!(made, "seed {seed}");
        }
        scenario.sim.set_network(network);
        let mut due: BTreeMap<(char, &str), BTreeSet<i64>> = BTreeMap::new();
        for _ in 0..40 {
            let device = scenario.pick(&DEVICES);
            let made = match scenario.rng.below(3) {
                0 => {
                    let answer = scenario.sim.control("command", &json!({"device": device, "command": "x"})).unwrap();
                    ('c', answer)
                }
                1 => {
                    let body = json!({"device": device, "notification": "level"});
                    ('n', scenario.sim.control("notification", &body).unwrap())
                }
                _ => {
                    let body = json!({"device": device, "status": "done"});
                    match scenario.sim.control("update", &body) {
                        Ok(answer) => ('u', answer),
                        Err(_) => continue,
                    }
                }
            };
            let id =
                made.1["id"].as_i64().or(made.1["command"]["id"].as_i64()).or(made.1["notification"]["id"].as_i64());
            due.entry((made.0, device)).or_default().insert(id.unwrap());
            let by = scenario.rng.duration_below(Duration::from_secs(5));
            scenario.sim.advance(by);
        }
        scenario.sim.set_network(Network::perfect());
        scenario.sim.advance(Duration::from_secs(240));
        let mut brought: BTreeMap<(char, &str), BTreeSet<i64>> = BTreeMap::new();
        for (device, name) in &wanted {
            for (kind, id, ..) in scenario.brought(*name) {
                brought.entry((kind, device)).or_default().insert(id);
            }
        }
        assert_eq!(brought, due, "seed {seed}");
        scenario.subscriptions = wanted.into_iter().map(|(_, name)| name).collect();
        scenario.check_doubles();
    });
}

#[test]
fn on_a_perfect_network_everything_is_answered() {
    each(0, 60, |seed| {
        let mut scenario = Scenario::new(seed, Network::perfect());
        scenario.sim.advance(Duration::from_secs(3));
        (0..STEPS).for_each(|_| scenario.step());
        scenario.sim.advance(Duration::from_secs(90));
        for token in &scenario.asked {
            let outcome = scenario.sim.finished(*token);
            assert!(matches!(outcome, Some(Outcome::Done { .. })), "seed {seed}: {token:?} ended as {outcome:?}");
        }
        scenario.check_doubles();
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
