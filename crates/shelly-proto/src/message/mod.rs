//! The messages of the socket, in both directions.

mod client;
mod device;
mod integrator;
mod params;
mod response;
mod rpc;
mod server;
mod shared;

pub use client::{ClientMessage, CommandData, CommandRequest, decode_client};
pub use device::DeviceRef;
pub(crate) use device::frame_id;
pub use dummyload_codec::members::Object as Members;
pub use dummyload_codec::{Extra, Raw};
pub use integrator::{ActionData, ActionRequest, ActionResponse};
pub use params::{CommandBody, IrEmitParams, LightParams, RelayParams, RollerParams, RollerToPosParams};
pub use response::{CommandOutcome, CommandResponse};
pub use rpc::{RpcError, RpcFamily, RpcOutcome, RpcRequest, RpcResponse};
pub use server::{ErrorEvent, Online, ServerMessage, Settings, StatusOnChange, decode_server};
pub use shared::{Other, Unrecognised};
