//! HTTP calls: of cases, and of the suite to a control plane.

use super::tls;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;

/// The largest body that is taken in.
const MAX_BODY: usize = 16 << 20;

/// One call, everything filled in.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Exchange {
    /// Status and body of the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn run(self) -> Result<(u16, String), String> {
        let uri: Uri = self.url.parse().map_err(|e| format!("{} cannot be asked for: {e}", self.url))?;
        let (host, port, secure) = tls::address(&uri)?;
        let request = self.request(&uri)?;
        let io = TokioIo::new(tls::connect(&host, port, secure).await?);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|e| format!("no HTTP with {host}:{port}: {e}"))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|e| format!("no answer: {e}"))?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body = body.map_err(|e| format!("the answer {status} breaks off: {e}"))?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
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
