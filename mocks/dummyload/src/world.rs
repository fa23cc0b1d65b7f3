//! `dummyload world`.

use crate::exit;
use crate::protocols::{self, Protocol};
use std::io::{self, Write};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dummyload world pishock > my-world.toml
  dummyload serve pishock --world my-world.toml
  dummyload world pishock --json | jq .user")]
pub(crate) struct Args {
    /// The protocol
    #[arg(value_parser = protocols::parser())]
    protocol: &'static Protocol,
    /// As JSON, with all defaults and without comments; it can be loaded as well
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(Args { protocol, json }: &Args) -> ExitCode {
    let text = if *json {
        match (protocol.read_world)(protocol.demo_world) {
            Ok(world) => format!("{world:#}\n"),
            Err(e) => return exit::with(exit::CANNOT, e),
        }
    } else {
        protocol.demo_world.to_owned()
    };
    exit::after(io::stdout().write_all(text.as_bytes()))
}
