//! Secured connections, to a server whose authority nobody else knows.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_driver::{Http, HttpFailure, Limits, Trust, TrustError, spawn};
use dummyload_session::{
    Action, ConnectFailure, Deadline, Endpoint, Input, RequestToken, Secret, Session, SessionEvent, Timestamp,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_tungstenite::accept_async;

/// Connects once, and tells what came of it.
struct Once {
    connect: Option<Endpoint>,
    told: Option<SessionEvent<Self>>,
}

impl Once {
    fn to(url: &str) -> Self {
        Self { connect: Some(Endpoint::new(url.to_owned(), url.to_owned())), told: None }
    }
}

impl Session for Once {
    type Command = ();
    type CommandError = Infallible;
    type Reply = ();
    type Refusal = ();
    type Event = Result<(), ConnectFailure>;

    fn start(&mut self, _: Timestamp) {}
    fn handle_input(&mut self, _: Timestamp, input: Input<'_>) {
        match input {
            Input::Connected => self.told = Some(SessionEvent::Notice(Ok(()))),
            Input::ConnectFailed(failure) => self.told = Some(SessionEvent::Notice(Err(failure))),
            _ => {}
        }
    }
    fn handle_deadline(&mut self, _: Timestamp) {}
    fn command(&mut self, _: Timestamp, (): ()) -> Result<RequestToken, Infallible> {
        unreachable!("nobody asks")
    }
    fn shutdown(&mut self, _: Timestamp) {}
    fn poll_action(&mut self) -> Option<Action> {
        self.connect.take().map(Action::Connect)
    }
    fn poll_event(&mut self) -> Option<SessionEvent<Self>> {
        self.told.take()
    }
    fn poll_deadline(&self) -> Option<Deadline> {
        None
    }
    fn is_terminated(&self) -> bool {
        false
    }
}

/// Takes TLS connections for `localhost`, and gives the authority as PEM.
async fn listen() -> (TcpListener, TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener, TlsAcceptor::from(Arc::new(config)), authority.pem())
}

#[tokio::test]
async fn sockets_are_secured_by_the_authorities_that_are_named() {
    let (listener, acceptor, pem) = listen().await;
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    let server = async {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(acceptor.accept(socket).await.unwrap()).await.unwrap();
        let (stranger, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(stranger).await.is_err(), "the usual authorities do not vouch for this one");
        socket.close(None).await.unwrap();
    };
    let client = async {
        let (_known, mut events) = spawn(Once::to(&url), Limits::default(), &Trust::only(&pem).unwrap());
        assert_eq!(events.next().await, Some(Ok(Ok(()))));
        let (_unknown, mut events) = spawn(Once::to(&url), Limits::default(), &Trust::default());
        let failure = events.next().await.unwrap().unwrap().unwrap_err();
        assert!(matches!(failure, ConnectFailure::Tls(_)), "{failure}");
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn http_is_secured_by_the_authorities_that_are_named() {
    let (listener, acceptor, pem) = listen().await;
    let url = Secret::new(format!("https://localhost:{}/", listener.local_addr().unwrap().port()));
    let server = async {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = acceptor.accept(socket).await.unwrap();
        let _ = socket.read(&mut [0; 1024]).await.unwrap();
        socket.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
        socket.shutdown().await.unwrap();
        let (stranger, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(stranger).await.is_err());
    };
    let client = async {
        let answer = Http::trusting(&Trust::only(&pem).unwrap()).send("GET", &url, &[], None).await.unwrap();
        assert_eq!(answer.status, 204);
        let failure = Http::default().send("GET", &url, &[], None).await.unwrap_err();
        assert!(matches!(failure, HttpFailure::Unreachable(_)), "{failure}");
    };
    tokio::join!(server, client);
}

#[test]
fn what_is_no_authority_is_told() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "hello", broken] {
        assert_eq!(Trust::only(pem).unwrap_err(), TrustError::NotACertificate, "{pem}");
    }
}
