//! Short names for the workspace's chores. Nothing that a user needs is done here, and nothing is depended on, so that
//! it builds at once.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

/// A chore: its name, what it does, and the command of cargo or the script that it stands for.
struct Chore {
    name: &'static str,
    help: &'static str,
    command: &'static [&'static str],
}

const CARGO: &str = "cargo";
/// Runs what is no command of cargo, in the root of the workspace.
const BASH: &str = "bash";

const CHORES: &[Chore] = &[
    Chore {
        name: "conformance",
        help: "run the conformance suite; takes what `dummyload conformance` takes",
        command: &[CARGO, "run", "-p", "dummyload", "--", "conformance"],
    },
    Chore {
        name: "replay",
        help: "play recordings of a server; takes what `dummyload replay` takes",
        command: &[CARGO, "run", "-p", "dummyload", "--", "replay"],
    },
    Chore {
        name: "serve",
        help: "start the mocks; takes what `dummyload serve` takes",
        command: &[CARGO, "run", "-p", "dummyload", "--", "serve"],
    },
    Chore { name: "ci", help: "do all that continuous integration does", command: &[".ci/run"] },
    Chore {
        name: "samples",
        help: "run the samples in Python and JavaScript; takes the names of some of them",
        command: &["samples/run"],
    },
    Chore {
        name: "house",
        help: "check the dependency arrows, the crates' metadata and the licences",
        command: &[CARGO, "test", "-p", "xtask"],
    },
];

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let name = args.next().unwrap_or_default();
    match CHORES.iter().find(|chore| name == chore.name) {
        Some(chore) => run(chore, args),
        None => help(&name),
    }
}

fn run(chore: &Chore, args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut command = match chore.command {
        // The cargo that runs this program, which may not be the first one on the path.
        [CARGO, rest @ ..] => {
            let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| CARGO.into()));
            command.args(rest);
            command
        }
        script => {
            let mut command = Command::new(BASH);
            command.args(script).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
            command
        }
    };
    // What cargo has set for this program would make it build ring, and all that stands on it, anew.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let status = command.args(args).status();
    match status {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(e) => {
            say(&format!("{} cannot be started: {e}", command.get_program().display()));
            ExitCode::FAILURE
        }
    }
}

fn help(name: &OsString) -> ExitCode {
    let asked = name == "help" || name == "--help" || name == "-h";
    let mut text = String::from("Usage: cargo xtask CHORE [ARGS]..\n\nChores:\n");
    for Chore { name, help, .. } in CHORES {
        text += &format!("  {name:<12}  {help}\n");
    }
    if !asked && !name.is_empty() {
        text = format!("error: there is no chore {name:?}\n\n{text}");
    }
    say(text.trim_end());
    if asked { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

fn say(text: &str) {
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}
