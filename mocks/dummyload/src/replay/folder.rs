//! The recordings, and what lies beside them.

use crate::exit::{self, Failure};
use crate::protocols::Protocol;
use dummyload_conformance::replay::{Before, Rules, Scenario};
use std::fs;
use std::path::{Path, PathBuf};

/// The rules that this program carries, by protocol.
const CARRIED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/replay.rs"));

pub(super) struct Folder {
    path: PathBuf,
    /// Those that were chosen, by name.
    pub(super) scenarios: Vec<Scenario>,
    /// The names of all.
    pub(super) names: Vec<String>,
}

impl Folder {
    /// # Errors
    /// A folder that cannot be read, every mistake in the recordings, or nothing to play.
    pub(super) fn read(path: &Path, filters: &[String]) -> Result<Self, Failure> {
        let cannot = |what: &Path, e: std::io::Error| Failure(exit::CANNOT, format!("{}: {e}", what.display()));
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| cannot(path, e))? {
            let file = entry.map_err(|e| cannot(path, e))?.path();
            if file.extension().is_some_and(|ending| ending == "jsonl") {
                files.push(file);
            }
        }
        files.sort();
        if files.is_empty() {
            let text = format!("{}: there is no .jsonl file in it, so there is nothing to play", path.display());
            return Err(Failure(exit::USAGE, text));
        }
        let (mut scenarios, mut names, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            names.push(name.clone());
            if !filters.is_empty() && !filters.iter().any(|filter| Scenario::is_meant(&name, filter)) {
                continue;
            }
            let text = fs::read_to_string(&file).map_err(|e| cannot(&file, e))?;
            match Scenario::parse(&name, &text) {
                Ok(scenario) => scenarios.push(scenario),
                Err(e) => mistakes.push(e.to_string()),
            }
        }
        if !mistakes.is_empty() {
            return Err(Failure(exit::USAGE, format!("recordings cannot be read\n{}", mistakes.join("\n"))));
        }
        if scenarios.is_empty() {
            return Err(Failure(
                exit::NOTHING,
                format!("no scenario is meant by --filter {}", filters.join(" --filter ")),
            ));
        }
        Ok(Self { path: path.to_owned(), scenarios, names })
    }

    /// What the folder is called.
    pub(super) fn name(&self) -> String {
        let whole = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A file that was named, or else one of this name in the folder or above it.
    pub(super) fn beside(&self, name: &str, named: Option<&Path>) -> Option<PathBuf> {
        if let Some(file) = named {
            return Some(file.to_owned());
        }
        [self.path.join(name), self.path.join("..").join(name)].into_iter().find(|file| file.is_file())
    }

    /// Puts in front of the scenarios what had been done before.
    ///
    /// # Errors
    /// A file that cannot be read, has mistakes, or speaks of a scenario that is not there.
    pub(super) fn begin(&mut self, named: Option<&Path>) -> Result<(), Failure> {
        let Some(file) = self.beside("before.toml", named) else { return Ok(()) };
        let wrong = |what: String| Failure(exit::USAGE, format!("{}: {what}", file.display()));
        let before = Before::parse(&read(&file)?).map_err(wrong)?.for_folder(&self.name());
        if let Some(name) = before.scenarios().find(|name| !self.names.iter().any(|other| other == name)) {
            return Err(wrong(format!("there is no scenario {name}")));
        }
        self.scenarios =
            std::mem::take(&mut self.scenarios).into_iter().map(|scenario| scenario.after(&before)).collect();
        Ok(())
    }

    /// # Errors
    /// No rules, or wrong ones.
    pub(super) fn rules(&self, named: Option<&Path>, protocol: Option<&Protocol>) -> Result<Rules, Failure> {
        let carried = |name| CARRIED.iter().find(|(protocol, _)| *protocol == name).map(|(_, text)| (*text).to_owned());
        let (place, text) = match (self.beside("replay.toml", named), protocol) {
            (Some(file), _) => (file.display().to_string(), read(&file)?),
            (None, Some(protocol)) => match carried(protocol.name) {
                Some(text) => (format!("the rules for {protocol:?}"), text),
                None => {
                    return Err(Failure(
                        exit::USAGE,
                        format!("there are no rules for {protocol:?}; give --rules FILE"),
                    ));
                }
            },
            (None, None) => {
                let text = "whose recordings are these? Give --protocol, or rules of your own with --rules FILE";
                return Err(Failure(exit::USAGE, text.into()));
            }
        };
        let rules = Rules::parse(&text).map_err(|e| Failure(exit::USAGE, format!("{place}: {e}")))?;
        Ok(rules.for_folder(&self.name()))
    }
}

pub(super) fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", file.display())))
}
