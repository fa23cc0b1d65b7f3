//! multistreamer, as the subcommands need it.

use super::{Finding, Side, Start, Started, io, shown};
use multistreamer_mock::{MultistreamerMock, WorldFile};
use multistreamer_proto::{lint_client, lint_server};
use serde_json::Value;

pub(super) fn read_world(text: &str) -> Result<Value, String> {
    shown(WorldFile::parse(text))
}

pub(super) async fn start(start: Start) -> io::Result<Started> {
    let mock = MultistreamerMock::builder().host(start.host()).world(start.world()?).start().await?;
    Ok(Started { ws: mock.url(), demo: mock.demo(), mock: mock.into() })
}

pub(super) fn lint(_: &str, from: Side, message: &str) -> Vec<Finding> {
    let deviations = match from {
        Side::Client => lint_client(message),
        Side::Server => lint_server(message),
    };
    deviations.into_iter().map(Finding::from).collect()
}
