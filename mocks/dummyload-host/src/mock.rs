//! A running mock: started in a test or by the binary, stopped when dropped.

use crate::engine::Engine;
use crate::fault::Fault;
use crate::journal::Query;
use crate::limits::Limits;
use crate::peer::{Shared, lock};
use crate::reader::Reader;
use crate::server::{Server, bind};
use crate::{ClockMode, ControlError, Seed, Tls, World};
use dummyload_session::Timestamp;
use serde_json::Value;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a mock starts with. Every protocol's mock has a builder of its own around this one.
#[derive(Debug)]
pub struct MockBuilder {
    address: SocketAddr,
    seed: Seed,
    clock: ClockMode,
    start: Option<Timestamp>,
    limits: Limits,
    admin_token: Option<String>,
    tls: Option<Tls>,
    more: Vec<SocketAddr>,
}

impl Default for MockBuilder {
    /// A free port of the loopback interface, seed 0, the real clock.
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            seed: Seed(0),
            clock: ClockMode::Real,
            start: None,
            limits: Limits::default(),
            admin_token: None,
            tls: None,
            more: Vec::new(),
        }
    }
}

impl MockBuilder {
    /// Listens here; port 0 takes a free one.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// The seed of all ids and chances.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed(seed);
        self
    }

    /// Time stands still until it is advanced. It starts at 2026-01-01T00:00:00Z unless [`MockBuilder::now`] says
    /// otherwise.
    #[must_use]
    pub fn virtual_clock(mut self) -> Self {
        self.clock = ClockMode::Virtual;
        self
    }

    /// The first time of the clock, since the Unix epoch.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.start = Some(now);
        self
    }

    /// Other bounds than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The control plane asks for `Authorization: Bearer TOKEN`. Without a token it is open, but only on loopback.
    #[must_use]
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.admin_token = Some(token.into());
        self
    }

    /// Serves TLS, with a certificate authority made for this mock. Plain HTTP is still taken on the same port.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Listens on a further address as well, and serves the same there: for services that real clients expect on several
    /// ports.
    #[must_use]
    pub fn also(mut self, address: SocketAddr) -> Self {
        self.more.push(address);
        self
    }

    /// Starts to listen. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on, or lies off loopback without an admin token; the text says what to do.
    pub async fn start(self, mut world: Box<dyn World>) -> io::Result<Mock> {
        let mut listeners = Vec::new();
        for address in std::iter::once(self.address).chain(self.more) {
            if !address.ip().is_loopback() && self.admin_token.is_none() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!(
                        "{address} can be reached from other machines, and so could the control plane: set an admin \
                         token, or listen on 127.0.0.1"
                    ),
                ));
            }
            listeners.push(bind(address).await?);
        }
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let issued = self.tls.as_ref().map(Tls::issue).transpose()?;
        world.listening(&base_url("http", issued.is_some(), addresses[0]));
        let versions = world.websocket_versions();
        let engine = Engine::new(world, self.clock, self.start, self.seed, self.limits.queue_bytes);
        let engine: Shared = Arc::new(Mutex::new(engine));
        let stop = watch::Sender::new(false);
        let server = Server {
            engine: Arc::clone(&engine),
            limits: Arc::new(self.limits),
            versions,
            admin_token: self.admin_token.map(Arc::from),
            stop: stop.clone(),
            tls: issued.as_ref().map(|issued| issued.acceptor.clone()),
        };
        let ca = issued.map(|issued| issued.ca);
        Ok(Mock { addresses, ca, engine, stop, task: Some(tokio::spawn(server.run(listeners))) })
    }
}

fn base_url(scheme: &str, tls: bool, address: SocketAddr) -> String {
    format!("{scheme}{}://{address}", if tls { "s" } else { "" })
}

/// One running mock server. Dropping it ends all connections at once; [`Mock::stop`] ends them in good order.
#[derive(Debug)]
pub struct Mock {
    /// The first is the main one; there is at least that.
    addresses: Vec<SocketAddr>,
    ca: Option<Arc<str>>,
    engine: Shared,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine(seed {}, {} peers)", self.seed, self.peers.len())
    }
}

impl Mock {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Everywhere it listens, the main address first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The certificate that a client has to trust, as PEM; `None` without TLS.
    pub fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// `ws://` or `wss://` and the address, without path.
    pub fn url(&self) -> String {
        base_url("ws", self.ca.is_some(), self.address())
    }

    /// `http://` or `https://` and the address, without path.
    pub fn http_url(&self) -> String {
        base_url("http", self.ca.is_some(), self.address())
    }

    /// The base address of the control plane, which is served without TLS too.
    pub fn admin_url(&self) -> String {
        format!("http://{}{}", self.address(), crate::control::PREFIX)
    }

    /// The seed in force.
    pub fn seed(&self) -> u64 {
        lock(&self.engine).seed.0
    }

