//! Who is judged, and what may be done to it.

use crate::case::{Case, Hazard, Verb};
use crate::choice::Choice;
use crate::lint::undeclared;
use crate::redact::Redactor;
use crate::suite::Protocol;
use crate::text::Text;
use crate::vars::Vars;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use url::{Host, Url};

/// The capabilities that every protocol knows: a control plane like that of our mocks, and HTTP services.
pub(crate) const BUILT_IN: [&str; 2] = ["control", "http"];

/// One server and what is known about it.
#[derive(Clone)]
pub struct Target {
    pub(crate) server: Url,
    pub(crate) http: BTreeMap<String, Url>,
    pub(crate) admin: Option<Url>,
    pub(crate) admin_token: Option<String>,
    variables: BTreeMap<String, String>,
    /// What it has and has not, as far as somebody has said so or found it out.
    capabilities: BTreeMap<String, Found>,
    allowed: BTreeSet<Hazard>,
    devices: BTreeSet<String>,
    own_mock: bool,
    /// Made once, as it costs more than most cases; for the variables as they were then.
    redactor: Arc<OnceLock<Redactor>>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("server", &self.label()).finish_non_exhaustive()
    }
}

impl Target {
    /// A server, by its base URL: `ws://` or `wss://`, the host, and a path only if all profiles lie below it. It may
    /// be sent nothing hazardous until [`Target::allow`] says so.
    ///
    /// # Errors
    /// A URL of another form; the text says what is right.
    pub fn new(server: &str) -> Result<Self, String> {
        Ok(Self {
            server: base(server, &["ws", "wss"])?,
            http: BTreeMap::new(),
            admin: None,
            admin_token: None,
            variables: BTreeMap::new(),
            capabilities: BTreeMap::new(),
            allowed: BTreeSet::from([Hazard::None]),
            devices: BTreeSet::new(),
            own_mock: false,
            redactor: Arc::default(),
        })
    }

    /// A mock like ours, as the ready line of `dummyload serve` tells of it: its base URL for HTTP, its control plane with the
    /// token, and its demo data, in which stands what cases want to know. Everything is allowed.
    ///
    /// # Errors
    /// A URL of another form, or one that leads off this machine.
    pub fn mock(
        protocol: &Protocol,
        http: &str,
        admin: &str,
        token: Option<&str>,
        demo: &Value,
    ) -> Result<Self, String> {
        let mut target = Self::new(&http.replacen("http", "ws", 1))?.admin(admin, token)?;
        for service in protocol.services() {
            target = target.http(service, http)?;
        }
        for variable in protocol.variables() {
            match &demo[variable.demo()] {
                Value::Null => {}
                Value::String(text) => target = target.variable(variable.name(), text),
                other => target = target.variable(variable.name(), other.to_string()),
            }
        }
        protocol.mock_capabilities().fold(target, Self::have).own_mock()
    }

    /// Where an HTTP service of the protocol is.
    ///
    /// # Errors
    /// A URL that is not `http://` or `https://`.
    pub fn http(mut self, service: &str, url: &str) -> Result<Self, String> {
        self.http.insert(service.to_owned(), base(url, &["http", "https"])?);
        Ok(self)
    }

    /// The base URL of a control plane like that of our mocks, as in `http://127.0.0.1:4101/__mock`, and its token.
    ///
    /// # Errors
    /// A URL that is not `http://` or `https://`.
    pub fn admin(mut self, url: &str, token: Option<&str>) -> Result<Self, String> {
        self.admin = Some(base(url, &["http", "https"])?);
        self.admin_token = token.map(str::to_owned);
        Ok(self)
    }

    /// The value of a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// It has this capability.
    #[must_use]
    pub fn have(self, capability: &str) -> Self {
        self.found(capability, Found { has: true, probe: None, why: "it was said to be there".into() })
    }

