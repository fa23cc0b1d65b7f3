//! Conformance suite for WebSocket APIs: cases as data, verdicts graded by evidence, reports.
//!
//! The crate knows no protocol. It reads cases and what they need to know about a protocol from TOML files, plays them
//! against a server, and reports. The format is described in `docs/conformance.md` of the project.

mod case;
mod choice;
mod lint;
mod load;
mod matcher;
mod redact;
mod report;
mod run;
mod suite;
mod target;
mod template;
mod text;
mod transcript;
mod vars;
mod verdict;

pub use case::{Case, Hazard};
pub use lint::Finding;
pub use load::{LoadError, LoadErrors};
pub use report::{Report, Run, TextOptions};
pub use run::{Progress, RunOptions, Unreachable, run};
pub use suite::{Filter, Protocol, Suite, Variable};
pub use target::{Target, hazards};
pub use verdict::{Evidence, Level, Verdict};
