//! `dummyload conformance`.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(Args {}: Args) -> ExitCode {
    crate::exit::with(crate::exit::CANNOT, "this build has no conformance suite")
}
