//! DeviceHive, as the subcommands need it.

use super::{Finding, Side, Start, Started, io};
use devicehive_mock::{DeviceHiveMock, DeviceHiveMockBuilder, WorldFile};
use devicehive_proto::{lint_client, lint_server};
use serde::Deserialize;
use serde_json::Value;

pub(super) fn read_world(text: &str) -> Result<Value, String> {
    let world = WorldFile::parse(text).map_err(|e| e.to_string())?;
    serde_json::to_value(world).map_err(|e| e.to_string())
}

pub(super) async fn start(start: Start) -> io::Result<Started> {
    let world = WorldFile::deserialize(start.world).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
    let mut builder = DeviceHiveMock::builder().address(start.address).seed(start.seed).world(world);
    if start.clock.is_virtual {
        builder = builder.virtual_clock();
    }
    if let Some(now) = start.clock.start {
        builder = builder.now(now);
    }
    if let Some(token) = start.admin_token {
        builder = builder.admin_token(token);
    }
    if let Some(file) = start.data {
        builder = builder.data(file);
    }
    if let Some(tls) = start.tls {
        builder = builder.tls(tls.certificate());
        builder = tls.also.into_iter().fold(builder, DeviceHiveMockBuilder::also);
    }
    let mock = builder.start().await?;
    Ok(Started { ws: mock.url(), demo: mock.demo(), mock: mock.into() })
}

pub(super) fn lint(_: &str, from: Side, message: &str) -> Vec<Finding> {
    let deviations = match from {
        Side::Client => lint_client(message),
        Side::Server => lint_server(message),
    };
    let finding = |deviation: devicehive_proto::Deviation| Finding {
        pointer: deviation.pointer,
        level: deviation.level.name(),
        kind: deviation.kind.name(),
        text: format!("{} ({})", deviation.text, deviation.section),
    };
    deviations.into_iter().map(finding).collect()
}
