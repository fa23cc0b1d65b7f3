//! Who may depend on whom.

use cargo_metadata::{DependencyKind, Metadata};
use std::collections::{BTreeMap, BTreeSet};

/// What a crate of ours is in the house, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role<'a> {
    Session,
    Codec,
    Driver,
    Host,
    Conformance,
    /// What the tests of all mocks use.
    Testkit,
    /// What the suite drives our clients by.
    Adapter,
    Binary,
    Xtask,
    /// These three with the protocol's name.
    Proto(&'a str),
    Client(&'a str),
    Mock(&'a str),
}

fn role(name: &str) -> Option<Role<'_>> {
    Some(match name {
        "dummyload-session" => Role::Session,
        "dummyload-codec" => Role::Codec,
        "dummyload-driver" => Role::Driver,
        "dummyload-host" => Role::Host,
        "dummyload-conformance" => Role::Conformance,
        "dummyload-testkit" => Role::Testkit,
        "dummyload-adapter" => Role::Adapter,
        "dummyload" => Role::Binary,
        "xtask" => Role::Xtask,
        _ => match name.rsplit_once('-')? {
            (protocol, "proto") => Role::Proto(protocol),
            (protocol, "client") => Role::Client(protocol),
            (protocol, "mock") => Role::Mock(protocol),
            _ => return None,
        },
    })
}

/// Whether `from` may depend on `to`; for its tests a crate may do more than for its users.
fn may(from: Role<'_>, to: Role<'_>, for_tests: bool) -> bool {
    match (from, to) {
        (Role::Proto(_) | Role::Codec | Role::Driver | Role::Host, Role::Session) => true,
        (Role::Proto(_), Role::Codec) => true,
        (Role::Client(_), Role::Session | Role::Driver) => true,
        (Role::Mock(_), Role::Session | Role::Host) => true,
        (Role::Client(own) | Role::Mock(own), Role::Proto(other)) => own == other,
        (Role::Client(own), Role::Mock(other)) => for_tests && own == other,
        (Role::Mock(_), Role::Testkit) => for_tests,
        (Role::Testkit, Role::Host) => true,
        (Role::Adapter, Role::Client(_) | Role::Session) => true,
        // How a crate's own tests ask for its features.
        (from, to) if from == to => for_tests,
        (
            Role::Binary,
            Role::Conformance | Role::Host | Role::Mock(_) | Role::Proto(_) | Role::Codec | Role::Session,
        ) => true,
        _ => false,
    }
}

/// All that a codec may reach when it is built for its users. Each has been looked at: no runtime, no clock, no random
/// source, no socket. Whoever adds one looks first.
const PURE: &[&str] = &[
    "base64",
    "dummyload-codec",
    "dummyload-session",
    "itoa",
    "memchr",
    "percent-encoding",
    "serde",
    "serde_core",
    "serde_json",
    "sha1_smol",
    "smol_str",
    "zmij",
    // The signature of DeviceHive's tokens. Its hash looks which instructions the processor has, on some systems by libc.
    "block-buffer",
    "cfg-if",
    "cmov",
    "const-oid",
    "cpufeatures",
    "crypto-common",
    "ctutils",
    "digest",
    "hmac",
    "hybrid-array",
    "libc",
    "sha2",
    "typenum",
    // The maps of serde_json when another crate of the workspace asks for the order of members.
    "equivalent",
    "foldhash",
    "hashbrown",
    "indexmap",
    // These run in the compiler only.
    "proc-macro2",
    "quote",
    "serde_derive",
    "syn",
    "unicode-ident",
];

/// Optional dependencies of a codec that its users ask for by a feature, and that the sans-IO core does without.
const BY_FEATURE: &[&str] = &["proptest", "schemars"];

const SOCKETS: &[&str] = &["tungstenite", "tokio-tungstenite"];

/// The crates and the arrows between them.
#[derive(Default)]
struct Graph {
    /// The crates of this workspace.
    ours: BTreeSet<String>,
    /// For users: dependencies of any crate, ours or not.
    normal: BTreeMap<String, BTreeSet<String>>,
    /// For tests: further dependencies of our crates.
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of(metadata: &Metadata) -> Self {
        let mut graph = Self::default();
        for package in metadata.workspace_packages() {
            let name = package.name.to_string();
            for dependency in &package.dependencies {
                let arrows = match dependency.kind {
                    DependencyKind::Development => &mut graph.tests,
                    _ if dependency.optional && BY_FEATURE.contains(&dependency.name.as_str()) => continue,
                    _ => &mut graph.normal,
                };
                arrows.entry(name.clone()).or_default().insert(dependency.name.clone());
            }
            graph.ours.insert(name);
        }
        // Of others' crates only what is really built counts, so these come from the resolution.
        let nodes = &metadata.resolve.as_ref().unwrap().nodes;
        for node in nodes {
            let name = metadata[&node.id].name.to_string();
            if graph.ours.contains(&name) {
                continue;
            }
            for dependency in &node.deps {
                let to = metadata[&dependency.pkg].name.to_string();
                graph.normal.entry(name.clone()).or_default().insert(to);
            }
        }
        graph
    }

    fn direct<'a>(arrows: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> impl Iterator<Item = &'a String> {
        arrows.get(from).into_iter().flatten()
    }

    /// All that is built for a user of `from`, each with the crate that wants it.
    fn reached(&self, from: &str) -> BTreeMap<&str, String> {
        let mut reached = BTreeMap::new();
        let mut open = vec![from.to_owned()];
        while let Some(name) = open.pop() {
            for to in Self::direct(&self.normal, &name) {
                if reached.insert(to.as_str(), name.clone()).is_none() {
                    open.push(to.clone());
                }
            }
        }
        reached
    }

    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for from in &self.ours {
            let Some(role_of) = role(from) else {
                found.push(format!("{from} has no place in the house: give it one in this test"));
                continue;
            };
            for (arrows, for_tests) in [(&self.normal, false), (&self.tests, true)] {
                for to in Self::direct(arrows, from).filter(|to| self.ours.contains(*to)) {
                    if role(to).is_some_and(|to| !may(role_of, to, for_tests)) {
                        let how = if for_tests { " for its tests" } else { "" };
                        found.push(format!("{from} must not depend on {to}{how}"));
                    }
                }
            }
            let names = |to: &str| Self::direct(&self.normal, from).any(|name| name == to);
            match role_of {
                Role::Proto(_) | Role::Codec | Role::Session => {
                    for (to, by) in self.reached(from) {
                        if !PURE.contains(&to) {
                            found.push(format!("{from} must be sans-IO, and reaches {to} by {by}"));
                        }
                    }
                }
                Role::Client(own) => {
                    found.extend(wants(from, &names, &["dummyload-driver", &format!("{own}-proto")]));
                }
                Role::Mock(own) => {
                    found.extend(wants(from, &names, &["dummyload-host", &format!("{own}-proto")]));
                }
                _ => {}
            }
            if !matches!(role_of, Role::Driver | Role::Host | Role::Conformance | Role::Testkit) {
                found.extend(
                    SOCKETS
                        .iter()
                        .filter(|to| names(to))
                        .map(|to| format!("{from} must leave {to} to the driver or host")),
                );
            }
        }
        found
    }
}

