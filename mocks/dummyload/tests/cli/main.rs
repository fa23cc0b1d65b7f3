//! The program as a shell or a test run in another language meets it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[cfg(unix)]
mod clients;
mod conformance;
mod devicehive;
mod documents;
mod help;
mod lint;
mod mutants;
mod replay;
mod serve;
mod tls;
mod world;

use std::process::{Command, Output, Stdio};

fn dummyload(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dummyload"));
    command.args(args).stdin(Stdio::null()).env_remove("DUMMYLOAD_ADMIN_TOKEN").env_remove("DUMMYLOAD_JWT_SECRET");
    // What a process leaves there that is killed at the end of a test is nobody else's rubbish.
    command.env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs it to its end.
fn output(args: &[&str]) -> Output {
    dummyload(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The exit code and standard error of a run that must say nothing on standard output.
fn complaint(args: &[&str]) -> (i32, String) {
    let output = output(args);
    assert_eq!(text(&output.stdout), "");
    (output.status.code().unwrap(), text(&output.stderr).to_owned())
}
