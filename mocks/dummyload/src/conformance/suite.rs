//! Where the cases come from, and which of them to take.

use super::Failure;
use super::target::option;
use crate::exit;
use dummyload_conformance::{Case, Filter, Finding, Level, LoadErrors, Protocol, Suite};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files that the binary carries.
pub(crate) const CARRIED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/suite.rs"));

#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Read the cases from this folder, with PROTOCOL/target.toml, PROTOCOL/sections.toml, PROTOCOL/cases/ and
    /// PROTOCOL/clients/ in it, instead of those that this program carries
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// Read this folder besides, for one more PROTOCOL/cases/CASE.toml or many; a file that is there already is replaced
    #[arg(long, value_name = "DIR")]
    more: Vec<PathBuf>,
}

/// Whom cases judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Role {
    Server,
    Client,
}

/// Content by path.
type Texts = BTreeMap<Cow<'static, str>, Cow<'static, str>>;

impl Files {
    pub(super) fn files(&self) -> Result<Texts, Failure> {
        let mut files = match &self.cases {
            None => CARRIED.iter().map(|(path, text)| (Cow::from(*path), Cow::from(*text))).collect(),
            Some(folder) => read_all("--cases", folder)?,
        };
        for folder in &self.more {
            files.extend(read_all("--more", folder)?);
        }
        Ok(files)
    }

    pub(super) fn load(&self) -> Result<Suite, Failure> {
        self.load_or(|errors| wrong(errors, &[]))
    }

    /// The same, with what the lint finds beside the mistakes.
    pub(super) fn load_to_lint(&self) -> Result<Suite, Failure> {
        self.load_or(|errors| wrong(errors, errors.findings()))
    }

    fn load_or(&self, wrong: impl FnOnce(&LoadErrors) -> Failure) -> Result<Suite, Failure> {
        let suite = Suite::load(self.files()?).map_err(|errors| wrong(&errors))?;
        if suite.cases().is_empty() && suite.clients().is_empty() {
            return Err(Failure(exit::USAGE, "there are no cases here; --cases DIR reads them from a folder".into()));
        }
        Ok(suite)
    }
}

/// What is wrong with the files, and what is not right besides.
fn wrong(errors: &LoadErrors, findings: &[Finding]) -> Failure {
    let count = errors.list().len();
    let what = if count == 1 { "mistake" } else { "mistakes" };
    let mut text = format!("{count} {what} in the files of the cases\n{errors}");
    if !findings.is_empty() {
        text += "and besides\n";
        text.extend(findings.iter().map(|finding| format!("{finding}\n")));
    }
    Failure(exit::USAGE, text.trim_end().to_owned())
}

fn read_all(option: &str, folder: &Path) -> Result<Texts, Failure> {
    let mut files = Texts::new();
    read(folder, "", &mut files).map_err(|e| Failure(exit::CANNOT, format!("{option} {}: {e}", folder.display())))?;
    match files.is_empty() {
        false => Ok(files),
        true => Err(Failure(exit::USAGE, format!("{option} {}: there is no .toml file in it", folder.display()))),
    }
}

fn read(folder: &Path, below: &str, files: &mut Texts) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), format!("{below}{}", entry.file_name().to_string_lossy()));
        if path.is_dir() {
            read(&path, &format!("{name}/"), files)?;
        } else if name.ends_with(".toml") {
            let text = fs::read_to_string(&path).map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))?;
            files.insert(name.into(), text.into());
        }
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Choose {
    #[command(flatten)]
    pub(super) files: Files,
    /// The protocol; required with --server, --client and --adapter [default: all]
    #[arg(long, value_name = "NAME", help_heading = "Choice of cases")]
    protocol: Vec<String>,
    /// Cases by id: a case, all below a path, or a pattern with * and ?
    #[arg(long, value_name = "GLOB", help_heading = "Choice of cases")]
    filter: Vec<String>,
    /// All but these, by id as for --filter
    #[arg(long, value_name = "GLOB", help_heading = "Choice of cases")]
    without: Vec<String>,
    /// Cases that have one of these tags
    #[arg(long, help_heading = "Choice of cases")]
    tag: Vec<String>,
    /// Cases that cover one of these sections, with * and ? as above
    #[arg(long, value_name = "KEY", help_heading = "Choice of cases")]
    section: Vec<String>,
    /// Cases of these levels: must, should, may, info
    #[arg(long, value_delimiter = ',', help_heading = "Choice of cases")]
    level: Vec<Level>,
}

impl Choose {
    /// # Errors
    /// When the cases cannot be read, or a protocol is named that has none.
    pub(super) fn load(&self) -> Result<Suite, Failure> {
        let suite = self.files.load()?;
        match self.protocol.iter().find(|name| suite.protocol(name).is_none()) {
            None => Ok(suite),
            Some(name) => {
                let names: Vec<&str> = suite.protocols().map(Protocol::name).collect();
                Err(Failure(exit::USAGE, format!("--protocol {name}: there are cases for {}", names.join(", "))))
            }
        }
    }

    fn filter(&self) -> Filter {
        let mut filter = Filter::default();
        filter.protocols.clone_from(&self.protocol);
        filter.ids.clone_from(&self.filter);
        filter.but.clone_from(&self.without);
        filter.tags.clone_from(&self.tag);
        filter.sections.clone_from(&self.section);
        filter.levels.clone_from(&self.level);
        filter
    }

    /// # Errors
    /// When no case is chosen, with what has left none.
    pub(super) fn select<'a>(&self, suite: &'a Suite, role: Role) -> Result<Vec<&'a Case>, Failure> {
        let cases = match role {
            Role::Server => suite.select(&self.filter()),
            Role::Client => suite.select_clients(&self.filter()),
        };
        if !cases.is_empty() {
            return Ok(cases);
        }
        let of = |name: &str, values: &[String]| values.iter().map(|value| format!("--{name} {value}")).collect();
        let levels: Vec<String> = self.level.iter().map(ToString::to_string).collect();
        let options: [Vec<String>; 6] = [
            of("protocol", &self.protocol),
            of("filter", &self.filter),
            of("without", &self.without),
            of("tag", &self.tag),
            of("section", &self.section),
            of("level", &levels),
        ];
        let what = format!("no case fits {}; `dummyload conformance list` tells all", options.concat().join(" "));
        Err(Failure(exit::NOTHING, what))
    }

    /// # Errors
    /// When it is not exactly one.
    pub(super) fn only_protocol<'a>(&self, suite: &'a Suite) -> Result<&'a Protocol, Failure> {
        let named = if let [name] = self.protocol.as_slice() { suite.protocol(name) } else { None };
        let what = "whoever is judged speaks one protocol: give exactly one --protocol";
        named.ok_or_else(|| Failure(exit::USAGE, what.into()))
    }

    /// The options to choose from the same cases again, ready for a shell.
    pub(super) fn again(&self) -> Vec<String> {
        let cases = self.files.cases.iter().map(|folder| option("--cases", &folder.to_string_lossy()));
        let more = self.files.more.iter().map(|folder| option("--more", &folder.to_string_lossy()));
        let protocols = self.protocol.iter().map(|name| option("--protocol", name));
        cases.chain(more).chain(protocols).collect()
    }
}
