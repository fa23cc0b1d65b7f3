//! Thousands of seeded scenarios: a session and the mock's world back to back in memory, over a network on which
//! everything goes wrong now and then. Whatever happens, four things hold:
//!
//! * every request ends exactly once;
//! * no command is carried out twice, and none that the session reports as done was never seen by a hub;
//! * once the network is well again, the broker has exactly the subscriptions that are wanted;
//! * no secret is in anything that could be printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_host::Query;
use dummyload_host::sim::{Network, Sim};
use dummyload_session::{Outcome, RequestToken, Rng, Session};
use pishock_mock::{PishockWorld, WorldFile};
use pishock_proto::session::{CommandError, Event, Limits, PishockSession, Reply, SessionCommand, SessionConfig};
use pishock_proto::{
    Channel, Command, Dialect, DurationMs, HubId, Intensity, Login, Mode, Order, ShareCode, ShockerId,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const KEY: &str = "11111111-2222-3333-4444-555555555555";

/// What a program does in one scenario before the network is well again.
const STEPS: usize = 25;

/// One scenario, and what it remembers of its requests.
struct Scenario {
    seed: u64,
    rng: Rng,
    sim: Sim<PishockSession>,
    asked: BTreeSet<RequestToken>,
    held: Vec<RequestToken>,
    /// The requests that publish one command, by its name in the log.
    named: BTreeMap<RequestToken, String>,
    done: BTreeMap<String, u32>,
}

impl Scenario {
    fn new(seed: u64, mut network: Network) -> Self {
        let mut rng = Rng::new(seed);
        let dialect = if rng.chance(0.3) { Dialect::V1 } else { Dialect::V2 };
        if dialect == Dialect::V1 {
            // V1 has nothing but the order of replies to go by: one that is lost or comes twice deceives every client.
            network.loss = 0.0;
            network.duplication = 0.0;
        }
        let limits = Limits::default().allow(&Mode::Shock).max_hold(Duration::from_secs(20));
        let login = Login::api_key("demo", KEY);
        let config = SessionConfig::new("ws://mock", dialect, &login).unwrap().limits(limits).seed(seed);
        let world = PishockWorld::new(WorldFile::demo());
        // The first login goes through: a broker that never answers an unproven login counts as a refusal of it.
        let mut sim = Sim::new(Box::new(world), PishockSession::new(config), Network::perfect(), seed);
        assert!(sim.run_until(Duration::from_secs(1), |sim| sim.session().is_ready()), "seed {seed}: no login");
        sim.set_network(network);
        Self { seed, rng, sim, asked: BTreeSet::new(), held: Vec::new(), named: BTreeMap::new(), done: BTreeMap::new() }
    }

    fn order(&mut self, name: &str) -> Order {
        let (intensity, ms) = (Intensity::new(self.rng.below(101) as u8).unwrap(), 300 + self.rng.below(2000) as u32);
        let duration = DurationMs::new(ms).unwrap();
        let own = self.rng.chance(0.7);
        let shocker = ShockerId(if !own { 654 } else { 321 + self.rng.below(2) });
        let command = match self.rng.below(4) {
            0 => Command::shock(shocker, intensity, duration),
            1 => Command::beep(shocker, duration),
            2 => Command::vibrate(shocker, intensity, duration).replace(false),
            _ => Command::vibrate(shocker, intensity, duration),
        };
        let command = command.origin(name);
        if own { command.on_hub(HubId(1234)) } else { command.on_share(HubId(2345), ShareCode::new("DEMO0SHARE1")) }
    }

    fn channel(&mut self) -> Channel {
        let hub = HubId(if self.rng.chance(0.7) { 1234 } else { 2345 });
        if self.rng.chance(0.5) { Channel::Ping(hub) } else { Channel::Log(hub) }
    }

    fn step(&mut self, number: usize) {
        let name = format!("op-{number}");
        let command = match self.rng.below(12) {
            0..4 => SessionCommand::Publish(vec![self.order(&name)]),
            4 => SessionCommand::Publish(vec![self.order(&name).stop()]),
            5 => SessionCommand::Subscribe(vec![self.channel(), self.channel()]),
            6 => SessionCommand::Unsubscribe(vec![self.channel()]),
            7 => SessionCommand::Hold(self.order("held")),
            8 if !self.held.is_empty() => {
                let at = self.rng.below(self.held.len() as u64) as usize;
                SessionCommand::Release(self.held.remove(at))
            }
            9 if self.rng.chance(0.3) => SessionCommand::StopAll,
            10 => SessionCommand::Resume,
            11 if self.rng.chance(0.2) => SessionCommand::UnsubscribeAll,
            _ => SessionCommand::Ping,
        };
        let named = matches!(&command, SessionCommand::Publish(orders) if !orders[0].command().is_stop());
        let holds = matches!(command, SessionCommand::Hold(_));
        match self.sim.command(command) {
            Ok(token) => {
                assert!(self.asked.insert(token), "seed {}: a token was given twice", self.seed);
                if named {
                    self.named.insert(token, name);
                }
                if holds {
                    self.held.push(token);
                }
            }
            Err(CommandError::Ended) => panic!("seed {}: the session gave up", self.seed),
            Err(_) => {}
        }
        let longest = Duration::from_millis(if self.rng.chance(0.1) { 40_000 } else { 1500 });
        self.sim.advance(self.rng.duration_below(longest));
    }

    /// How often each named command reached a hub, out of the journal.
    fn count(&mut self, journal: &[Value]) {
        for entry in journal {
            let origin = entry["details"]["origin"].as_str().unwrap_or_default();
            if entry["kind"] == "event" && origin.starts_with("op-") && entry["topic"] != "stopped" {
                *self.done.entry(origin.to_owned()).or_default() += 1;
            }
        }
    }

    fn subscriptions(&self) -> BTreeSet<String> {
        let state = self.sim.state();
        let connections = state["connections"].as_array().unwrap();
        let names = |connection: &Value| connection["subscriptions"].as_array().unwrap().clone();
        connections.iter().flat_map(names).map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    fn run(mut self) {
        for number in 0..STEPS {
            self.step(number);
        }
        self.sim.set_network(Network::perfect());
        let seed = self.seed;
        // The longest backoff, a half-open connection noticed by silence, a reply waited for in vain.
        self.sim.advance(Duration::from_secs(180));
        assert!(self.sim.session().is_ready(), "seed {seed}: not ready on a perfect network");
        let wanted: BTreeSet<String> = self.sim.session().wanted().map(ToString::to_string).collect();
        assert_eq!(self.subscriptions(), wanted, "seed {seed}: the broker knows other subscriptions than are wanted");
        self.sim.shutdown();
        self.sim.advance(Duration::from_secs(10));
        let journal = self.sim.journal(&Query::any());
        self.count(&journal);
        assert!(self.sim.session().is_terminated(), "seed {seed}: it does not end");
        assert!(matches!(self.sim.notices().last(), Some(Event::Ended)), "seed {seed}");
        self.check_outcomes();
        self.check_secrets(&journal);
    }

    fn check_outcomes(&self) {
        let seed = self.seed;
        let mut ended = BTreeSet::new();
        for (token, _) in self.sim.all_finished() {
            assert!(ended.insert(*token), "seed {seed}: {token:?} ended twice");
            assert!(self.asked.contains(token), "seed {seed}: {token:?} was never asked for");
        }
        assert_eq!(ended, self.asked, "seed {seed}: some requests never ended");
        for (name, times) in &self.done {
            assert_eq!(*times, 1, "seed {seed}: {name} was carried out {times} times");
        }
        for (token, name) in &self.named {
            let done = matches!(self.sim.finished(*token), Some(Outcome::Done { reply: Reply::Published, .. }));
            if done {
                assert!(self.done.contains_key(name), "seed {seed}: {name} is reported as done, and no hub saw it");
            }
            if matches!(self.sim.finished(*token), Some(Outcome::Lost { sent: false })) {
                assert!(!self.done.contains_key(name), "seed {seed}: {name} is reported as not sent, and a hub saw it");
            }
        }
    }

    fn check_secrets(&self, journal: &[Value]) {
        let printed = self.sim.trace().iter().cloned().chain(journal.iter().map(Value::to_string));
        for line in printed.chain([self.sim.state().to_string(), format!("{:?}", self.sim.session())]) {
            assert!(!line.contains(KEY), "seed {}: a secret is in {line}", self.seed);
        }
    }
}

/// Runs one scenario for each seed, on all cores.
fn each(seeds: std::ops::Range<u64>, scenario: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds.end) {
            scenario(seed);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn rough_networks_break_no_promise() {
    each(0..1000, |seed| Scenario::new(seed, Network::rough()).run());
}

#[test]
fn networks_of_every_quality_break_no_promise() {
    each(10_000..11_000, |seed| {
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
fn on_a_perfect_network_everything_arrives_once() {
    each(0..100, |seed| {
        let mut scenario = Scenario::new(seed, Network::perfect());
        for number in 0..STEPS {
            scenario.step(number);
        }
        scenario.sim.advance(Duration::from_secs(10));
        let journal = scenario.sim.journal(&Query::any());
        scenario.count(&journal);
        for (token, name) in &scenario.named {
            let outcome = scenario.sim.finished(*token);
            assert!(matches!(outcome, Some(Outcome::Done { .. })), "seed {seed}: {name} ended as {outcome:?}");
            assert_eq!(scenario.done.get(name), Some(&1), "seed {seed}: {name}");
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let trace = |seed| {
        let mut scenario = Scenario::new(seed, Network::rough());
        (0..STEPS).for_each(|number| scenario.step(number));
        (scenario.sim.trace().to_vec(), scenario.sim.journal(&Query::any()))
    };
    assert_eq!(trace(5), trace(5));
    assert_ne!(trace(5), trace(6));
}

#[test]
fn a_login_failure_of_each_form_ends_the_session() {
    for form in ["envelope", "http401", "close", "mute"] {
        let mut file = WorldFile::demo();
        file.options = serde_json::from_value(json!({"login_failure": form})).unwrap();
        let login = Login::api_key("demo", "a wrong key");
        let config = SessionConfig::new("ws://mock", Dialect::V2, &login).unwrap();
        let session = PishockSession::new(config);
        let mut sim = Sim::new(Box::new(PishockWorld::new(file)), session, Network::perfect(), 1);
        let ended = sim.run_until(Duration::from_secs(60), |sim| sim.session().is_terminated());
        assert!(ended && matches!(sim.notices(), [Event::LoginFailed(_)]), "{form}: {:?}", sim.notices());
        // One attempt, and no second.
        sim.advance(Duration::from_secs(600));
        let attempts =
            sim.journal(&Query::any()).iter().filter(|e| e["kind"] == "opened" || e["kind"] == "refused").count();
        assert_eq!(attempts, 1, "{form}");
    }
}