    /// It has not got this capability, so nobody need try that out.
    #[must_use]
    pub fn lack(self, capability: &str) -> Self {
        self.found(capability, Found { has: false, probe: None, why: "it was said not to be there".into() })
    }

    pub(crate) fn found(mut self, capability: &str, found: Found) -> Self {
        self.capabilities.insert(capability.to_owned(), found);
        self
    }

    /// Whether somebody has said that it has this capability, or that it has not.
    pub(crate) fn knows(&self, capability: &str) -> bool {
        self.capabilities.contains_key(capability)
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.get(capability).is_some_and(|found| found.has)
    }

    /// Cases of this hazard class may run.
    #[must_use]
    pub fn allow(mut self, hazard: Hazard) -> Self {
        self.allowed.insert(hazard);
        self
    }

    /// A device that the user owns: off loopback a physical case runs only if all that it acts on is named so.
    #[must_use]
    pub fn device(mut self, id: impl Into<String>) -> Self {
        self.devices.insert(id.into());
        self
    }

    /// It is a mock that the caller has started himself: every hazard is allowed, since nothing real stands behind it.
    ///
    /// # Errors
    /// When one of its URLs leads off this machine.
    pub fn own_mock(mut self) -> Result<Self, String> {
        if !self.is_local() {
            return Err("a mock of one's own runs on this machine".into());
        }
        self.own_mock = true;
        Ok(self)
    }

    /// Whether the server is reached by the loopback interface, and with it all HTTP services.
    fn is_local(&self) -> bool {
        std::iter::once(&self.server).chain(self.http.values()).chain(&self.admin).all(is_loopback)
    }

    /// What reports call it.
    pub(crate) fn label(&self) -> String {
        let url = self.server.as_str().trim_end_matches('/');
        if self.own_mock { format!("our own mock, {url}") } else { url.to_owned() }
    }

    /// The names of variables and services that are set here and not known to the protocol, with what is known.
    pub fn unknown_names(&self, protocol: &Protocol) -> Vec<String> {
        let known: Vec<&str> = protocol.variables.iter().map(|variable| variable.name.as_str()).collect();
        let variables = self.variables.keys().filter(|name| !known.contains(&name.as_str()));
        let services: Vec<&str> = protocol.services().collect();
        let http = self.http.keys().filter(|name| !services.contains(&name.as_str()));
        let needs: Vec<&str> = protocol.needs.iter().map(|need| need.name.name.as_str()).chain(BUILT_IN).collect();
        let have = self.capabilities.keys().filter(|name| !needs.contains(&name.as_str()));
        let say = |what, list: &[&str], name: &String| {
            format!("{what} {}", crate::choice::not_among(name, list.iter().copied()))
        };
        variables
            .map(|name| say("variable", &known, name))
            .chain(http.map(|name| say("service", &services, name)))
            .chain(have.map(|name| say("capability", &needs, name)))
            .collect()
    }

    /// All capabilities of the protocol, each with whether it is there, as far as somebody has said so or found it out.
    pub(crate) fn capabilities(&self, protocol: &Protocol) -> Vec<Capability> {
        let list = protocol.needs.iter().map(|need| {
            let found = self.capabilities.get(&need.name.name).cloned();
            let unknown = || Found { has: false, probe: None, why: "nobody has said so".into() };
            let (name, help) = (need.name.name.clone(), need.name.help.clone());
            Capability { name, help, found: found.unwrap_or_else(unknown) }
        });
        list.collect()
    }

    /// The variables of a case, with the defaults of the protocol.
    pub(crate) fn vars(&self, protocol: &Protocol) -> Vars {
        let mut vars = Vars::default();
        for variable in &protocol.variables {
            if let Some(value) = self.variables.get(&variable.name).or(variable.default.as_ref()) {
                vars.set(&variable.name, value.as_str().into());
            }
            if variable.secret {
                vars.mark_secret(&variable.name);
            }
        }
        vars
    }

