//! Conformance suite for WebSocket APIs: cases as data, verdicts graded by evidence, reports.
//!
//! The crate knows no protocol and shares no code with the servers and clients that it judges. It reads cases, and what
//! they need to know about a protocol, from TOML files, plays them against a server, and reports. `docs/conformance.md`
//! of the project describes the files, the verdicts and the reports.
//!
//! ```no_run
//! use dummyload_conformance::{Filter, Report, RunOptions, Suite, Target, TextOptions, run};
//!
//! # async fn judge(files: Vec<(String, String)>) -> Result<(), Box<dyn std::error::Error>> {
//! let suite = Suite::load(files)?; // paths below `fixtures/`, with their content
//! let protocol = suite.protocol("pishock").ok_or("no cases of this protocol")?;
//! let target = Target::new("ws://127.0.0.1:9000")?.variable("username", "me").variable("api_key", "...");
//! let options = RunOptions::default();
//! let cases = suite.select(&Filter::default());
//! let run = run(protocol, &cases, &target, &options, |_| {}).await?;
//! let report = Report::new(vec![run], options.bar);
//! report.write_text(&mut std::io::stdout(), &TextOptions::default())?;
//! std::process::exit(report.exit_code().into());
//! # }
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `load`, `case`, `template`, `text` | the files, read once and with all their mistakes at once |
//! | `suite`, `lint` | all cases, the choice among them, what is not right across files |
//! | `target`, `vars` | who is judged, what is known about it, what may be done to it |
//! | `run` | sockets, HTTP calls, waiting; one case after the other |
//! | `client` | the same for programs: a mock plays, a program is started, and what it sends is judged |
//! | `matcher`, `verdict` | differences, and how much they weigh |
//! | `export` | all cases in one JSON value, for runners in other languages |
//! | `known`, `diff` | what may fail, and what has changed |
//! | `report`, `transcript`, `redact` | what was found, without secrets |
//! | [`replay`] | recordings instead of cases: plays them again and compares |

mod case;
mod choice;
mod client;
mod diff;
mod export;
mod known;
mod lint;
mod load;
mod matcher;
mod redact;
pub mod replay;
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
pub use client::{ClientOptions, Program, Stage, Staging, run_clients};
pub use diff::{Change, Diff};
pub use known::Known;
pub use lint::Finding;
pub use load::{LoadError, LoadErrors};
pub use report::{Report, Run, TextOptions};
pub use run::{Progress, RunOptions, Stopper, Unreachable, run};
pub use suite::{Filter, Protocol, Suite, Variable, glob};
pub use target::{Target, hazards};
pub use verdict::{Bar, Evidence, Level, Verdict};