    /// The time by the mock's clock, since the Unix epoch.
    pub fn now(&self) -> Timestamp {
        lock(&self.engine).clock.now()
    }

    /// Moves the time forward, stopping at every deadline on the way; what it brings about is queued when this returns.
    /// At most 366 days at once.
    pub fn advance(&self, by: Duration) {
        let target = lock(&self.engine).goal(by);
        // Step by step, so that other threads get at the mock in between.
        while !lock(&self.engine).advance(target) {}
    }

    /// The state of the world as JSON, secrets replaced.
    pub fn state(&self) -> Value {
        lock(&self.engine).snapshot()
    }

    /// Carries out a verb of the world, as `POST /__mock/do/{verb}` does.
    ///
    /// # Errors
    /// An unknown verb or a body that does not fit.
    pub fn control(&self, verb: &str, body: &Value) -> Result<Value, ControlError> {
        lock(&self.engine).control(verb, body)
    }

    /// Adds a fault rule; its number takes it away again.
    ///
    /// # Errors
    /// A rule that could never apply; the text says why.
    pub fn fault(&self, fault: Fault) -> Result<u64, ControlError> {
        fault.check().map_err(ControlError::Invalid)?;
        Ok(lock(&self.engine).faults.add(fault))
    }

    /// How often each fault rule has struck since the last reset, by its number.
    pub fn struck(&self) -> Vec<(u64, u64)> {
        lock(&self.engine).faults.list().iter().map(|(id, rule)| (*id, rule.struck())).collect()
    }

    /// Takes all fault rules away.
    pub fn clear_faults(&self) {
        lock(&self.engine).faults.clear();
    }

    /// Ends all connections and brings the world and the clock back to their first state, with the same seed.
    pub fn reset(&self) {
        let mut engine = lock(&self.engine);
        let seed = engine.seed;
        engine.reset(seed);
    }

    /// The entries of the journal that match, oldest first, as JSON without secrets.
    pub fn journal(&self, query: &Query) -> Vec<Value> {
        Reader::new(&self.engine, query.clone(), 0).rest(usize::MAX)
    }

    /// How many entries of the journal match.
    pub fn count(&self, query: &Query) -> usize {
        lock(&self.engine).journal.find(0, query).count()
    }

    /// Waits until so many entries match, and returns all that do.
    ///
    /// # Errors
    /// When they do not come within `within`; the error holds what came instead.
    pub async fn wait_for(&self, query: &Query, count: usize, within: Duration) -> Result<Vec<Value>, NotSeen> {
        wait_for(&self.engine, query, 0, count, within).await
    }

    /// Checks that exactly so many entries match: the verification at the end of a test.
    ///
    /// # Errors
    /// When they are more or fewer; the error holds what came instead.
    pub fn verify(&self, query: &Query, count: usize) -> Result<(), NotSeen> {
        let seen = self.journal(query);
        if seen.len() == count {
            return Ok(());
        }
        Err(NotSeen::new(&lock(&self.engine), query, 0, count, seen.len()))
    }

    /// Closes all connections as the real server does, and waits for their end.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }

    /// Completes when somebody has asked for the end over the control plane.
    pub async fn stopped(&self) {
        let mut stopping = self.stop.subscribe();
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Waits until `count` entries after `since` match.
pub(crate) async fn wait_for(
    engine: &Shared,
    query: &Query,
    since: u64,
    count: usize,
    within: Duration,
) -> Result<Vec<Value>, NotSeen> {
    let mut reader = Reader::new(engine, query.clone(), since);
    let mut seen = Vec::new();
    let wait = async {
        loop {
            seen.extend(reader.rest(usize::MAX));
            if seen.len() >= count {
                return;
            }
            reader.more().await;
        }
    };
    match tokio::time::timeout(within, wait).await {
        Ok(()) => Ok(seen),
        Err(_) => Err(NotSeen::new(&lock(engine), query, since, count, seen.len())),
    }
}

/// What was waited for did not come, or came in another number.
#[derive(Clone, Debug, PartialEq)]
pub struct NotSeen {
    wanted: String,
    /// How many entries matched.
    pub seen: usize,
    /// The last entries of the journal: what came instead.
    pub instead: Vec<Value>,
}

impl NotSeen {
    fn new(engine: &Engine, query: &Query, since: u64, wanted: usize, seen: usize) -> Self {
        let redactor = engine.redactor();
        let since = engine.journal.last().saturating_sub(10).max(since);
        let instead = engine.journal.find(since, &Query::any()).map(|entry| entry.show(&redactor)).collect();
        Self { wanted: format!("wanted {wanted} entries like {query}, saw {seen}"), seen, instead }
    }
}

impl std::fmt::Display for NotSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; the last entries are:", self.wanted)?;
        self.instead.iter().try_for_each(|entry| write!(f, "\n  {entry}"))
    }
}

impl std::error::Error for NotSeen {}
