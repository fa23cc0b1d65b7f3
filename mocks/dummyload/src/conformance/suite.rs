//! Where the cases come from, and which of them to take.

use super::Failure;
use crate::exit;
use crate::protocols;
use dummyload_conformance::{Filter, Level, Protocol, Suite};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files that the binary carries.
const CARRIED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/suite.rs"));

#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Read the cases from this folder, with PROTOCOL/target.toml, PROTOCOL/sections.toml and PROTOCOL/cases/ in it,
    /// instead of those that this program carries
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
}

type Texts = Vec<(Cow<'static, str>, Cow<'static, str>)>;

impl Files {
    pub(super) fn files(&self) -> Result<Texts, Failure> {
        match &self.cases {
            None => Ok(CARRIED.iter().map(|(path, text)| (Cow::from(*path), Cow::from(*text))).collect()),
            Some(folder) => {
                let mut files = Vec::new();
                read(folder, "", &mut files)
                    .map_err(|e| Failure(exit::USAGE, format!("--cases {}: {e}", folder.display())))?;
                Ok(files)
            }
        }
    }

    pub(super) fn load(&self) -> Result<Suite, Failure> {
        let suite = Suite::load(self.files()?).map_err(|errors| {
            let count = errors.list().len();
            let what = if count == 1 { "a mistake" } else { "mistakes" };
            Failure(exit::USAGE, format!("{count} {what} in the files of the cases\n{errors}").trim_end().to_owned())
        })?;
        if suite.cases().is_empty() {
            return Err(Failure(exit::USAGE, "there are no cases here; --cases DIR reads them from a folder".into()));
        }
        Ok(suite)
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
            files.push((name.into(), text.into()));
        }
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Choose {
    #[command(flatten)]
    pub(super) files: Files,
    /// The protocol; required with --server [default: all]
    #[arg(long, value_name = "NAME", help_heading = "Choice of cases")]
    protocol: Vec<String>,
    /// Cases by id: a case, all below a path, or a pattern with * and ?
    #[arg(long, value_name = "GLOB", help_heading = "Choice of cases")]
    filter: Vec<String>,
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

    pub(super) fn filter(&self) -> Filter {
        let mut filter = Filter::default();
        filter.protocols.clone_from(&self.protocol);
        filter.ids.clone_from(&self.filter);
        filter.tags.clone_from(&self.tag);
        filter.sections.clone_from(&self.section);
        filter.levels.clone_from(&self.level);
        filter
    }

    /// Whether our own mock of this protocol is to be judged.
    pub(super) fn takes(&self, protocol: &protocols::Protocol) -> bool {
        self.protocol.is_empty() || self.protocol.iter().any(|name| name == protocol.name)
    }

    /// # Errors
    /// When it is not exactly one.
    pub(super) fn only_protocol<'a>(&self, suite: &'a Suite) -> Result<&'a Protocol, Failure> {
        let named = if let [name] = self.protocol.as_slice() { suite.protocol(name) } else { None };
        named.ok_or_else(|| Failure(exit::USAGE, "--server needs exactly one --protocol: a server speaks one".into()))
    }

    /// The options that are needed to choose from the same cases again.
    pub(super) fn again(&self) -> Vec<String> {
        let folder = self.files.cases.iter().map(|folder| format!("--cases {}", folder.display()));
        folder.chain(self.protocol.iter().map(|name| format!("--protocol {name}"))).collect()
    }
}
