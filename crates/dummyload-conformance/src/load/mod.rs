//! Reads the files of the suite.

mod case;
mod client;
pub(crate) mod reader;
mod target;

pub use reader::LoadError;

use crate::case::Case;
use crate::lint::Finding;
use crate::suite::{Protocol, Suite};
use case::Role;
use reader::Source;
use std::collections::{BTreeMap, BTreeSet};

/// All mistakes of all files.
#[derive(Clone, Debug)]
pub struct LoadErrors {
    list: Vec<LoadError>,
    findings: Vec<Finding>,
}

impl LoadErrors {
    /// Mistakes in a file that is none of the suite's.
    pub(crate) fn only(list: Vec<LoadError>) -> Self {
        Self { list, findings: Vec::new() }
    }

    /// The mistakes, in the order of files and lines.
    pub fn list(&self) -> &[LoadError] {
        &self.list
    }

    /// What the lint finds in the cases that have no mistakes.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl std::fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.list.iter().try_for_each(|error| writeln!(f, "{error}"))
    }
}

impl std::error::Error for LoadErrors {}

/// What a file is, by its path below the fixtures.
enum Part<'a> {
    Target(&'a str),
    Sections(&'a str),
    Case(&'a str, Role),
    Other,
}

fn part(path: &str) -> Part<'_> {
    match path.split_once('/') {
        Some((protocol, "target.toml")) => Part::Target(protocol),
        Some((protocol, "sections.toml")) => Part::Sections(protocol),
        Some((_, rest)) if !rest.ends_with(".toml") => Part::Other,
        Some((protocol, rest)) if rest.starts_with("cases/") => Part::Case(protocol, Role::Server),
        Some((protocol, rest)) if rest.starts_with("clients/") => Part::Case(protocol, Role::Client),
        _ => Part::Other,
    }
}

impl Suite {
    /// Reads the files below `fixtures/`, each with its path from there and its content: for every protocol
    /// `PROTOCOL/target.toml`, `PROTOCOL/sections.toml`, the cases for servers in `PROTOCOL/cases/` and those for clients in
    /// `PROTOCOL/clients/`. Others are left alone.
    ///
    /// # Errors
    /// All mistakes in all files.
    pub fn load<P: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> Result<Self, LoadErrors> {
        let mut files: Vec<(P, T)> = files.into_iter().collect();
        files.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let mut errors = Vec::new();
        let mut protocols: BTreeMap<String, Protocol> = BTreeMap::new();
        for (path, text) in &files {
            let (path, text) = (path.as_ref(), text.as_ref());
            if let Part::Target(name) = part(path) {
                let source = Source::new(path, text);
                protocols.insert(name.to_owned(), target::target(&source, name));
                errors.extend(source.into_errors());
            }
        }
        let (mut cases, mut clients) = (Vec::new(), Vec::new());
        for (path, text) in &files {
            let (path, text) = (path.as_ref(), text.as_ref());
            let source = Source::new(path, text);
            let (Part::Sections(name) | Part::Case(name, _)) = part(path) else { continue };
            match (protocols.get_mut(name), part(path)) {
                (None, _) => {
                    source.error(0..0, format!("there is no {name}/target.toml, which says how to reach a server"));
                }
                (Some(protocol), Part::Sections(_)) => {
                    protocol.sections = target::sections(&source);
                    protocol.sections_path = path.to_owned();
                }
                (Some(protocol), Part::Case(_, Role::Client)) => {
                    clients.push(case::case(&source, path, protocol, Role::Client));
                }
                (Some(protocol), _) => cases.push(case::case(&source, path, protocol, Role::Server)),
            }
            errors.extend(source.into_errors());
        }
        for list in [&mut cases, &mut clients] {
            list.sort_by(|a: &Case, b: &Case| a.id.cmp(&b.id));
        }
        for need in protocols.values_mut().flat_map(|protocol| &mut protocol.needs) {
            if let Some(probe) = &mut need.probe {
                probe.case = cases.iter().find(|case| case.id == probe.id).cloned();
            }
        }
        let suite = Self { protocols, cases, clients };
        if errors.is_empty() {
            return Ok(suite);
        }
        let broken: BTreeSet<&str> = errors.iter().map(|error| error.path.as_str()).collect();
        let findings = suite.lint_but(&broken);
        Err(LoadErrors { list: errors, findings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = include_str!("../../tests/fixtures/room/target.toml");

    fn errors(case: &str) -> String {
        let files = [("room/target.toml", TARGET), ("room/cases/a/b.toml", case)];
        Suite::load(files).unwrap_err().to_string()
    }

    #[test]
    fn all_mistakes_of_a_case_are_told_at_once() {
        insta::assert_snapshot!(errors(include_str!("../../tests/fixtures/mistakes.toml")));
    }

    #[test]
    fn a_case_says_who_it_is() {
        insta::assert_snapshot!(errors("tags = 5"));
    }

    #[test]
    fn bad_toml_is_told_with_its_line() {
        insta::assert_snapshot!(errors("title = \"a\"\nlevel = must\n[[step]\n"));
    }

    /// As much as can be told for sure, and nothing that only follows from what is broken.
    #[test]
    fn beside_bad_toml_the_mistakes_before_it_are_told() {
        let case =
            "title = \"a\"\nlevel = \"most\"\nevidance = [\"seed\"]\n[[step]]\nexpect = '{'\nwithin = 5s\nfoo = 1\n";
        insta::assert_snapshot!(errors(case));
    }

    #[test]
    fn a_mistake_in_one_file_hides_nothing_in_others() {
        let head = "level = \"must\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\n";
        let good = format!("title = \"Good\"\n{head}[[step]]\nsend = '1'\n");
        let bad = format!("titel = \"Bad\"\n{head}[[step]]\nsend = '1'\n");
        let sections = "[[section]]\nkey = \"answers\"\ntext = \"t\"\n[[section]]\nkey = \"rests\"\ntext = \"t\"\n";
        let files = [
            ("room/target.toml", TARGET),
            ("room/sections.toml", sections),
            ("room/cases/a.toml", &good),
            ("room/cases/b.toml", &bad),
        ];
        let errors = Suite::load(files).unwrap_err();
        let findings: String = errors.findings().iter().map(|finding| format!("{finding}\n")).collect();
        insta::assert_snapshot!(format!("{errors}\n{findings}"));
    }

    #[test]
    fn mistakes_of_a_target_are_told() {
        let target = "
            protocol = \"roon\"
            [[profile]]
            name = \"v1\"
            pth = \"/\"
            [[variable]]
            name = \"a b\"
            help = \"\"
            [[variable]]
            name = \"x\"
            [[hazard]]
            class = \"physicle\"
            pattern = \"(\"
            why = \"because\"";
        let sections = "[[section]]\nkey = \"a\"\ntext = \"t\"\n[[section]]\nkey = \"a\"\ntxt = \"t\"";
        let files = [("room/target.toml", target), ("room/sections.toml", sections), ("hall/cases/a.toml", "")];
        insta::assert_snapshot!(Suite::load(files).unwrap_err());
    }

    #[test]
    fn other_files_are_left_alone() {
        let suite = Suite::load([("README.md", "x"), ("room/messages/a.toml", "x")]).unwrap();
        assert!(suite.cases().is_empty());
    }
}
