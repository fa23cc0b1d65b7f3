//! How the program ends: one set of exit codes for all subcommands.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

/// What the help of the whole program ends with.
pub(crate) const HELP: &str = "Examples:
  dummyload serve                    every mock, on its own port of this machine
  dummyload serve pishock --port 0   one mock on a free port; the first line of output says which
  dummyload conformance              judge our own mocks
  dummyload help serve               all about one command

Exit codes:
  0  all is well, or the mocks ended as they were told
  1  something was found: a deviation, a failing case
  2  the command line, a world file or a setting is wrong
  3  nothing could start or be reached: the port is in use, a file cannot be read
  4  no case was selected, or all that can fail were skipped
  5  the list of known failures has entries that are not so any more
  6  a case could not be judged: the fault is on the suite's side
  130  a run of the suite was interrupted";

/// Something was found.
pub(crate) const FOUND: u8 = 1;
/// The caller gave something wrong.
pub(crate) const USAGE: u8 = 2;
/// The machine does not let us.
pub(crate) const CANNOT: u8 = 3;
/// No case was chosen.
pub(crate) const NOTHING: u8 = 4;
/// The fault is on the suite's side.
pub(crate) const SUITE: u8 = 6;

/// Somebody has interrupted it.
pub(crate) const INTERRUPTED: u8 = 130;

/// An exit code, and what to say about it.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) u8, pub(crate) String);

/// Says what went wrong on standard error, in clap's manner.
pub(crate) fn with(code: u8, what: impl Display) -> ExitCode {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    // Nobody is left to be told when standard error is closed.
    let _ = io::Write::write_fmt(&mut anstream::stderr(), format_args!("{style}error:{style:#} {what}\n"));
    ExitCode::from(code)
}

/// Says on standard error what is no mistake.
pub(crate) fn note(what: impl Display) {
    let style = anstyle::Style::new().bold();
    // Nobody is left to be told when standard error is closed.
    let _ = io::Write::write_fmt(&mut anstream::stderr(), format_args!("{style}note:{style:#} {what}\n"));
}

/// The end after writing output. A reader that has seen enough and closed the pipe is no error.
pub(crate) fn after(written: io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => with(CANNOT, format_args!("the output cannot be written: {e}")),
    }
}
