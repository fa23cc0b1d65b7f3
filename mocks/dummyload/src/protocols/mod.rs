//! The protocols that this program knows. A further one is a further entry of [`ALL`].

mod devicehive;
mod multistreamer;
mod pishock;
mod shelly;

use crate::clock::Clock;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use dummyload_codec::lint::{Deviation, KindName};
use dummyload_host::world_file::WorldFileError;
use dummyload_host::{Mock, MockBuilder, Tls};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;

/// All protocols, in the order in which they are served.
pub(crate) const ALL: &[Protocol] = &[
    Protocol {
        name: "pishock",
        port: 4101,
        tls_names: &["broker.pishock.com", "auth.pishock.com", "ps.pishock.com", "api.pishock.com"],
        tls_ports: &[443],
        demo_world: pishock_mock::DEMO_WORLD,
        read_world: pishock::read_world,
        check_world: check::<pishock_mock::WorldFile>,
        start: |start| Box::pin(pishock::start(start)),
        keeps_data: false,
        dialects: &["v2", "v1"],
        lint: pishock::lint,
    },
    Protocol {
        name: "shelly",
        port: 4102,
        // The first is the server that the accounts are told to be on.
        tls_names: &["shelly-1-eu.shelly.cloud", "my.shelly.cloud", "api.shelly.cloud", "*.shelly.cloud"],
        tls_ports: &[443, 6113],
        demo_world: shelly_mock::DEMO_WORLD,
        read_world: shelly::read_world,
        check_world: check::<shelly_mock::WorldFile>,
        start: |start| Box::pin(shelly::start(start)),
        keeps_data: false,
        dialects: &["rte"],
        lint: shelly::lint,
    },
    Protocol {
        name: "devicehive",
        port: 4103,
        tls_names: &["playground.devicehive.com"],
        tls_ports: &[443],
        demo_world: devicehive_mock::DEMO_WORLD,
        read_world: devicehive::read_world,
        check_world: check::<devicehive_mock::WorldFile>,
        start: |start| Box::pin(devicehive::start(start)),
        keeps_data: true,
        dialects: &["clientdevice"],
        lint: devicehive::lint,
    },
    Protocol {
        name: "multistreamer",
        port: 4104,
        // Everybody hosts it himself, so there is no name that programs know.
        tls_names: &["multistreamer.localhost"],
        tls_ports: &[443],
        demo_world: multistreamer_mock::DEMO_WORLD,
        read_world: multistreamer::read_world,
        check_world: check::<multistreamer_mock::WorldFile>,
        start: |start| Box::pin(multistreamer::start(start)),
        keeps_data: false,
        dialects: &["chat"],
        lint: multistreamer::lint,
    },
];

/// What the subcommands need of a protocol.
pub(crate) struct Protocol {
    pub(crate) name: &'static str,
    /// Where its mock listens unless told otherwise.
    pub(crate) port: u16,
    /// The hosts of the real service, for the certificate.
    pub(crate) tls_names: &'static [&'static str],
    /// The ports on which clients of the real service expect it.
    pub(crate) tls_ports: &'static [u16],
    /// The world file of the demo world, with comments.
    pub(crate) demo_world: &'static str,
    /// Reads a world file and gives it back with all its defaults.
    pub(crate) read_world: fn(&str) -> Result<Value, String>,
    /// Whether a world, changed by settings, still is one.
    pub(crate) check_world: fn(&Value) -> Result<(), String>,
    pub(crate) start: fn(Start) -> Starting,
    /// Whether its state can be kept in a file.
    pub(crate) keeps_data: bool,
    /// The forms that its messages have, the usual one first.
    pub(crate) dialects: &'static [&'static str],
    /// What is not as the documents show it in a message of this dialect from this side.
    pub(crate) lint: fn(dialect: &str, from: Side, message: &str) -> Vec<Finding>,
}

/// What a mock starts with.
pub(crate) struct Start {
    pub(crate) address: SocketAddr,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) admin_token: Option<String>,
    /// As `read_world` gives it.
    pub(crate) world: Value,
    /// The file that keeps the state, where `keeps_data` allows one.
    pub(crate) data: Option<PathBuf>,
    pub(crate) tls: Option<StartTls>,
}

/// What a mock that serves TLS needs besides.
pub(crate) struct StartTls {
    /// The names in its certificate.
    pub(crate) names: Vec<String>,
    /// Where else it listens.
    pub(crate) also: Vec<SocketAddr>,
}

impl Start {
    /// All that is not the protocol's own.
    fn host(&self) -> MockBuilder {
        let mut host = MockBuilder::default().address(self.address).seed(self.seed);
        if self.clock.is_virtual {
            host = host.virtual_clock();
        }
        if let Some(now) = self.clock.start {
            host = host.now(now);
        }
        if let Some(token) = &self.admin_token {
            host = host.admin_token(token);
        }
        if let Some(tls) = &self.tls {
            host = host.tls(tls.names.iter().fold(Tls::new(), Tls::name));
            host = tls.also.iter().copied().fold(host, MockBuilder::also);
        }
        host
    }

    /// The world, as the protocol's mock has it.
    fn world<World: DeserializeOwned>(&self) -> io::Result<World> {
        World::deserialize(&self.world).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))
    }
}

pub(crate) type Starting = Pin<Box<dyn Future<Output = io::Result<Started>> + Send>>;

/// A mock that listens.
pub(crate) struct Started {
    pub(crate) mock: Mock,
    /// The address that a client connects to, complete with credentials.
    pub(crate) ws: String,
    /// What else a program needs to go on at once.
    pub(crate) demo: Value,
}

/// Who has sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Side {
    /// Sent by a client
    Client,
    /// Sent by a server
    Server,
}

/// A deviation of one message.
pub(crate) struct Finding {
    /// Where, as a JSON pointer; empty for the whole message.
    pub(crate) pointer: String,
    pub(crate) level: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

impl<Kind: KindName> From<Deviation<Kind>> for Finding {
    fn from(deviation: Deviation<Kind>) -> Self {
        Self {
            pointer: deviation.pointer,
            level: deviation.level.name(),
            kind: deviation.kind.kind_name(),
            text: format!("{} ({})", deviation.text, deviation.section),
        }
    }
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The protocol of this name.
pub(crate) fn find(name: &str) -> Option<&'static Protocol> {
    ALL.iter().find(|protocol| protocol.name == name)
}

/// Takes the name of a protocol on the command line.
pub(crate) fn parser() -> impl TypedValueParser<Value = &'static Protocol> {
    PossibleValuesParser::new(ALL.iter().map(|protocol| protocol.name))
        .try_map(|name| find(&name).ok_or("there is no such protocol"))
}

/// A world that has been read, with all its defaults.
fn shown<World: Serialize>(world: Result<World, WorldFileError>) -> Result<Value, String> {
    serde_json::to_value(world.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
}

fn check<World: DeserializeOwned>(world: &Value) -> Result<(), String> {
    World::deserialize(world).map(drop).map_err(|e| e.to_string())
}
