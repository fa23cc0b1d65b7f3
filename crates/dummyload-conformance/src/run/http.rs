//! HTTP calls: of cases, and of the suite to a control plane.

use super::tls;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;

/// The largest body that is taken in.
const MAX_BODY: usize = 16 << 20;

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// By name; several of one name are joined as RFC 9110, 5.3 has it.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// One call, everything filled in.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Exchange {
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn run(self) -> Result<Reply, String> {
        let uri: Uri = self.url.parse().map_err(|e| format!("{} cannot be asked for: {e}", self.url))?;
        let (host, port, secure) = tls::address(&uri)?;
        let request = self.request(&uri)?;
        let io = TokioIo::new(tls::connect(&host, port, secure).await?);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|e| format!("no HTTP with {host}:{port}: {e}"))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|e| format!("no answer: {e}"))?;
            let status = response.status().as_u16();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body = body.map_err(|e| format!("the answer {status} breaks off: {e}"))?.to_bytes();
            Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
        };
        tokio::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => return answer,
            ended = connection => if let Err(e) = ended { return Err(format!("no answer: {e}")) },
        }
        // The connection has ended in good order; what was read before is still to be had.
        exchange.await
    }

    fn request(self, uri: &Uri) -> Result<Request<Full<Bytes>>, String> {
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let mut request = Request::builder().method(self.method.as_str()).uri(path).header("host", authority);
        let has_type = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !self.body.is_empty() && !has_type {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(self.body))).map_err(|e| format!("the request cannot be sent: {e}"))
    }
}