    /// Cuts out the secrets among the variables.
    pub(crate) fn redactor(&self, protocol: &Protocol) -> Redactor {
        let vars = self.vars(protocol);
        let made = self.redactor.get_or_init(|| Redactor::new(&vars));
        if made.fits(&vars) { made.clone() } else { Redactor::new(&vars) }
    }

    /// All that keeps a case from being played here. `Err` is a fault of the case.
    pub(crate) fn obstacles(&self, protocol: &Protocol, case: &Case) -> Result<Vec<Obstacle>, String> {
        if let Some((line, sign)) = undeclared(protocol, case).next() {
            return Err(format!("line {line} is {} ({}), and the case does not say so", sign.class, sign.why));
        }
        Ok(self.missing(protocol, case).into_iter().chain(self.forbidden(protocol, case)).collect())
    }

    /// What the command line would have to say so that a case is played here: the options, each with what it is for.
    pub fn wants(&self, protocol: &Protocol, case: &Case) -> Vec<(String, String)> {
        let list = self.missing(protocol, case).into_iter().chain(self.forbidden(protocol, case));
        list.filter_map(|obstacle| Some((obstacle.option?, obstacle.why))).collect()
    }

    fn missing(&self, protocol: &Protocol, case: &Case) -> BTreeSet<Obstacle> {
        let mut list = BTreeSet::new();
        let mut add = |option: String, why: Option<&str>| {
            list.insert(Obstacle { option: Some(option), why: why.unwrap_or("not described").to_owned() });
        };
        if case.needs_control() && self.admin.is_none() {
            add("--admin URL".into(), Some("a control plane like that of our mocks"));
        }
        for need in case.needs.iter().filter(|need| !self.has(need)) {
            match need.as_str() {
                "control" => {}
                "http" if self.http.is_empty() => add("--http NAME=URL".into(), Some("an HTTP service")),
                "http" => {}
                other => {
                    let help = protocol.need(other).unwrap_or("not described");
                    let why = self.capabilities.get(other).map(|found| format!("{help}; {}", found.why));
                    add(format!("--have {other}"), Some(why.as_deref().unwrap_or(help)));
                }
            }
        }
        for step in &case.steps {
            match &step.verb {
                Verb::Http { service, .. } | Verb::Ask { service, .. } if !self.http.contains_key(service) => {
                    add(format!("--http {service}=URL"), protocol.service(service));
                }
                _ => {}
            }
        }
        let vars = self.vars(protocol);
        for name in wanted(case).into_iter().filter(|name| vars.value(name).is_none()) {
            let variable = protocol.variable(name);
            let value = match variable {
                Some(variable) if variable.secret => format!("@{}", name.to_uppercase()),
                _ => "…".to_owned(),
            };
            add(format!("--var {name}={value}"), variable.map(|variable| variable.help.as_str()));
        }
        list
    }

    fn forbidden(&self, protocol: &Protocol, case: &Case) -> Vec<Obstacle> {
        let hazard = case.hazard;
        if self.own_mock || hazard == Hazard::None {
            return Vec::new();
        }
        if !self.allowed.contains(&hazard) {
            return vec![Obstacle { option: Some(format!("--allow {hazard}")), why: hazard.danger().to_owned() }];
        }
        if hazard != Hazard::Physical || self.is_local() {
            return Vec::new();
        }
        let vars = self.vars(protocol);
        let mut list = devices(protocol, case).peekable();
        if list.peek().is_none() {
            let why = "is physical, and does not say what it acts on: it runs on this machine only";
            return vec![Obstacle { option: None, why: why.into() }];
        }
        let owned = |name: &str| vars.text(name).is_some_and(|id| self.devices.contains(&id));
        let foreign = list.filter(|name| !owned(name)).map(|name| {
            let why = format!("with the value of {name}, for what is physical off this machine");
            Obstacle { option: Some("--i-own-this-device ID".into()), why }
        });
        foreign.collect()
    }
}

/// A capability of the protocol, and whether a target has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Capability {
    pub(crate) name: String,
    pub(crate) help: String,
    #[serde(flatten)]
    pub(crate) found: Found,
}

