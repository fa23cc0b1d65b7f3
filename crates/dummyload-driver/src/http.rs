//! The HTTP calls that clients make beside the socket: whole requests, whole answers, each within its time.

use crate::Trust;
use bytes::Bytes;
use dummyload_session::Secret;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::fmt;
use std::time::Duration;

#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
type Connector = HttpConnector;

#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
type Fresh = hyper_rustls::HttpsConnectorBuilder<hyper_rustls::builderstates::WantsTlsConfig>;
#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
type Trusting = hyper_rustls::HttpsConnectorBuilder<hyper_rustls::builderstates::WantsSchemes>;

/// Sends HTTP requests; connections are kept and used again. Clones share them.
#[derive(Clone)]
pub struct Http {
    client: Client<Connector, Full<Bytes>>,
    time: Duration,
    max_body: usize,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpAnswer {
    /// The size only: a body can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpAnswer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer. Holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpFailure {
    /// The address or a header cannot be sent; the text says what is wrong.
    Request(String),
    /// Nobody answers, or not in HTTP.
    Unreachable(String),
    /// The whole answer did not come in time.
    TimedOut,
    /// The body broke off, or is larger than is taken in.
    Body,
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(what) => write!(f, "the request cannot be sent: {what}"),
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::TimedOut => f.write_str("the server did not answer in time"),
            Self::Body => f.write_str("the answer broke off, or is too large"),
        }
    }
}

impl std::error::Error for HttpFailure {}

impl Default for Http {
    /// 10 s for a whole answer of at most 4 MiB, from servers that the usual authorities vouch for.
    fn default() -> Self {
        Self::trusting(&Trust::default())
    }
}

impl Http {
    /// `time` bounds a whole call, `max_body` the bytes of an answer.
    pub fn new(time: Duration, max_body: usize, trust: &Trust) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build(connector(trust)), time, max_body }
    }

    /// As by default, but from servers that these authorities vouch for.
    pub fn trusting(trust: &Trust) -> Self {
        Self::new(Duration::from_secs(10), 4 * 1024 * 1024, trust)
    }

    /// Sends one request. There is no second try: who asks knows whether that would be safe.
    ///
    /// # Errors
    /// When there is no whole answer; a refusal is an answer.
    pub async fn send(
        &self,
        method: &str,
        url: &Secret<String>,
        headers: &[(&str, Secret<String>)],
        body: Option<String>,
    ) -> Result<HttpAnswer, HttpFailure> {
        let bad = |what: &str| HttpFailure::Request(what.to_owned());
        let uri: Uri = url.expose().parse().map_err(|_| bad("this is no address"))?;
        if uri.scheme_str() == Some("https")
            && !cfg!(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))
        {
            return Err(bad("an https:// address needs one of the rustls features"));
        }
        let mut request = Request::new(Full::new(Bytes::from(body.unwrap_or_default())));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| bad("this is no method"))?;
        *request.uri_mut() = uri;
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).map_err(|_| bad("a header's name is not allowed"))?;
            let mut value =
                HeaderValue::try_from(value.expose()).map_err(|_| bad("a header's value is not allowed"))?;
            value.set_sensitive(true);
            request.headers_mut().append(name, value);
        }
        match tokio::time::timeout(self.time, self.whole(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpFailure::TimedOut),
        }
    }

    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<HttpAnswer, HttpFailure> {
        let response = self.client.request(request).await.map_err(|e| unreachable(&e))?;
        let status = response.status().as_u16();
        match Limited::new(response.into_body(), self.max_body).collect().await {
            Ok(body) => Ok(HttpAnswer { status, body: body.to_bytes().to_vec() }),
            Err(_) => Err(HttpFailure::Body),
        }
    }
}

/// The innermost reason is the one that helps ("connection refused").
fn unreachable(error: &(dyn std::error::Error + 'static)) -> HttpFailure {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    HttpFailure::Unreachable(innermost.to_string())
}

#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
fn connector(trust: &Trust) -> Connector {
    let builder = hyper_rustls::HttpsConnectorBuilder::new();
    let builder = match trust.config() {
        Some(config) => builder.with_tls_config((*config).clone()),
        None => usual_authorities(builder),
    };
    builder.https_or_http().enable_http1().build()
}

#[cfg(feature = "rustls-native-roots")]
fn usual_authorities(builder: Fresh) -> Trusting {
    let native = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots();
    native.unwrap_or_else(|error| {
        // Without roots no certificate is trusted, which is the safe failure; plain addresses still work.
        tracing::warn!("the system's certificates could not be read: {error}");
        let config = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder.with_tls_config(config)
    })
}

#[cfg(all(feature = "rustls-webpki-roots", not(feature = "rustls-native-roots")))]
fn usual_authorities(builder: Fresh) -> Trusting {
    builder.with_webpki_roots()
}

#[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
fn connector(_: &Trust) -> Connector {
    HttpConnector::new()
}
