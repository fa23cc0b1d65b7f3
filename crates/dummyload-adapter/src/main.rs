//! The adapters of the four clients: `dummyload-adapter PROTOCOL` does with the client of this protocol what it is told in
//! JSON lines. `docs/conformance/clients.md` of the project describes the lines.

mod devicehive;
mod lines;
mod multistreamer;
mod pishock;
mod shelly;

use lines::serve;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let protocol = std::env::args().nth(1).or_else(|| std::env::var("DUMMYLOAD_PROTOCOL").ok());
    match protocol.as_deref() {
        Some("pishock") => serve::<pishock::Adapter>().await,
        Some("shelly") => serve::<shelly::Adapter>().await,
        Some("devicehive") => serve::<devicehive::Adapter>().await,
        Some("multistreamer") => serve::<multistreamer::Adapter>().await,
        _ => {
            let usage = "usage: dummyload-adapter pishock|shelly|devicehive|multistreamer\n";
            // Nobody is left to be told when standard error is closed.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), usage.as_bytes());
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
