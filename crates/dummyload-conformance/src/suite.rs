//! All cases of all protocols, and the choice among them.

use crate::case::{Case, Endpoint, Hazard};
use crate::template::Template;
use crate::verdict::Level;
use regex::Regex;
use std::collections::BTreeMap;

/// The cases, with what is known about each protocol.
#[derive(Clone, Debug)]
pub struct Suite {
    pub(crate) protocols: BTreeMap<String, Protocol>,
    /// Those for servers, in the order of their ids.
    pub(crate) cases: Vec<Case>,
    /// Those for clients, in the order of their ids.
    pub(crate) clients: Vec<Case>,
}

/// What `target.toml` and `sections.toml` of one protocol say.
#[derive(Clone, Debug)]
pub struct Protocol {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Whether its servers answer pings.
    pub(crate) pongs: bool,
    pub(crate) profiles: Vec<(String, Endpoint)>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) services: Vec<Named>,
    pub(crate) needs: Vec<Need>,
    /// What adapters of clients can be told to do, or can be set to.
    pub(crate) ops: Vec<Named>,
    pub(crate) hazards: Vec<HazardSign>,
    pub(crate) asides: Vec<Aside>,
    pub(crate) sections: Vec<Section>,
    /// The file of the sections, for findings.
    pub(crate) sections_path: String,
}

impl Protocol {
    /// Its name in case ids and on the command line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called in reports.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The variables that its cases use.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The HTTP services that its cases call, by name.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| service.name.as_str())
    }

    /// The capabilities that our own mock has.
    pub fn mock_capabilities(&self) -> impl Iterator<Item = &str> {
        self.needs.iter().filter(|need| need.mock).map(|need| need.name.name.as_str())
    }

    /// What the specification says under a section key, in short. The key may have the protocol before it.
    pub fn section(&self, key: &str) -> Option<&str> {
        let key = key.strip_prefix(&self.name).and_then(|key| key.strip_prefix(':')).unwrap_or(key);
        self.sections.iter().find(|section| section.key == key).map(|section| section.text.as_str())
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// What an HTTP service is for.
    pub(crate) fn service(&self, name: &str) -> Option<&str> {
        self.services.iter().find(|service| service.name == name).map(|service| service.help.as_str())
    }

    /// What adapters of its clients can be told to do, or can be set to, each with what it means.
    pub fn ops(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ops.iter().map(|op| (op.name.as_str(), op.help.as_str()))
    }

    /// What a capability is.
    pub(crate) fn need(&self, name: &str) -> Option<&str> {
        self.needs.iter().find(|need| need.name.name == name).map(|need| need.name.help.as_str())
    }
}

/// A value that cases use and the user gives.
#[derive(Clone, Debug)]
pub struct Variable {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) secret: bool,
    /// It names something that physical cases act on.
    pub(crate) device: bool,
    pub(crate) demo: String,
    pub(crate) default: Option<String>,
}

impl Variable {
    /// The name in `${name}` and on the command line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is and where to find it.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Whether it is cut out of all reports.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// What it is when none is given.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The member of our own mock's demo data that fills it.
    pub fn demo(&self) -> &str {
        &self.demo
    }
}

/// Messages that may come at any time, about things that a case does not speak of.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    pub(crate) like: Template,
    /// JSON pointer to what such a message is about.
    pub(crate) about: String,
}

/// A name and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) help: String,
}

/// A capability that not every target has.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) name: Named,
    pub(crate) mock: bool,
    pub(crate) probe: Option<Probe>,
}

/// The case that shows whether a target has a capability.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) id: String,
    /// Where it is named.
    pub(crate) line: usize,
    /// Found when all cases have been read.
    pub(crate) case: Option<Case>,
}

/// What a text must not hold unless the case declares the hazard.
#[derive(Clone, Debug)]
pub(crate) struct HazardSign {
    pub(crate) class: Hazard,
    pub(crate) pattern: Regex,
    pub(crate) why: String,
}

/// A heading or a normative sentence of the specification.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) key: String,
    pub(crate) text: String,
    /// Why no case can cover it.
    pub(crate) no_case: Option<String>,
    pub(crate) line: usize,
}

/// Which cases to take. Empty lists take all; what is in different lists must hold together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Protocol names.
    pub protocols: Vec<String>,
    /// Patterns of ids: `*` is any text, `?` any character; a pattern without either also takes all below it.
    pub ids: Vec<String>,
    /// Patterns of ids that are not taken.
    pub but: Vec<String>,
    /// Tags, of which one must be there.
    pub tags: Vec<String>,
    /// Section keys, as patterns like those of ids.
    pub sections: Vec<String>,
    /// Levels.
    pub levels: Vec<Level>,
}

impl Filter {
    fn takes(&self, case: &Case) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| glob(pattern, text));
        (self.protocols.is_empty() || self.protocols.contains(&case.protocol))
            && (self.ids.is_empty() || any(&self.ids, &case.id))
            && !any(&self.but, &case.id)
            && (self.tags.is_empty() || case.tags.iter().any(|tag| self.tags.contains(tag)))
            && (self.sections.is_empty() || case.spec.iter().any(|key| any(&self.sections, key)))
            && (self.levels.is_empty() || self.levels.contains(&case.level()))
    }
}

impl Suite {
    /// The protocols, by name.
    pub fn protocols(&self) -> impl Iterator<Item = &Protocol> {
        self.protocols.values()
    }

    /// One protocol.
    pub fn protocol(&self, name: &str) -> Option<&Protocol> {
        self.protocols.get(name)
    }

    /// All cases for servers, in the order of their ids.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// All cases for clients, in the order of their ids.
    pub fn clients(&self) -> &[Case] {
        &self.clients
    }

    /// One case, for servers or for clients.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().chain(&self.clients).find(|case| case.id == id)
    }

    /// The cases for servers that a filter takes, in the order of their ids.
    pub fn select(&self, filter: &Filter) -> Vec<&Case> {
        self.cases.iter().filter(|case| filter.takes(case)).collect()
    }

    /// The cases for clients that a filter takes, in the order of their ids.
    pub fn select_clients(&self, filter: &Filter) -> Vec<&Case> {
        self.clients.iter().filter(|case| filter.takes(case)).collect()
    }
}

/// Whether a pattern covers a text: `*` is any text, `?` any character; a pattern without either also covers all below it.
pub fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        let pattern = pattern.trim_end_matches('/');
        return text.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where to go on if the last star has to take one character more.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    (p, t) = (at + 1, taken + 1);
                    star = Some((at, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_cover_ids() {
        for (pattern, text, covered) in [
            ("pishock/v2/ping", "pishock/v2/ping/pong", true),
            ("pishock/v2/ping/", "pishock/v2/ping/pong", true),
            ("pishock/v2/pi", "pishock/v2/ping/pong", false),
            ("*ping*", "pishock/v2/ping/pong", true),
            ("pishock/*/p?ng/*", "pishock/v2/ping/pong", true),
            ("*/pong", "pishock/v2/ping/pong/not", false),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(glob(pattern, text), covered, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn patterns_agree_with_regular_expressions(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assume!(pattern.contains(['*', '?']));
            let same = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            prop_assert_eq!(glob(&pattern, &text), Regex::new(&same).unwrap().is_match(&text));
        }
    }
}
