//! Requests in flight, and how answers find them.

use crate::{CommandResponse, DeviceId, RpcResponse, Trid};
use alloc::string::String;
use dummyload_session::{RequestTable, RequestToken};

/// One request.
#[derive(Debug)]
pub(super) enum InFlight {
    /// A message to a device.
    Message {
        trid: Trid,
        device: DeviceId,
        text: String,
        /// Whether it has gone out; only the stops of covers wait for a connection.
        sent: bool,
    },
    /// Somebody waits for the list of devices to be whole.
    Devices,
}

impl InFlight {
    /// Whether it has gone out.
    pub(super) fn is_sent(&self) -> bool {
        matches!(self, Self::Message { sent: true, .. })
    }
}

/// Whether a number is in use.
pub(super) fn uses(table: &RequestTable<InFlight>, wanted: &Trid) -> bool {
    table.iter().any(|(_, request)| matches!(&request.data, InFlight::Message { trid, .. } if trid == wanted))
}

/// What an answer is matched by.
pub(super) trait Answer {
    fn trid(&self) -> Option<&Trid>;
    fn device(&self) -> Option<&DeviceId>;
}

impl Answer for CommandResponse<'_> {
    fn trid(&self) -> Option<&Trid> {
        self.trid.as_ref()
    }
    fn device(&self) -> Option<&DeviceId> {
        self.device_id.as_ref()
    }
}

impl Answer for RpcResponse<'_> {
    fn trid(&self) -> Option<&Trid> {
        self.trid.as_ref()
    }
    fn device(&self) -> Option<&DeviceId> {
        self.device_id.as_ref()
    }
}

/// The request that an answer is for: by number and device, not by the name of the event, since there is one count for all
/// kinds (dossier 10). An answer that names no device is taken for the one that was asked.
pub(super) fn of_answer(table: &RequestTable<InFlight>, answer: &impl Answer) -> Option<RequestToken> {
    let wanted = answer.trid()?;
    let fits = |request: &InFlight| match request {
        InFlight::Message { trid, device, sent: true, .. } => {
            trid == wanted && answer.device().is_none_or(|answered| answered == device)
        }
        _ => false,
    };
    table.iter().find(|(_, request)| fits(&request.data)).map(|(token, _)| token)
}
