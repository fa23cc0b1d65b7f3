//! Judging a client: whom, as the command line says it, and with which mocks.

use super::target::{self, option};
use super::tell::Tell;
use super::{Failure, RunArgs, start_own};
use crate::{exit, protocols};
use dummyload_conformance::{Case, ClientOptions, Known, Program, Protocol, Run, Stage, Staging, Stopper, run_clients};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Client")]
pub(super) struct ClientArgs {
    /// The client to judge: a program that connects by itself, with its arguments. {url}, {http} and {NAME}, for what the
    /// ready line's `demo` tells, stand for where the mock is and who to be; the same is in the environment, as DUMMYLOAD_URL
    /// and so on. It runs until SIGTERM, or ends with 127 if it cannot be put through a case
    #[arg(long, value_name = "CMD", value_parser = words, conflicts_with_all = ["judged", "adapter"])]
    client: Option<Words>,
    /// The client to judge, by a program that does with it what it is told in JSON lines, as docs/conformance/clients.md says
    #[arg(long, value_name = "CMD", value_parser = words, conflicts_with = "judged")]
    adapter: Option<Words>,
    /// How many cases are played at once, each with a mock of its own
    #[arg(long, short, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
}

/// A command as it was given, and its words.
#[derive(Clone, Debug)]
struct Words {
    given: String,
    words: Vec<String>,
}

/// As a shell would split it; nothing else that shells do is done.
fn words(text: &str) -> Result<Words, String> {
    let words = shlex::split(text).filter(|words| !words.is_empty());
    let words = words.ok_or("this is no command: a quote is not closed, or there is nothing in it")?;
    Ok(Words { given: text.to_owned(), words })
}

impl ClientArgs {
    /// The program that is to be judged, if one is.
    pub(super) fn program(&self) -> Option<Program> {
        let client = self.client.iter().map(|client| Program::client(client.words.clone()));
        client.chain(self.adapter.iter().map(|adapter| Program::adapter(adapter.words.clone()))).next()
    }

    /// The options to judge the same again, ready for a shell.
    pub(super) fn again(&self) -> Vec<String> {
        let client = self.client.iter().map(|client| option("--client", &client.given));
        client.chain(self.adapter.iter().map(|adapter| option("--adapter", &adapter.given))).collect()
    }
}

/// Plays the cases for clients.
pub(super) async fn judge(
    args: &RunArgs,
    program: &Program,
    protocol: &Protocol,
    cases: &[&Case],
    known: &Known,
    stop: &Stopper,
    tell: &mut Tell,
) -> Result<Run, Failure> {
    let mocked = protocols::find(protocol.name());
    let mocked = mocked.ok_or_else(|| Failure(exit::USAGE, format!("there is no mock of {}", protocol.name())))?;
    let mut options = ClientOptions::default();
    (options.slow, options.fail_fast, options.bar) = (args.slow, args.fail_fast, args.bar());
    options.jobs = usize::from(args.client.jobs);
    options.known = known.clone();
    let described = protocol.clone();
    let stage = move || stage(described.clone(), mocked);
    // When it is stopped, what runs is dropped, and the programs end with it.
    options.stop = stop.clone();
    let run = run_clients(protocol, cases, program, &stage, &options, |progress| tell.progress(progress)).await;
    tell.clear();
    let run = run.map_err(|e| Failure(exit::CANNOT, format!("{e}; nothing was judged")))?;
    tell.tail(&run);
    Ok(run)
}

/// A mock on a free port, by the machine's clock: the client has no other.
fn stage(protocol: Protocol, mocked: &'static protocols::Protocol) -> Staging {
    Box::pin(async move {
        let started = start_own(mocked, false).await?;
        let target = target::own(&protocol, &started)?;
        let (url, http, demo) = (started.ws.clone(), started.mock.http_url(), started.demo.clone());
        Ok(Stage::new(target, &url, &http, &demo, started.mock))
    })
}
