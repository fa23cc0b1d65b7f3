//! PiShock, as the subcommands need it.

use super::{Finding, Side, Start, Started, io, shown};
use pishock_mock::{PishockMock, WorldFile};
use pishock_proto::{Dialect, lint_client, lint_server};
use serde_json::Value;

pub(super) fn read_world(text: &str) -> Result<Value, String> {
    shown(WorldFile::parse(text))
}

pub(super) async fn start(start: Start) -> io::Result<Started> {
    let mock = PishockMock::builder().host(start.host()).world(start.world()?).start().await?;
    Ok(Started { ws: mock.url(), demo: mock.demo(), mock: mock.into() })
}

pub(super) fn lint(dialect: &str, from: Side, message: &str) -> Vec<Finding> {
    let dialect = if dialect == "v1" { Dialect::V1 } else { Dialect::V2 };
    let deviations = match from {
        Side::Client => lint_client(dialect, message),
        Side::Server => lint_server(dialect, message),
    };
    deviations.into_iter().map(Finding::from).collect()
}
