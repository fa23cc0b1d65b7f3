//! HTTP requests and sockets, with exactly the bytes that a recording has.

use super::frame::{Message, Reader};
use crate::run::tls;
use bytes::Bytes;
use http::uri::{PathAndQuery, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};

/// The largest body that is taken in.
const MAX_BODY: usize = 16 << 20;

type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// An HTTP request, everything filled in.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The server, `http://host:port` or `https://host:port`.
    pub(super) base: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    upgraded: Option<Upgraded>,
}

impl Call {
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn run(self) -> Result<Reply, String> {
        let base: Uri = self.base.parse().map_err(|e| format!("{} is no URL: {e}", self.base))?;
        let mut connection = Connection::open(&base).await?;
        connection.run(self.request(&base)?).await
    }

    pub(super) fn request(self, base: &Uri) -> Result<http::Request<Full<Bytes>>, String> {
        let path: PathAndQuery = self.path.parse().map_err(|e| format!("{} cannot be asked for: {e}", self.path))?;
        let mut parts = http::uri::Parts::default();
        parts.path_and_query = Some(path);
        let uri = Uri::from_parts(parts).map_err(|e| e.to_string())?;
        let mut request = http::Request::builder().method(self.method.as_str()).uri(uri);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request = request.header("host", base.authority().map_or("", |authority| authority.as_str()));
        }
        for (name, value) in &self.headers {
            // The length follows from the body, in which placeholders have been filled in.
            if !name.eq_ignore_ascii_case("content-length") {
                request = request.header(name, value);
            }
        }
        let body = Full::new(Bytes::from(self.body.unwrap_or_default()));
        request.body(body).map_err(|e| format!("the request cannot be sent: {e}"))
    }
}

/// A connection for HTTP.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// # Errors
    /// Why nobody can be asked.
    pub(super) async fn open(base: &Uri) -> Result<Self, String> {
        let (host, port, secure) = tls::address(base)?;
        let io = TokioIo::new(tls::connect(&host, port, secure).await?);
        let (sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|e| format!("no HTTP with {host}:{port}: {e}"))?;
        // It ends with the last request, or with the socket that comes of it.
        let _connection = tokio::spawn(connection.with_upgrades());
        Ok(Self { sender })
    }

    /// Whether it takes a further request.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// # Errors
    /// Why there is no answer.
    pub(super) async fn run(&mut self, request: http::Request<Full<Bytes>>) -> Result<Reply, String> {
        self.sender.ready().await.map_err(|e| format!("no answer: {e}"))?;
        let mut response = self.sender.send_request(request).await.map_err(|e| format!("no answer: {e}"))?;
        let status = response.status().as_u16();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        if status == 101 {
            let upgraded = hyper::upgrade::on(&mut response).await.map_err(|e| format!("no socket: {e}"))?;
            return Ok(Reply { status, headers, body: String::new(), upgraded: Some(TokioIo::new(upgraded)) });
        }
        let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
        let body = body.map_err(|e| format!("the answer {status} breaks off: {e}"))?.to_bytes();
        Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned(), upgraded: None })
    }
}

/// Something that has arrived on a socket.
#[derive(Debug)]
pub(super) struct News {
    pub(super) conn: usize,
    /// A message, or why there are no more of them.
    pub(super) what: Result<Message, String>,
}

/// An open socket. A task of its own reads.
#[derive(Debug)]
pub(super) struct Wire {
    /// `None` once it was closed.
    out: Option<WriteHalf<Upgraded>>,
    reading: watch::Sender<bool>,
    reader: tokio::task::JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Reply {
    /// The socket that this answer has opened, if it has.
    pub(super) fn open(&mut self, conn: usize, news: mpsc::UnboundedSender<News>) -> Option<Wire> {
        let (input, out) = tokio::io::split(self.upgraded.take()?);
        let (reading, allowed) = watch::channel(true);
        let reader = tokio::spawn(read(input, conn, news, allowed));
        Some(Wire { out: Some(out), reading, reader })
    }
}

async fn read(
    mut input: ReadHalf<Upgraded>,
    conn: usize,
    news: mpsc::UnboundedSender<News>,
    mut allowed: watch::Receiver<bool>,
) {
    let mut reader = Reader::default();
    loop {
        if allowed.wait_for(|allowed| *allowed).await.is_err() {
            return;
        }
        let what = reader.next(&mut input).await;
        let over = what.is_err();
        if news.send(News { conn, what }).is_err() || over {
            return;
        }
    }
}

impl Wire {
    /// Writes bytes as they are. That the server has gone already is found out by what is expected next.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out
            && (out.write_all(bytes).await.is_err() || out.flush().await.is_err())
        {
            self.out = None;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.out.is_some()
    }

    pub(super) fn read_on(&self, yes: bool) {
        self.reading.send_replace(yes);
    }

    /// Ends the TCP connection.
    pub(super) fn close(&mut self) {
        self.reader.abort();
        self.out = None;
    }
}
