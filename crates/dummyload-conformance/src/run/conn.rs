//! One WebSocket connection: sends what a case says, also what no client would send, and reports all that arrives.

use super::tls::{self, BoxedIo};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};

/// The largest message that is taken in.
const MAX_MESSAGE: usize = 64 << 20;

/// What can happen to a connection from outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The connection ended without a close frame.
    Cut(String),
    /// Something that is no WebSocket traffic.
    Garbage(String),
    /// More than the suite takes in.
    TooMuch(String),
    /// The handshake was answered with an ordinary HTTP response.
    Refused(u16, String),
}

impl Event {
    /// Nothing can come after it.
    pub(super) fn is_end(&self) -> bool {
        matches!(self, Self::Close(..) | Self::Cut(_) | Self::Garbage(_) | Self::TooMuch(_) | Self::Refused(..))
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Binary(_) => "binary",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
            Self::Close(..) => "close",
            Self::Cut(_) => "cut",
            Self::Garbage(_) | Self::TooMuch(_) => "garbage",
            Self::Refused(..) => "refused",
        }
    }

    /// The content, as a transcript shows it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Cut(text) | Self::Garbage(text) | Self::TooMuch(text) => text.clone(),
            Self::Binary(bytes) => hex(bytes),
            Self::Ping(payload) | Self::Pong(payload) => String::from_utf8_lossy(payload).into_owned(),
            Self::Close(None, _) => "without a code".into(),
            Self::Close(Some(code), reason) => format!("{code} {reason}").trim_end().to_owned(),
            Self::Refused(status, body) => format!("{status} {body}").trim_end().to_owned(),
        }
    }
}

impl std::fmt::Display for Event {
    /// As a report says what was received.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Binary(bytes) => write!(f, "a binary message of {} bytes: {}", bytes.len(), hex(bytes)),
            Self::Ping(_) | Self::Pong(_) => write!(f, "a {}: {}", self.kind(), self.text()),
            Self::Close(..) => write!(f, "a close frame {}", self.text()),
            Self::Cut(how) => write!(f, "the end of the connection without a close frame ({how})"),
            Self::Garbage(how) => write!(f, "bytes that are no WebSocket traffic ({how})"),
            Self::TooMuch(how) => write!(f, "more than the suite takes in ({how})"),
            Self::Refused(..) => write!(f, "a handshake answered with HTTP {}", self.text()),
        }
    }
}

/// More of them than a report shows: what is cut off in the middle of a secret would not be known as one any more.
const MOST_BYTES: usize = 4096;

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect::<String>()
        + if bytes.len() > MOST_BYTES { "…" } else { "" }
}

/// Something that arrived. The number of the opening tells late news of an earlier connection from new ones.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) conn: usize,
    pub(super) opening: u64,
    pub(super) at: Instant,
    pub(super) event: Event,
}

/// Why there is no connection.
pub(super) enum NotOpen {
    Refused(u16, String),
    Failed(String),
    /// Nobody is there, or nobody says anything.
    Unreachable(String),
}

/// The socket, shared by tungstenite and by those steps that write below it.
#[derive(Clone)]
struct Shared(Arc<Mutex<BoxedIo>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, BoxedIo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.lock()).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_shutdown(cx)
    }
}

