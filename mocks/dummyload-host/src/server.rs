//! The listening socket, HTTP, and the upgrade to WebSocket.

use crate::control::{self, Answer};
use crate::limits::Limits;
use crate::peer::{self, Shared, lock};
use crate::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tungstenite::handshake::derive_accept_key;

pub(crate) type Body = BoxBody<Bytes, Infallible>;

/// What every connection of a mock shares.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engine: Shared,
    pub(crate) limits: Arc<Limits>,
    /// See [`World::websocket_versions`](crate::World::websocket_versions).
    pub(crate) versions: &'static [&'static str],
    /// Told to whoever asks over the control plane; `None` leaves it open to this machine's programs.
    pub(crate) admin_token: Option<Arc<str>>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// The first byte of a TLS connection: the type of a handshake record (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;

enum Opening {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The next connection on whatever listener it comes.
async fn accept_any(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    std::future::poll_fn(|cx| {
        let ready = listeners.iter().find_map(|listener| match listener.poll_accept(cx) {
            Poll::Ready(accepted) => Some(accepted),
            Poll::Pending => None,
        });
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

impl Server {
    /// Accepts until told to stop, then closes what is open.
    pub(crate) async fn run(self, listeners: Vec<TcpListener>) {
        let mut stopping = self.stop.subscribe();
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut tasks = JoinSet::new();
        let mut clock = JoinSet::new(); // a set of one: it ends when this function does, however that is
        clock.spawn(keep_time(Arc::clone(&self.engine)));
        loop {
            let accepted = tokio::select! {
                accepted = accept_any(&listeners) => accepted,
                () = stopped(&mut stopping) => break,
            };
            while tasks.try_join_next().is_some() {}
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(e) => {
                    // Out of file descriptors, mostly: others may be freed, so wait a moment and go on.
                    tracing::warn!("a connection could not be accepted: {e}");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                tracing::warn!("more than {} connections: a new one is closed", self.limits.connections);
                continue;
            };
            let _ = socket.set_nodelay(true);
            let server = self.clone();
            tasks.spawn(async move {
                server.connection(socket).await;
                drop(place);
            });
        }
        drop(listeners);
        lock(&self.engine).shutdown();
        let closed = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.limits.shutdown_grace, closed).await;
    }

    /// One TCP connection. Where there is TLS, plain HTTP is taken on the same port too: the first byte tells them apart.
    async fn connection(self, socket: TcpStream) {
        let opened = tokio::time::timeout(self.limits.handshake_time, async {
            let mut first = [0];
            socket.peek(&mut first).await?;
            match (&self.tls, first) {
                (Some(acceptor), [TLS_HANDSHAKE]) => {
                    acceptor.accept(socket).await.map(|socket| Opening::Tls(Box::new(socket)))
                }
                (None, [TLS_HANDSHAKE]) => Err(io::Error::other("this mock serves no TLS; use ws:// and http://")),
                _ => Ok(Opening::Plain(socket)),
            }
        });
        match opened.await {
            Ok(Ok(Opening::Tls(socket))) => self.http(*socket).await,
            Ok(Ok(Opening::Plain(socket))) => self.http(socket).await,
            Ok(Err(e)) => tracing::warn!("a TLS handshake failed: {e} (with TLS, clients must trust the mock's CA)"),
            Err(_) => tracing::debug!("a connection sent nothing in time"),
        }
    }

    /// HTTP requests, then maybe a WebSocket, in one task.
    async fn http<S>(self, socket: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (hand_over, mut handed_over) = tokio::sync::mpsc::channel(1);
        let server = self.clone();
        let service = service_fn(move |request| {
            let (server, hand_over) = (server.clone(), hand_over.clone());
            async move { Ok::<_, Infallible>(server.request(request, &hand_over).await) }
        });
        let serving = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.handshake_time)
            .max_buf_size(self.limits.header_bytes.max(8192))
            .serve_connection(TokioIo::new(socket), service)
            .with_upgrades();
        let mut serving = std::pin::pin!(serving);
        let mut stopping = self.stop.subscribe();
        let served = tokio::select! {
            served = serving.as_mut() => served,
            () = stopped(&mut stopping) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(e) = served {
            tracing::debug!("an HTTP connection ended: {e}");
        }
        let Ok((opened, upgrade)) = handed_over.try_recv() else { return };
        let opened: crate::engine::Opened = opened;
        let upgrade: hyper::upgrade::OnUpgrade = upgrade;
        let Ok(upgraded) = upgrade.await else {
            lock(&self.engine).gone(opened.peer, crate::Gone::Lost);
            return;
        };
        match upgraded.downcast::<TokioIo<S>>() {
            Ok(parts) => peer::serve(self.engine, opened, parts.io.into_inner(), &parts.read_buf).await,
            Err(upgraded) => peer::serve(self.engine, opened, TokioIo::new(upgraded), &[]).await,
        }
    }

    async fn request(
        &self,
        mut request: Request<Incoming>,
        hand_over: &tokio::sync::mpsc::Sender<(crate::engine::Opened, hyper::upgrade::OnUpgrade)>,
    ) -> Response<Body> {
        if control::is_control(request.uri().path()) {
            return match self.read(request).await {
                Ok(request) => match control::answer(self, &request).await {
                    Answer::Whole(response) => whole(response),
                    Answer::Stream(response) => response,
                },
                Err(refusal) => whole(refusal),
            };
        }
        if let Some(accept) = websocket_accept(&request, self.versions) {
            let upgrade = hyper::upgrade::on(&mut request);
            let (parts, _) = request.into_parts();
            let opened = lock(&self.engine).open(&plain(&parts, Vec::new()));
            return match opened {
                Err(refusal) => whole(refusal),
                Ok(opened) => {
                    let response = switching(&accept, &opened.headers);
                    let _ = hand_over.try_send((opened, upgrade));
                    response
                }
            };
        }
        let head = request.method() == Method::HEAD;
        let request = match self.read(request).await {
            Ok(request) => request,
            Err(refusal) => return whole(refusal),
        };
        let (call, bell) = lock(&self.engine).http(&request);
        let mut waiting = Waiting { engine: Arc::clone(&self.engine), call, answered: false };
        loop {
            if let Some(mut response) = lock(&self.engine).take_answer(call) {
                waiting.answered = true;
                if head {
                    response.body.clear();
                }
                return whole(response);
            }
            bell.notified().await;
        }
    }

    async fn read(&self, request: Request<Incoming>) -> Result<HttpRequest, HttpResponse> {
        let (parts, body) = request.into_parts();
        let most = self.limits.body_bytes;
        let refuse = |status, text: String| match control::is_control(parts.uri.path()) {
            true => HttpResponse::json(status, &serde_json::json!({"error": text})),
            false => lock(&self.engine).unreadable(status, &text),
        };
        // What announces itself as too large need not be waited for.
        if body.size_hint().lower() > most as u64 {
            return Err(refuse(413, format!("the body has more than {most} bytes")));
        }
        match tokio::time::timeout(self.limits.body_time, Limited::new(body, most).collect()).await {
            Ok(Ok(body)) => Ok(plain(&parts, body.to_bytes().to_vec())),
            Ok(Err(_)) => Err(refuse(413, format!("the body could not be read, or has more than {most} bytes"))),
            Err(_) => Err(refuse(408, format!("the body did not come within {:?}", self.limits.body_time))),
        }
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the mock is gone altogether, which is an end as well.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Tells the engine when hyper drops a request whose client has gone.
struct Waiting {
    engine: Shared,
    call: crate::CallId,
    answered: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            lock(&self.engine).hung_up(self.call);
        }
    }
}

/// Wakes the engine when a deadline has come. Under a virtual clock nothing comes by itself.
async fn keep_time(engine: Shared) {
    let rearm = Arc::clone(&lock(&engine).rearm);
    loop {
        let wait = {
            let mut engine = lock(&engine);
            engine.tick();
            let now = engine.clock.now();
            match engine.clock.mode() {
                crate::ClockMode::Real => engine.poll_deadline().map(|deadline| deadline.at - now),
                crate::ClockMode::Virtual => None,
            }
        };
        match wait {
            Some(wait) => {
                let _ = tokio::time::timeout(wait, rearm.notified()).await;
            }
            None => rearm.notified().await,
        }
    }
}

fn plain(parts: &hyper::http::request::Parts, body: Vec<u8>) -> HttpRequest {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut request = HttpRequest::new(parts.method.as_str(), target);
    request.headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    request.body = body;
    request
}

/// The `Sec-WebSocket-Accept` value, if the request is a whole WebSocket handshake (RFC 6455 section 4.2.1). A broken one
/// goes to the world as an ordinary request: servers differ in what they answer.
fn websocket_accept(request: &Request<Incoming>, versions: &[&str]) -> Option<String> {
    let headers = request.headers();
    let whole = request.method() == Method::GET
        && request.version() >= Version::HTTP_11
        && has_token(headers, &UPGRADE, "websocket")
        && has_token(headers, &CONNECTION, "upgrade")
        && headers.get("sec-websocket-version").is_some_and(|version| versions.iter().any(|known| version == known));
    let key = headers.get("sec-websocket-key").filter(|_| whole)?;
    Some(derive_accept_key(key.as_bytes()))
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// The answer that opens a WebSocket; what the world says about a header counts for more than what is usual.
fn switching(accept: &str, headers: &[(String, String)]) -> Response<Body> {
    let usual = [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accept)];
    let given = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let usual = usual.into_iter().filter(|(name, _)| !given(name));
    let more = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    respond(101, usual.chain(more), Bytes::new())
}

/// A response of the world or the control plane in hyper's terms.
pub(crate) fn whole(response: HttpResponse) -> Response<Body> {
    let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    respond(response.status, headers, response.body.into())
}

fn respond<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a str)>, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body).boxed());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(response.headers_mut().append(name, value)),
            _ => tracing::error!("a world gave the header {name:?}, which cannot be sent"),
        }
    }
    response
}

/// Binds the listening socket; the error says what to do about it.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        let advice = match e.kind() {
            io::ErrorKind::AddrInUse => {
                "another program uses this port: stop it, or choose another port (0 for a free one)"
            }
            io::ErrorKind::PermissionDenied => "this port needs more rights: choose one above 1023",
            _ => "choose another address",
        };
        io::Error::new(e.kind(), format!("cannot listen on {address}: {e}; {advice}"))
    })
}
