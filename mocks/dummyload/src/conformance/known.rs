//! The list of known failures, as files.

use super::Failure;
use crate::exit;
use dummyload_conformance::{Known, Report};
use std::fs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Judging")]
pub(super) struct KnownArgs {
    /// A list of cases that are known to fail, or to be flaky: they are good enough, and entries that are not so any more are told
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Write such a list: what --known has and still holds, and what is not good enough now
    #[arg(long, value_name = "FILE")]
    write_known: Option<PathBuf>,
}

impl KnownArgs {
    /// # Errors
    /// When the list cannot be read, or has mistakes.
    pub(super) fn read(&self) -> Result<Known, Failure> {
        let Some(file) = &self.known else { return Ok(Known::default()) };
        let path = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|e| Failure(exit::CANNOT, format!("--known {path}: {e}")))?;
        Known::parse(&path, &text).map_err(|errors| {
            Failure(exit::USAGE, format!("mistakes in the list of known failures\n{errors}").trim_end().into())
        })
    }

    /// The file that it goes to at the end.
    pub(super) fn written(&self) -> Option<&PathBuf> {
        self.write_known.as_ref()
    }

    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, known: &Known, report: &Report) -> Result<(), Failure> {
        let Some(file) = &self.write_known else { return Ok(()) };
        fs::write(file, known.rewritten(report))
            .map_err(|e| Failure(exit::CANNOT, format!("--write-known {}: {e}", file.display())))
    }

    /// The options to judge by the same list again, ready for a shell.
    pub(super) fn again(&self) -> Option<String> {
        self.known.as_ref().map(|file| super::target::option("--known", &file.to_string_lossy()))
    }
}