/// An open connection. A task of its own reads, so that pings are answered and nothing that is sent has to wait for
/// what is not read.
pub(super) struct Socket {
    sink: SplitSink<WebSocketStream<Shared>, Message>,
    raw: Shared,
    reader: JoinHandle<()>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Socket {
    /// Connects and shakes hands. What arrives then goes to `news`.
    pub(super) async fn open(
        url: &str,
        headers: &[(String, String)],
        conn: usize,
        opening: u64,
        news: mpsc::Sender<Arrival>,
    ) -> Result<Self, NotOpen> {
        let request = request(url, headers).map_err(NotOpen::Failed)?;
        let (host, port, secure) = tls::address(request.uri()).map_err(NotOpen::Failed)?;
        let raw = Shared(Arc::new(Mutex::new(tls::connect(&host, port, secure).await.map_err(NotOpen::Unreachable)?)));
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let opened = tokio_tungstenite::client_async_with_config(request, raw.clone(), Some(config)).await;
        let (stream, _) = opened.map_err(|e| match e {
            Error::Http(response) => {
                let body = response.body().as_deref().unwrap_or_default();
                NotOpen::Refused(response.status().as_u16(), String::from_utf8_lossy(body).into_owned())
            }
            other => NotOpen::Failed(format!("the handshake failed: {other}")),
        })?;
        let (sink, mut stream) = stream.split();
        let reader = tokio::spawn(async move {
            loop {
                let event = event(stream.next().await);
                let is_end = event.is_end();
                if news.send(Arrival { conn, opening, at: Instant::now(), event }).await.is_err() || is_end {
                    // Reading on takes in what the peer still sends, so that the close handshake can end.
                    while let Some(Ok(_)) = stream.next().await {}
                    return;
                }
            }
        });
        Ok(Self { sink, raw, reader })
    }

    pub(super) async fn text(&mut self, text: String) -> Result<(), String> {
        self.send(Message::Text(text.into())).await
    }

    pub(super) async fn binary(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        self.send(Message::Binary(bytes.into())).await
    }

    pub(super) async fn ping(&mut self, payload: String) -> Result<(), String> {
        self.send(Message::Ping(payload.into_bytes().into())).await
    }

    pub(super) async fn close(&mut self, code: u16) -> Result<(), String> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        self.send(Message::Close(Some(frame))).await
    }

    /// One text message in several frames; the last may leave it open.
    pub(super) async fn fragments(&mut self, parts: Vec<String>, finish: bool) -> Result<(), String> {
        let last = parts.len().saturating_sub(1);
        for (n, part) in parts.into_iter().enumerate() {
            let data = if n == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(part.into_bytes(), OpCode::Data(data), finish && n == last);
            self.send(Message::Frame(frame)).await?;
        }
        Ok(())
    }

    /// Bytes below the WebSocket layer.
    pub(super) async fn raw(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.raw.write_all(bytes).await.map_err(|e| e.to_string())?;
        self.raw.flush().await.map_err(|e| e.to_string())
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        self.sink.send(message).await.map_err(|e| e.to_string())
    }
}

fn request(url: &str, headers: &[(String, String)]) -> Result<Request, String> {
    let mut request = url.into_client_request().map_err(|e| format!("{url} cannot be asked for: {e}"))?;
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is no header name"))?;
        let value =
            HeaderValue::try_from(value).map_err(|_| format!("the header {name} has a value that cannot be sent"))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn event(next: Option<Result<Message, Error>>) -> Event {
    match next {
        Some(Ok(Message::Text(text))) => Event::Text(text.to_string()),
        Some(Ok(Message::Binary(bytes))) => Event::Binary(bytes.to_vec()),
        Some(Ok(Message::Ping(payload))) => Event::Ping(payload.to_vec()),
        Some(Ok(Message::Pong(payload))) => Event::Pong(payload.to_vec()),
        Some(Ok(Message::Close(None))) => Event::Close(None, String::new()),
        Some(Ok(Message::Close(Some(frame)))) => Event::Close(Some(frame.code.into()), frame.reason.to_string()),
        // Whole messages only are read.
        Some(Ok(Message::Frame(_))) => Event::Garbage("a bare frame".into()),
        None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => Event::Cut("closed".into()),
        Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Event::Cut("end of stream".into()),
        Some(Err(Error::Capacity(e))) => Event::TooMuch(e.to_string()),
        Some(Err(Error::Io(e))) => Event::Cut(e.kind().to_string()),
        Some(Err(e)) => Event::Garbage(e.to_string()),
    }
}
