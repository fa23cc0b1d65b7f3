//! Seeded scenarios, hundreds of them or, with `SIMULATION_TIMES=10`, thousands: a session and the mock's world back to
//! back in memory, over a network on which everything goes wrong now and then, under the rules of both profiles. Whatever
//! happens, these hold:
//!
//! * every request ends exactly once;
//! * no line is sent twice, none that the session reports as said is unknown to the server, and none that it reports as not
//!   sent is known there;
//! * nothing is ever asked that would stop the chat of the real server;
//! * where nothing gets lost on the way, what the session lets out is not dropped for a reason that it could have known;
//! * once the network is well again, the session sees the stream as the server does, wanted writers are there, and what is
//!   said comes back;
//! * no secret is in anything that could be printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_host::sim::{Network, Sim};
use dummyload_host::{HttpRequest, Query};
use dummyload_session::{Outcome, RequestToken, Rng};
use multistreamer_mock::{MultistreamerWorld, Profile, WorldFile};
use multistreamer_proto::session::{CommandError, Event, MultistreamerSession, Reply, SessionCommand, SessionConfig};
use multistreamer_proto::{AccountId, StreamId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a program does in one scenario before the network is well again.
const STEPS: usize = 30;
const IRC: i64 = 0;
/// The account that the stream is live on, and the one that needs a writer there.
const OWN: i64 = 14;
const OTHER: i64 = 17;

/// One scenario: the session, its program, and what that remembers.
struct Scenario {
    seed: u64,
    rng: Rng,
    sim: Sim<MultistreamerSession>,
    profile: Profile,
    demo: Value,
    asked: BTreeSet<RequestToken>,
    /// The lines that went out, or were to: each with its mark.
    marks: BTreeMap<RequestToken, String>,
    count: u32,
    /// Whether the program wants 17 to write into 14.
    wanted: bool,
}

impl Scenario {
    fn new(seed: u64, network: Network) -> Self {
        let mut rng = Rng::new(seed);
        let mut file = WorldFile::demo();
        let profile = [Profile::Server123, Profile::Spec][rng.below(2) as usize];
        file.options.profile = profile;
        file.options.writer_delay = [0, 200, 8000][rng.below(3) as usize];
        let token = file.users[0].token.clone();
        let config = SessionConfig::new("ws://mock", StreamId(21), &token).seed(seed).allow_posting();
        let config = if rng.chance(0.5) { config.username("john") } else { config };
        let session = MultistreamerSession::new(config);
        let mut sim = Sim::new(Box::new(MultistreamerWorld::new(file)), session, network, seed);
        let demo = sim.control("demo", &json!({})).unwrap();
        let (asked, marks) = Default::default();
        Self { seed, rng, sim, profile, demo, asked, marks, count: 0, wanted: false }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.below(of.len() as u64) as usize]
    }

    fn ask(&mut self, command: SessionCommand) -> Result<RequestToken, CommandError> {
        let token = self.sim.command(command)?;
        assert!(self.asked.insert(token), "seed {}: a token was given twice", self.seed);
        Ok(token)
    }

    fn want(&mut self, account: i64, target: i64) -> Option<RequestToken> {
        self.wanted |= (account, target) == (OTHER, OWN);
        self.ask(SessionCommand::Want { account: AccountId(account), target: AccountId(target) }).ok()
    }

    /// Says something with a mark of its own.
    fn say(&mut self, account: i64, target: i64, how: &str) -> Result<RequestToken, CommandError> {
        self.count += 1;
        let (mark, line) = (format!("mark {}", self.count), format!("{how}mark {}", self.count));
        let command = SessionCommand::Say { account: AccountId(account), target: AccountId(target), line };
        let token = self.ask(command)?;
        self.marks.insert(token, mark);
        Ok(token)
    }

    /// Something happens at the server.
    fn elsewhere(&mut self) {
        self.count += 1;
        let text = format!("somebody {}", self.count);
        let chat = json!({"account_id": OWN, "nick": "viewer1", "text": text});
        // Going live twice, or ending what is not live, is nothing.
        match self.rng.below(12) {
            0..4 => drop(self.sim.control("go-live", &json!({"stream_id": 21})).unwrap()),
            4 => drop(self.sim.control("end", &json!({"stream_id": 21})).unwrap()),
            5 => drop(self.sim.control("encoder-on", &json!({"stream_id": 21})).unwrap()),
            6 => drop(self.sim.control("encoder-off", &json!({"stream_id": 21})).unwrap()),
            7 => drop(self.sim.control("viewers", &json!({"account_id": OWN, "count": self.count})).unwrap()),
            8 if self.rng.chance(0.3) => drop(self.sim.control("redis-loss", &json!({})).unwrap()),
            9 => {
                let form = self.pick(&["no-type", "unknown-type", "no-accounts", "bad-utf8", "not-json", "end-again"]);
                drop(self.sim.control("strange", &json!({"form": form, "stream_id": 21})).unwrap());
            }
            10 => self.inject(&json!({"type": "status", "status": {"data_pushing": true}})),
            _ => drop(self.sim.control("chat", &chat).unwrap()),
        }
    }

    /// Shows a message to all sockets of the stream, as a program does beside the socket.
    fn inject(&mut self, message: &Value) {
        let bearer = format!("Bearer {}", self.demo["token"].as_str().unwrap());
        let request = HttpRequest::new("POST", "/api/v1/stream/21/msg").with_header("Authorization", &bearer);
        let mut request = request.with_header("Content-Type", "application/json");
        request.body = message.to_string().into_bytes();
        assert_eq!(self.sim.http(&request).unwrap().status, 200);
    }

    fn step(&mut self) {
        match self.rng.below(14) {
            0..4 => self.elsewhere(),
            4 => drop(self.ask(SessionCommand::Status)),
            5 | 6 => drop(self.want(OTHER, OWN)),
            7 => {
                // What no server should be asked.
                let (account, target) =
                    self.pick(&[(18, OWN), (99, OWN), (OWN, OTHER), (IRC, OWN), (OWN, IRC), (19, OWN)]);
                self.want(account, target);
            }
            8 if self.rng.chance(0.2) => {
                self.wanted = false;
                let pair = (AccountId(OTHER), AccountId(OWN));
                drop(self.ask(SessionCommand::Forget { account: pair.0, target: pair.1 }));
            }
            9 => drop(self.say(OWN, OWN, "")),
            10 => drop(self.say(OTHER, OWN, if self.count.is_multiple_of(2) { "/me " } else { "" })),
            11 => {
                let how = self.pick(&["/msg test ", "/msg nosuchuser ", "/msg john ", "/irc "]);
                drop(self.say(OWN, OWN, how));
            }
            _ => drop(self.say(IRC, IRC, "")),
        }
        let longest = Duration::from_millis(if self.rng.chance(0.1) { 90_000 } else { 3000 });
        let by = self.rng.duration_below(longest);
        self.sim.advance(by);
    }

    /// The marks of all lines that reached the server, as often as they did.
    fn received(&self) -> Vec<String> {
        let journal = self.sim.journal(&Query::received());
        let texts = journal.iter().filter_map(|entry| entry["text"].as_str().map(str::to_owned));
        let said =
            texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok()?["text"].as_str().map(str::to_owned));
        said.filter_map(|text| text.rfind("mark ").map(|at| text[at..].to_owned())).collect()
    }

    fn problems(&self) -> Vec<Value> {
        self.sim.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "problem").collect()
    }

    fn run(mut self, lossless: bool) {
        for _ in 0..STEPS {
            self.step();
        }
        let seed = self.seed;
        self.sim.set_network(Network::perfect());
        // The longest backoff, a half-open connection noticed by silence, and a status that was asked for in vain.
        self.sim.advance(Duration::from_secs(240));
        assert!(self.sim.session().is_ready(), "seed {seed}: not ready on a perfect network");
        self.check_view();
        self.check_chat(lossless);
        let received = self.received();
        self.check_problems(lossless);
        self.sim.shutdown();
        self.sim.advance(Duration::from_secs(10));
        assert!(matches!(self.sim.notices().last(), Some(Event::Ended)), "seed {seed}");
        self.check_outcomes(&received);
        self.check_events();
        // Looking through all that could be printed takes as long as all the rest.
        if seed.is_multiple_of(8) {
            self.check_secrets();
        }
    }

    /// The session sees the stream as the server does.
    fn check_view(&mut self) {
        let state = self.sim.state();
        let here = &state["streams"]["21"];
        let seen = self.sim.session().status().unwrap().status;
        let flags = json!({"data_incoming": seen.incoming, "data_pulling": seen.pulling, "data_pushing": seen.pushing});
        assert_eq!(here["status"], flags, "seed {}", self.seed);
        let can_say = self.sim.session().can_say(AccountId(OTHER), AccountId(OWN)).is_ok();
        assert!(!can_say || seen.pushing, "seed {}: nothing can be said on a stream that is not live", self.seed);
        assert!(can_say || !(seen.pushing && self.wanted), "seed {}: a wanted writer is not there", self.seed);
    }

    /// What the session lets out is said. Where messages get lost, so can those be that tell of the end of a stream; then a
    /// writer is missed when the first line does not come back, and made again.
    fn check_chat(&mut self, lossless: bool) {
        self.sim.control("go-live", &json!({"stream_id": 21})).unwrap();
        self.sim.advance(Duration::from_secs(1));
        let wanted = self.want(OTHER, OWN).unwrap();
        self.sim.advance(Duration::from_secs(10));
        let made = matches!(self.sim.finished(wanted), Some(Outcome::Done { reply: Reply::CanWrite, .. }));
        assert!(made, "seed {}: {:?}", self.seed, self.sim.finished(wanted));
        for (account, target, how) in [(IRC, IRC, ""), (OWN, OWN, ""), (OTHER, OWN, "/me "), (IRC, IRC, "/msg test ")] {
            let mut token = self.say(account, target, how).unwrap();
            self.sim.advance(Duration::from_secs(1));
            if account == OTHER && !lossless && self.sim.finished(token).is_none() {
                self.sim.advance(Duration::from_secs(30));
                token = self.say(account, target, how).unwrap();
                self.sim.advance(Duration::from_secs(1));
            }
            let outcome = self.sim.finished(token);
            let Some(Outcome::Done { reply: Reply::Said(chat), .. }) = outcome else {
                panic!("seed {}: {account} {target} {how}: {outcome:?}", self.seed)
            };
            assert_eq!((chat.text.as_deref(), chat.account_id), (Some(&*self.marks[&token]), Some(AccountId(target))));
        }
    }

    fn check_problems(&self, lossless: bool) {
        for problem in self.problems() {
            let code = problem["code"].as_str().unwrap();
            assert_ne!(code, "killer-input", "seed {}: {problem}", self.seed);
            // The stream may end, and a writer with it, while a line is under way; and nobody can know who is a user.
            let known = ["no-such-user", "not-live", "no-writer"];
            assert!(!lossless || known.contains(&code), "seed {}: {problem}", self.seed);
        }
    }

    fn check_outcomes(&self, received: &[String]) {
        let seed = self.seed;
        let mut ended = BTreeSet::new();
        for (token, _) in self.sim.all_finished() {
            assert!(ended.insert(*token), "seed {seed}: {token:?} ended twice");
        }
        assert_eq!(ended, self.asked, "seed {seed}: some requests never ended, or were never made");
        let unique: BTreeSet<&String> = received.iter().collect();
        assert_eq!(unique.len(), received.len(), "seed {seed}: a line was sent twice");
        for (token, mark) in &self.marks {
            match self.sim.finished(*token) {
                Some(Outcome::Done { reply: Reply::Said(chat), .. }) => {
                    assert!(unique.contains(mark), "seed {seed}: {mark} is said, and the server never saw it");
                    assert_eq!(chat.text.as_deref(), Some(&**mark), "seed {seed}");
                }
                Some(Outcome::Lost { sent: false }) => {
                    assert!(!unique.contains(mark), "seed {seed}: {mark} is not sent, and the server saw it");
                }
                Some(Outcome::TimedOut | Outcome::Lost { sent: true }) => {}
                other => panic!("seed {seed}: {mark}: {other:?}"),
            }
        }
    }

    /// Connections come and go in turns, and nobody can write on a stream that is not live.
    fn check_events(&self) {
        let (mut ready, mut live) = (false, false);
        for event in self.sim.notices() {
            match event {
                Event::Ready => {
                    assert!(!ready, "seed {}: ready twice", self.seed);
                    ready = true;
                }
                Event::Disconnected { .. } => (ready, live) = (false, false),
                Event::Status(status) if status.accounts.is_some() => live = status.status.pushing,
                Event::CanWrite { .. } => assert!(live, "seed {}: a writer without a live stream", self.seed),
                Event::StreamEnded => assert!(!live, "seed {}: the end of a stream that is live", self.seed),
                Event::Refused { .. } => panic!("seed {}: refused", self.seed),
                _ => {}
            }
        }
    }

    fn check_secrets(&self) {
        let secrets =
            ["demo-password", self.demo["token"].as_str().unwrap(), self.demo["stream_key"].as_str().unwrap()];
        let journal = self.sim.journal(&Query::any());
        let printed = self.sim.trace().iter().cloned().chain(journal.iter().map(Value::to_string));
        for line in printed.chain([self.sim.state().to_string(), format!("{:?}", self.sim.session())]) {
            let secret = secrets.iter().find(|secret| line.contains(*secret));
            assert!(secret.is_none(), "seed {} ({:?}): a secret is in {line}", self.seed, self.profile);
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
    each(0, 200, |seed| Scenario::new(seed, Network::rough()).run(false));
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
        Scenario::new(seed, network).run(false);
    });
}

#[test]
fn where_connections_break_but_nothing_gets_lost_nothing_is_let_out_that_has_to_be_dropped() {
    each(200_000, 200, |seed| {
        let mut network = Network::rough();
        (network.loss, network.duplication) = (0.0, 0.0);
        Scenario::new(seed, network).run(true);
    });
}