/// Whether a capability is there, and how that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) has: bool,
    /// The case that was to show it, if nobody had said so.
    pub(crate) probe: Option<String>,
    pub(crate) why: String,
}

/// Something that keeps a case from being played.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Obstacle {
    /// The option that takes it away, if one does.
    pub(crate) option: Option<String>,
    pub(crate) why: String,
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.option {
            Some(option) => write!(f, "needs {option} ({})", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// The variables of a case that name what it acts on.
fn devices<'a>(protocol: &'a Protocol, case: &'a Case) -> impl Iterator<Item = &'a str> {
    let used: BTreeSet<&str> = names(case).collect();
    protocol
        .variables
        .iter()
        .filter(|variable| variable.device)
        .map(|variable| variable.name.as_str())
        .filter(move |name| used.contains(name))
}

/// The variables that a case reads before it captures them.
pub(crate) fn wanted(case: &Case) -> Vec<&str> {
    let captured: BTreeSet<&str> =
        case.steps.iter().flat_map(|step| step.templates()).flat_map(|template| template.captures()).collect();
    names(case).filter(|name| !captured.contains(name)).collect()
}

/// All names in the placeholders of a case.
fn names(case: &Case) -> impl Iterator<Item = &str> {
    case.texts().flat_map(Text::names)
}

fn base(text: &str, schemes: &[&str]) -> Result<Url, String> {
    let right = || format!("write it as {}://host:port", schemes.join(":// or "));
    let url = Url::parse(text).map_err(|e| format!("this is no URL ({e}); {}", right()))?;
    if !schemes.contains(&url.scheme()) || url.host().is_none() {
        return Err(format!("{}:// cannot be used here; {}", url.scheme(), right()));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a base URL has no query, fragment or user; the cases add paths, and credentials are variables".into()
        );
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The URL of a path below a base URL. Whatever the path is, the host stays: a text that does not begin with a slash could
/// make the host a user's name otherwise.
pub(crate) fn below(base: &Url, path: &str) -> String {
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{path}", base.as_str().trim_end_matches('/'))
}

/// All classes that [`Target::allow`] takes, for help texts.
pub fn hazards() -> impl Iterator<Item = &'static str> {
    Hazard::ALL.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    fn suite(steps: &str) -> Suite {
        let case = format!("title = \"t\"\nlevel = \"must\"\nevidence = [\"seed\"]\n{steps}");
        let target = include_str!("../tests/fixtures/room/target.toml");
        Suite::load([("room/target.toml", target), ("room/cases/a.toml", &case)]).unwrap()
    }

    fn skip(target: &Target, steps: &str) -> String {
        let suite = suite(steps);
        let target = target.clone().variable("key", "k");
        match target.obstacles(suite.protocol("room").unwrap(), &suite.cases()[0]) {
            Ok(list) if list.is_empty() => "runs".into(),
            Ok(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(fault) => format!("fault: {fault}"),
        }
    }

    const SWITCH: &str = "hazard = \"physical\"\n[[step]]\nsend = '{\"switch\":${lamp}}'\n";
    const BLIND: &str = "hazard = \"physical\"\n[[step]]\nsend = '{\"switch\":\"the first\"}'\n";

    #[test]
    fn what_acts_elsewhere_wants_a_name() {
        let here = Target::new("ws://127.0.0.1:1").unwrap();
        let there = Target::new("wss://broker.example").unwrap();
        let allowed = there.clone().allow(Hazard::Physical);
        let wants = "needs --i-own-this-device ID (with the value of lamp, for what is physical off this machine)";
        let forbidden = "needs --allow physical (acts on a body, on hardware or on mains power)";
        for (target, steps, reason) in [
            (&here, SWITCH, forbidden),
            (&here.clone().allow(Hazard::Mutates), SWITCH, forbidden),
            (&here.clone().allow(Hazard::Physical), SWITCH, "runs"),
            (&here.clone().allow(Hazard::Physical), BLIND, "runs"),
            (&here.clone().own_mock().unwrap(), SWITCH, "runs"),
            (&there.clone().device("7"), SWITCH, forbidden),
            (&allowed, SWITCH, wants),
            (&allowed.clone().device("8"), SWITCH, wants),
            (&allowed.clone().device("7"), SWITCH, "runs"),
            (&allowed.clone().device("7").variable("lamp", "8"), SWITCH, wants),
            (
                &allowed.clone().device("7"),
                BLIND,
                "is physical, and does not say what it acts on: it runs on this machine only",
            ),
            // One service elsewhere is enough to act elsewhere.
            (&here.clone().allow(Hazard::Physical).http("desk", "https://desk.example").unwrap(), SWITCH, wants),
        ] {
            assert_eq!(skip(target, steps), reason, "{target:?}");
        }
    }

    #[test]
    fn a_hazard_that_is_not_owned_up_to_is_a_fault() {
        let target = Target::new("ws://127.0.0.1:1").unwrap().own_mock().unwrap();
        let fault = "fault: line 4 is physical (a lamp goes on), and the case does not say so";
        assert_eq!(skip(&target, "[[step]]\nsend = '{\"switch\":${lamp}}'\n"), fault);
        assert_eq!(skip(&target, "[[step]]\nsend_fragments = ['{\"swi', 'tch\":1}']\n"), fault);
    }

    #[test]
    fn what_is_missing_is_told_with_the_flag_to_give() {
        let target = Target::new("ws://127.0.0.1:1").unwrap();
        for (steps, reason) in [
            ("needs = [\"echo\"]\n[[step]]\nsend = '1'\n", "needs --have echo (the room repeats what is said)"),
            ("needs = [\"http\"]\n[[step]]\nsend = '1'\n", "needs --http NAME=URL (an HTTP service)"),
            ("[[step]]\nadvance = \"1s\"\n", "needs --admin URL (a control plane like that of our mocks)"),
            ("[[step]]\nsend = '[\"${name}\"]'\n", "needs --var name=… (not described)"),
            (
                "hazard = \"mutates\"\n[[step]]\nsend = '[\"${name}\"]'\n[[step]]\n\
                 http = { service = \"desk\", path = \"/${other}/${name}\" }\n",
                "needs --http desk=URL (where visitors ask); needs --var name=… (not described); \
                 needs --var other=… (not described); needs --allow mutates (changes stored data)",
            ),
            ("[[step]]\nexpect = '{\"a\":\"$capture:id\"}'\n[[step]]\nsend = '[\"${id}\"]'\n", "runs"),
        ] {
            assert_eq!(skip(&target, steps), reason);
        }
    }

    #[test]
    fn base_urls_have_no_secrets_in_them() {
        for (url, part) in [
            ("127.0.0.1:80", "this is no URL"),
            ("http://127.0.0.1", "http:// cannot be used here; write it as ws:// or wss://host:port"),
            ("ws://127.0.0.1/v2?ApiKey=k", "has no query"),
            ("ws://me:k@127.0.0.1", "has no query, fragment or user"),
        ] {
            let error = Target::new(url).unwrap_err();
            assert!(error.contains(part) && !error.contains("k@") && !error.contains("ApiKey"), "{error}");
        }
        let target = Target::new("ws://[::1]:80/base/").unwrap();
        assert!(target.is_local());
        assert_eq!(below(&target.server, "/v2"), "ws://[::1]/base/v2");
        let target = Target::new("ws://127.0.0.1:9").unwrap();
        for path in
            ["@other.example/", ".other.example/", ":1@other.example/", "other.example", "\\@other.example", "?", "#"]
        {
            let url = Url::parse(&below(&target.server, path)).unwrap();
            assert_eq!((url.host_str(), url.port()), (Some("127.0.0.1"), Some(9)), "{path}");
        }
    }
}