fn wants(from: &str, names: &impl Fn(&str) -> bool, wanted: &[&str]) -> Vec<String> {
    wanted.iter().filter(|to| !names(to)).map(|to| format!("{from} must be built on {to}")).collect()
}

#[test]
fn the_arrows_point_down() {
    super::assert_none(&Graph::of(super::metadata()).violations());
}

/// The check itself is checked on a house that is in order, with one thing spoilt at a time.
mod spoilt {
    use super::*;

    fn house() -> Graph {
        let mut graph = Graph::default();
        let arrows: &[(&str, &[&str])] = &[
            ("dummyload-session", &[]),
            ("dummyload-codec", &["dummyload-session", "serde"]),
            ("dummyload-driver", &["dummyload-session", "tokio", "tokio-tungstenite"]),
            ("dummyload-host", &["dummyload-session", "hyper", "tungstenite"]),
            ("dummyload-conformance", &["serde_json", "tokio-tungstenite"]),
            ("a-proto", &["dummyload-codec", "dummyload-session", "serde_json"]),
            ("b-proto", &["dummyload-session"]),
            ("a-client", &["a-proto", "dummyload-driver"]),
            ("a-mock", &["a-proto", "dummyload-host"]),
            ("b-mock", &["b-proto", "dummyload-host"]),
            ("dummyload", &["a-mock", "a-proto", "dummyload-conformance", "dummyload-host"]),
            ("xtask", &[]),
        ];
        for (from, to) in arrows {
            graph.ours.insert((*from).to_owned());
            to.iter().for_each(|to| add(&mut graph.normal, from, to));
        }
        add(&mut graph.normal, "serde_json", "itoa");
        add(&mut graph.tests, "a-client", "a-mock");
        add(&mut graph.tests, "a-proto", "a-proto");
        graph
    }

