//! A client's socket.

use crate::tungstenite::{self, client::IntoClientRequest};
use crate::{Frame, SOON};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A connection that was upgraded. The kits of the mocks wrap it with what is their protocol's own.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// With these headers besides those of the handshake.
    ///
    /// # Errors
    /// The status, if the handshake is refused.
    pub async fn try_open(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(e) => panic!("{e}"),
        }
    }

    /// Without further headers; it must succeed.
    pub async fn open(url: &str) -> Self {
        Self::try_open(url, &[]).await.unwrap_or_else(|status| panic!("the handshake was refused with {status}"))
    }

    /// Sends a text.
    pub async fn say(&mut self, text: &str) {
        self.send(Frame::text(text)).await;
    }

    /// Sends several texts in one packet; whether the connection was still there.
    pub async fn try_say(&mut self, texts: &[&str]) -> bool {
        for text in texts {
            if self.0.feed(Frame::text(*text)).await.is_err() {
                return false;
            }
        }
        self.0.flush().await.is_ok()
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Frame) {
        self.0.send(frame).await.unwrap();
    }

    /// Sends bytes as they are, frame header included.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let MaybeTlsStream::Plain(socket) = self.0.get_mut() else { panic!("no TLS here") };
        socket.write_all(bytes).await.unwrap();
    }

    /// The next frame: a text as it is; `ping` or `pong` with what it carries; `close`, `close 1008` or `close 1008 why`; another one as Rust shows
    /// it; or how the connection has ended, `end` after a closing handshake and `cut` without.
    pub async fn hear(&mut self) -> String {
        match tokio::time::timeout(SOON, self.0.next()).await.expect("a frame in time") {
            Some(Ok(Frame::Text(text))) => text.to_string(),
            Some(Ok(Frame::Ping(payload))) => format!("ping {}", payload.escape_ascii()).trim_end().to_owned(),
            Some(Ok(Frame::Pong(payload))) => format!("pong {}", payload.escape_ascii()).trim_end().to_owned(),
            Some(Ok(Frame::Close(None))) => "close".to_owned(),
            Some(Ok(Frame::Close(Some(frame)))) => {
                format!("close {} {}", u16::from(frame.code), frame.reason).trim_end().to_owned()
            }
            Some(Ok(other)) => format!("{other:?}"),
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => "end".to_owned(),
            Some(Err(_)) => "cut".to_owned(),
        }
    }

    /// The next frame, which must be a text of JSON.
    pub async fn hear_json(&mut self) -> Value {
        json(&self.hear().await)
    }

    /// Says something and gives the next frame, which must be a text of JSON.
    pub async fn ask(&mut self, text: &str) -> Value {
        self.say(text).await;
        self.hear_json().await
    }

    /// That nothing is on the way: all that was sent so far would come before the pong.
    pub async fn is_silent(&mut self) {
        assert_eq!(self.drain().await, [] as [Value; 0], "not silent");
    }

    /// All texts that are on the way, each of which must be JSON; pings are passed over.
    pub async fn drain(&mut self) -> Vec<Value> {
        self.send(Frame::Ping("barrier".into())).await;
        let mut heard = Vec::new();
        loop {
            match self.hear().await.as_str() {
                "pong barrier" => return heard,
                text if text.starts_with("ping") => {}
                text => heard.push(json(text)),
            }
        }
    }

    /// Whatever comes until the connection is gone.
    pub async fn drain_until_end(&mut self) {
        while !["end", "cut"].contains(&self.hear().await.as_str()) {}
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}
