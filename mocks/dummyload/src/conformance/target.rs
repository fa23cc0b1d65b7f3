//! Who is judged, as the command line says it.

use super::Failure;
use crate::exit;
use crate::protocols::Started;
use dummyload_conformance::{Hazard, Protocol, Target};
use serde_json::Value;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// The server to judge, as ws://host:port or wss://host:port [default: our own mocks, started for the purpose]
    #[arg(long, value_name = "URL", group = "judged")]
    pub(super) server: Option<String>,
    /// A mock that `dummyload serve` has started, by the file with its ready line: all that is below is taken from there. It is
    /// reset before each case, so what it holds is lost
    #[arg(long, value_name = "FILE", group = "judged", conflicts_with_all = ["http", "admin"])]
    ready: Option<PathBuf>,
    /// Where an HTTP service of the protocol is
    #[arg(long, value_name = "NAME=URL", value_parser = pair, requires = "server")]
    http: Vec<(String, String)>,
    /// A control plane like that of our mocks, as http://host:port/__mock: for faults, resets and a time that can be moved
    #[arg(long, value_name = "URL", requires = "server")]
    admin: Option<String>,
    /// What that control plane asks for
    #[arg(long, value_name = "TOKEN", env = "DUMMYLOAD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// A value that cases use; VALUE may be @NAME, for the content of the environment variable NAME (@@ is an @)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "judged")]
    var: Vec<(String, String)>,
    /// The server has this capability, so that its cases are played [default: its probe says so, if it has one]
    #[arg(long, value_name = "CAP", requires = "judged")]
    have: Vec<String>,
    /// The server has not got this capability: its cases are skipped, and its probe is not played
    #[arg(long, value_name = "CAP", requires = "judged")]
    lack: Vec<String>,
    /// Play cases of this hazard class too: mutates, public-post, breaks, physical
    #[arg(long, value_name = "HAZARD", value_delimiter = ',', requires = "judged")]
    allow: Vec<Hazard>,
    /// Something that physical cases act on, when the server is not on this machine: it must be yours
    #[arg(long, value_name = "ID", requires = "judged")]
    i_own_this_device: Vec<String>,
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl TargetArgs {
    /// # Errors
    /// When something does not fit the protocol.
    pub(super) fn target(&self, protocol: &Protocol) -> Result<Target, Failure> {
        let usage = |what: String| Failure(exit::USAGE, what);
        // What does not fit is not repeated: people paste URLs with their keys in them.
        let mut target = match &self.ready {
            Some(file) => self.ready(file, protocol).map_err(|e| usage(format!("--ready {}: {e}", file.display())))?,
            None => {
                Target::new(self.server.as_deref().unwrap_or_default()).map_err(|e| usage(format!("--server: {e}")))?
            }
        };
        for (name, url) in &self.http {
            target = target.http(name, url).map_err(|e| usage(format!("--http {name}: {e}")))?;
        }
        if let Some(url) = &self.admin {
            let token = self.admin_token.as_deref();
            target = target.admin(url, token).map_err(|e| usage(format!("--admin: {e}")))?;
        }
        for (name, value) in &self.var {
            target = target.variable(name, resolved("--var", name, value).map_err(usage)?);
        }
        target = self.have.iter().fold(target, |target, capability| target.have(capability));
        target = self.lack.iter().fold(target, |target, capability| target.lack(capability));
        target = self.allow.iter().fold(target, |target, hazard| target.allow(*hazard));
        target = self.i_own_this_device.iter().fold(target, Target::device);
        match target.unknown_names(protocol).as_slice() {
            [] => Ok(target),
            unknown => Err(usage(unknown.join("; "))),
        }
    }

    /// Whether somebody's server is to be judged, and not mocks started for the purpose.
    pub(super) fn is_named(&self) -> bool {
        self.server.is_some() || self.ready.is_some()
    }

    /// The mock of this protocol that a ready line tells of.
    fn ready(&self, file: &Path, protocol: &Protocol) -> Result<Target, String> {
        let text = fs::read_to_string(file).map_err(|e| e.to_string())?;
        let line: Value = text.lines().next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        let mocks =
            line["mocks"].as_array().ok_or("there is no ready line in it, as `dummyload serve` prints first")?;
        let mock = mocks.iter().find(|mock| mock["protocol"] == protocol.name());
        let mock = mock.ok_or_else(|| format!("it tells of no mock of {}", protocol.name()))?;
        let url = |name: &str| mock[name].as_str().unwrap_or_default();
        Target::mock(protocol, url("http"), url("admin"), self.admin_token.as_deref(), &mock["demo"])
    }

    /// The options to judge the same target again, ready for a shell. Secrets stay out: they come from the environment.
    pub(super) fn again(&self, protocol: Option<&Protocol>) -> Vec<String> {
        let secret = |name: &str| {
            let mut variables = protocol.into_iter().flat_map(Protocol::variables);
            variables.any(|variable| variable.name() == name && variable.is_secret())
        };
        let from_environment = |value: &str| value.starts_with('@') && !value.starts_with("@@");
        let mut words: Vec<String> = Vec::new();
        words.extend(self.server.iter().map(|server| option("--server", server)));
        words.extend(self.ready.iter().map(|file| option("--ready", &file.display().to_string())));
        words.extend(self.http.iter().map(|(name, url)| format!("--http {name}={}", quoted(url))));
        words.extend(self.admin.iter().map(|url| option("--admin", url)));
        words.extend(self.admin_token.iter().map(|_| "--admin-token \"$DUMMYLOAD_ADMIN_TOKEN\"".to_owned()));
        words.extend(self.have.iter().map(|capability| option("--have", capability)));
        words.extend(self.lack.iter().map(|capability| option("--lack", capability)));
        words.extend(self.allow.iter().map(|hazard| option("--allow", &hazard.to_string())));
        words.extend(self.i_own_this_device.iter().map(|id| option("--i-own-this-device", id)));
        words.extend(self.var.iter().map(|(name, value)| {
            let secret = secret(name) && !from_environment(value);
            let value = if secret { format!("@{}", name.to_uppercase()) } else { value.clone() };
            format!("--var {name}={}", quoted(&value))
        }));
        words
    }
}

/// An option and its value.
pub(super) fn option(name: &str, value: &str) -> String {
    format!("{name} {}", quoted(value))
}

/// As a shell takes it for one word.
fn quoted(value: &str) -> Cow<'_, str> {
    // What cannot be quoted has not come from a command line.
    shlex::try_quote(value).unwrap_or(Cow::Borrowed("…"))
}

/// The value of a variable, which may stand in the environment instead of the command line.
pub(crate) fn resolved(option: &str, name: &str, value: &str) -> Result<String, String> {
    match value.strip_prefix('@') {
        None => Ok(value.to_owned()),
        Some(rest) if rest.starts_with('@') => Ok(rest.to_owned()),
        Some(variable) => env::var(variable).map_err(|why| {
            let what = if why == env::VarError::NotPresent { "not set" } else { "no UTF-8" };
            format!("{option} {name}=@{variable}: {variable} is {what} in the environment")
        }),
    }
}

/// A mock that this program has started, with all that it offers.
pub(super) fn own(protocol: &Protocol, started: &Started) -> Result<Target, String> {
    Target::mock(protocol, &started.mock.http_url(), &started.mock.admin_url(), None, &started.demo)
}
