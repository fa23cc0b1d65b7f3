//! Shelly, as the subcommands need it.

use super::{Finding, Side, Start, Started, io, shown};
use serde_json::Value;
use shelly_mock::{ShellyMock, WorldFile};
use shelly_proto::{lint_client, lint_server};

pub(super) fn read_world(text: &str) -> Result<Value, String> {
    shown(WorldFile::parse(text))
}

pub(super) async fn start(start: Start) -> io::Result<Started> {
    let mut builder = ShellyMock::builder().host(start.host()).world(start.world()?);
    if let Some(tls) = &start.tls {
        // Programs put the port of the socket behind the host in their token, so that must have none.
        let server = tls.names.iter().find(|name| !name.starts_with("*."));
        builder = server.into_iter().fold(builder, |builder, name| builder.server(format!("https://{name}")));
    }
    let mock = builder.start().await?;
    Ok(Started { ws: mock.url(), demo: mock.demo(), mock: mock.into() })
}

pub(super) fn lint(_: &str, from: Side, message: &str) -> Vec<Finding> {
    let deviations = match from {
        Side::Client => lint_client(message),
        Side::Server => lint_server(message),
    };
    deviations.into_iter().map(Finding::from).collect()
}
