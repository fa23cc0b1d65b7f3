//! Every case of the conformance suite as a test of its own, played against our mocks: `cargo test -p dummyload --test cases`,
//! with the filters and flags of any other test.
#![allow(clippy::unwrap_used, clippy::panic)]

use dummyload_conformance::{Bar, Report, RunOptions, Suite, Target, TextOptions, run};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

/// A `dummyload serve` that ends with this process, and the mocks in it by protocol.
struct Mocks {
    child: Child,
    targets: BTreeMap<String, Target>,
}

impl Mocks {
    fn start(suite: &Suite) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dummyload"));
        command.args(["serve", "--port", "0", "--clock", "virtual", "--exit-with-parent"]);
        command.env_remove("DUMMYLOAD_ADMIN_TOKEN").env_remove("DUMMYLOAD_JWT_SECRET");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("the first line is {line:?}: {e}"));
        let target = |mock: &Value| {
            let protocol = suite.protocol(mock["protocol"].as_str()?)?;
            let url = |name: &str| mock[name].as_str().unwrap();
            let target = Target::mock(protocol, url("http"), url("admin"), None, &mock["demo"]).unwrap();
            Some((protocol.name().to_owned(), target))
        };
        let targets = ready["mocks"].as_array().unwrap().iter().filter_map(target).collect();
        Self { child, targets }
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Mocks that nobody plays with at the moment. A case is played with mocks of its own, since it begins with a reset.
#[derive(Default)]
struct Pool(Mutex<Vec<Mocks>>);

impl Pool {
    fn with<T>(&self, suite: &Suite, play: impl FnOnce(&Mocks) -> T) -> T {
        let free = self.0.lock().unwrap().pop();
        let mocks = free.unwrap_or_else(|| Mocks::start(suite));
        let done = play(&mocks);
        self.0.lock().unwrap().push(mocks);
        done
    }
}

fn judge(suite: &Suite, id: &str, target: &Target) -> Result<(), Failed> {
    let case = suite.case(id).unwrap();
    let protocol = suite.protocol(case.protocol()).unwrap();
    let mut options = RunOptions::default();
    options.bar = Bar::Skip;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = runtime.block_on(run(protocol, &[case], target, &options, |_| {}))?;
    let report = Report::new(vec![run], Bar::Skip).again("dummyload conformance");
    if report.exit_code() == 0 {
        return Ok(());
    }
    let mut told = Vec::new();
    let mut shown = TextOptions::default();
    (shown.verbosity, shown.again) = (2, "dummyload conformance".into());
    report.write_text(&mut anstream::StripStream::new(&mut told), &shown)?;
    Err(String::from_utf8_lossy(&told).into_owned().into())
}

fn read(folder: &Path, below: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), format!("{below}{}", entry.file_name().to_str().unwrap()));
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else if name.ends_with(".toml") {
            files.push((name, fs::read_to_string(path).unwrap()));
        }
    }
}

fn main() {
    let mut arguments = Arguments::from_args();
    // Most of a case is waiting for the mock, so there may be more of them than there are cores.
    let cores = thread::available_parallelism().map_or(2, usize::from);
    arguments.test_threads.get_or_insert(2 * cores);
    let mut files = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), "", &mut files);
    let suite = Arc::new(Suite::load(files).unwrap_or_else(|errors| panic!("\n{errors}")));
    let pool = Arc::new(Pool::default());
    let trial = |id: &str, protocol: &str| {
        let (suite, pool) = (Arc::clone(&suite), Arc::clone(&pool));
        let (id, protocol) = (id.to_owned(), protocol.to_owned());
        let test = {
            let id = id.clone();
            move || pool.with(&suite, |mocks| judge(&suite, &id, &mocks.targets[&protocol]))
        };
        Trial::test(id, test)
    };
    let trials = suite.cases().iter().map(|case| trial(case.id(), case.protocol())).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The mocks end with it, and before this process.
    pool.0.lock().unwrap().clear();
    conclusion.exit();
}
