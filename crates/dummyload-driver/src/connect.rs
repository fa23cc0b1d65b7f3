//! Opening a WebSocket, and saying why it could not be opened without saying any secret.

use crate::{Limits, Trust};
use dummyload_session::{ConnectFailure, Endpoint};
use http::{HeaderName, HeaderValue};
use tokio::net::TcpStream;
#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error, UrlError};
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Bytes asked of the kernel at once: the library's default of 128 KiB is zeroed anew before each read.
const READ_BUFFER: usize = 8 * 1024;

/// The most of a refusal's body that is kept.
const MOST_OF_BODY: usize = 512;

pub(crate) async fn connect(endpoint: Endpoint, limits: Limits, trust: Trust) -> Result<Socket, ConnectFailure> {
    let mut request = endpoint.url.expose().as_str().into_client_request().map_err(failure)?;
    for (name, value) in &endpoint.headers {
        let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.expose())) else {
            return Err(ConnectFailure::Unreachable(format!("the header {name:?} cannot be sent")));
        };
        value.set_sensitive(true);
        request.headers_mut().append(name, value);
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(limits.max_message))
        .max_frame_size(Some(limits.max_message));
    match tokio::time::timeout(limits.connect_time, open(request, config, &trust)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(failure(error)),
        Err(_) => Err(ConnectFailure::TimedOut),
    }
}

#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
async fn open(request: Request, config: WebSocketConfig, trust: &Trust) -> Result<(Socket, Response), Error> {
    let connector = trust.config().map(Connector::Rustls);
    tokio_tungstenite::connect_async_tls_with_config(request, Some(config), true, connector).await
}

#[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
async fn open(request: Request, config: WebSocketConfig, _: &Trust) -> Result<(Socket, Response), Error> {
    tokio_tungstenite::connect_async_with_config(request, Some(config), true).await
}

/// Errors of the library can hold the whole address, credentials included, so only the harmless ones are passed on.
fn failure(error: Error) -> ConnectFailure {
    match error {
        Error::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body = String::from_utf8_lossy(&body[..body.len().min(MOST_OF_BODY)]).into_owned();
            ConnectFailure::Refused { status: response.status().as_u16(), body }
        }
        Error::Io(error) if is_tls(&error) => ConnectFailure::Tls(error.to_string()),
        Error::Io(error) => ConnectFailure::Unreachable(error.to_string()),
        Error::Tls(error) => ConnectFailure::Tls(error.to_string()),
        Error::Url(UrlError::TlsFeatureNotEnabled) => {
            ConnectFailure::Tls("a wss:// address needs one of the rustls features".to_owned())
        }
        Error::Url(UrlError::UnableToConnect(_)) => ConnectFailure::Unreachable("nobody answers there".to_owned()),
        Error::Url(_) | Error::HttpFormat(_) => {
            ConnectFailure::Unreachable("this is no address to connect to".to_owned())
        }
        Error::Protocol(error) => ConnectFailure::Unreachable(format!("the answer is no WebSocket handshake: {error}")),
        _ => ConnectFailure::Unreachable("the handshake failed".to_owned()),
    }
}

/// The library gives what goes wrong with a certificate the look of a broken connection.
#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}

#[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
fn is_tls(_: &std::io::Error) -> bool {
    false
}
