//! Runs any sans-IO [`Session`](dummyload_session::Session) on tokio: sockets, TLS, deadlines, commands and events.
//!
//! [`spawn`] starts one task that owns the session and its socket. The task knows no protocol: it does what the session
//! asks for and tells it what happened. [`Handle`] asks the session for things and gives their outcomes back,
//! [`Events`] is the stream of what happens without being asked for.
//!
//! [`Http`] executes the HTTP calls that clients make beside the socket.
//!
//! TLS is a feature: `rustls-native-roots` or `rustls-webpki-roots`. Without one of them `wss://` and `https://`
//! addresses are refused. [`Trust`] names other certificate authorities than the feature brings.
//!
//! Wire text is traced under the target `dummyload::wire` at level TRACE, as [`Session::shown`] shows it.
//!
//! [`Session::shown`]: dummyload_session::Session::shown

mod connect;
mod error;
mod events;
mod handle;
mod http;
mod task;
mod trust;

pub use error::CallError;
pub use events::{EventSink, Events, Missed, events};
pub use handle::{Closed, Handle, Pending, Reserved, WeakHandle};
pub use http::{Http, HttpAnswer, HttpFailure};
pub use task::{Limits, spawn};
pub use trust::{Trust, TrustError};
