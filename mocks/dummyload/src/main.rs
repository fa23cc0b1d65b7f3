//! `dummyload`: stand-ins for real services on the test bench, and the suite that judges them.

mod clock;
mod conformance;
mod exit;
mod lint;
mod mutants;
mod protocols;
mod replay;
mod serve;
mod settings;
mod tls;
mod world;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::io::{self, Write};
use std::process::ExitCode;

/// Mock servers for WebSocket APIs whose real ones act on people and hardware, and the conformance suite that judges them.
#[derive(Debug, Parser)]
#[command(name = "dummyload", version, propagate_version = true, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start mock servers and run until told to stop
    Serve(Box<serve::Args>),
    /// Print the world file a mock starts with, to copy and change
    World(world::Args),
    /// Say what in recorded messages is not as the documents show it
    Lint(lint::Args),
    /// Judge a server by the cases of the conformance suite
    Conformance(Box<conformance::Args>),
    /// Play recordings of a server against our mock, or against another server, and compare
    Replay(Box<replay::Args>),
    /// Print completions for a shell
    Completions(Completions),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  dummyload completions bash > ~/.local/share/bash-completion/completions/dummyload")]
struct Completions {
    /// The shell
    shell: Shell,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(*args).await,
        Command::World(args) => world::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Conformance(args) => conformance::run(*args).await,
        Command::Replay(args) => replay::run(*args).await,
        Command::Completions(Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "dummyload", &mut script);
            exit::after(io::stdout().write_all(&script))
        }
    }
}
