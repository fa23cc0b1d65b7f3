//! HTTP/1.1 as it stands on the wire.

use crate::SOON;
use dummyload_host::Mock;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status line and headers, as they were sent.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{}: {e}", self.body))
    }

    /// A header, as it was sent; names in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// That it has this status and body.
    #[track_caller]
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }
}

/// A request that was sent, on a connection of its own.
#[derive(Debug)]
pub struct Call(TcpStream);

impl Call {
    /// Sends a request; `target` is the path with the query. Of `Host` and `Content-Length`, what `headers` lack is added.
    pub async fn send(mock: &Mock, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut call = Self(TcpStream::connect(mock.address()).await.unwrap());
        let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        for (name, value) in [("Host", mock.address().to_string()), ("Content-Length", body.len().to_string())] {
            if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
                head += &format!("{name}: {value}\r\n");
            }
        }
        call.0.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        call
    }

    /// The answer, whole.
    pub async fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        tokio::time::timeout(SOON, self.0.read_to_end(&mut bytes)).await.expect("an answer in time").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

/// Sends a request and gives the answer.
pub async fn http(mock: &Mock, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    Call::send(mock, method, target, headers, body).await.answer().await
}

/// `GET`, without further headers.
pub async fn get(mock: &Mock, target: &str) -> Answer {
    http(mock, "GET", target, &[], "").await
}

/// The head of the answer to a request that need not end with it, as a handshake.
pub async fn upgrade(mock: &Mock, target: &str, headers: &[(&str, &str)]) -> String {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    socket.write_all(format!("GET {target} HTTP/1.1\r\nhost: mock\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