    fn add(arrows: &mut BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) {
        arrows.entry(from.to_owned()).or_default().insert(to.to_owned());
    }

    #[track_caller]
    fn with(from: &str, to: &str, expected: &[&str]) {
        let mut graph = house();
        add(&mut graph.normal, from, to);
        assert_eq!(graph.violations(), expected);
    }

    #[test]
    fn the_made_up_house_is_in_order() {
        assert_eq!(house().violations(), [""; 0]);
    }

    #[test]
    fn a_codec_reaches_no_runtime_even_by_others() {
        with("a-proto", "tokio", &["a-proto must be sans-IO, and reaches tokio by a-proto"]);
        with("serde_json", "rand", &["a-proto must be sans-IO, and reaches rand by serde_json"]);
        with(
            "dummyload-session",
            "time",
            &[
                "a-proto must be sans-IO, and reaches time by dummyload-session",
                "b-proto must be sans-IO, and reaches time by dummyload-session",
                "dummyload-codec must be sans-IO, and reaches time by dummyload-session",
                "dummyload-session must be sans-IO, and reaches time by dummyload-session",
            ],
        );
    }

    #[test]
    fn the_judge_shares_no_code_with_the_judged() {
        for judged in ["a-proto", "a-client", "a-mock", "dummyload-codec", "dummyload-host", "dummyload-session"] {
            with("dummyload-conformance", judged, &[&format!("dummyload-conformance must not depend on {judged}")]);
        }
        let mut graph = house();
        add(&mut graph.tests, "dummyload-conformance", "a-mock");
        assert_eq!(graph.violations(), ["dummyload-conformance must not depend on a-mock for its tests"]);
    }

    #[test]
    fn no_protocol_knows_another() {
        with("b-mock", "a-proto", &["b-mock must not depend on a-proto"]);
        with("a-client", "b-proto", &["a-client must not depend on b-proto"]);
        let mut graph = house();
        add(&mut graph.tests, "a-client", "b-mock");
        assert_eq!(graph.violations(), ["a-client must not depend on b-mock for its tests"]);
    }

    #[test]
    fn arrows_do_not_point_up() {
        with("dummyload-driver", "a-proto", &["dummyload-driver must not depend on a-proto"]);
        with("dummyload-host", "dummyload-driver", &["dummyload-host must not depend on dummyload-driver"]);
        with("dummyload-session", "dummyload-codec", &["dummyload-session must not depend on dummyload-codec"]);
        with("a-client", "a-mock", &["a-client must not depend on a-mock"]);
        with("a-mock", "dummyload-driver", &["a-mock must not depend on dummyload-driver"]);
    }

    #[test]
    fn only_three_crates_name_tungstenite() {
        with("a-mock", "tungstenite", &["a-mock must leave tungstenite to the driver or host"]);
        with("a-client", "tokio-tungstenite", &["a-client must leave tokio-tungstenite to the driver or host"]);
    }

    #[test]
    fn clients_and_mocks_are_built_on_what_is_there() {
        let mut graph = house();
        graph.normal.remove("a-client");
        graph.normal.remove("b-mock");
        assert_eq!(
            graph.violations(),
            [
                "a-client must be built on dummyload-driver",
                "a-client must be built on a-proto",
                "b-mock must be built on dummyload-host",
                "b-mock must be built on b-proto",
            ]
        );
    }

    #[test]
    fn a_stranger_is_noticed() {
        let mut graph = house();
        graph.ours.insert("stranger".into());
        assert_eq!(graph.violations(), ["stranger has no place in the house: give it one in this test"]);
    }
}
