//! The host over TLS, with nothing trusted but the mock's own authority.

use crate::common::Room;
use dummyload_host::{Manners, Mock, MockBuilder, Tls};
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message as Frame;

async fn secure(mock: &Mock, address: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(mock.ca().unwrap().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

#[tokio::test]
async fn every_listener_serves_tls_for_every_name_and_plain_http_beside_it() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tls = Tls::new().name("my.example.cloud").name("*.example.cloud");
    let mock = MockBuilder::default().tls(tls).also(any).start(Room::with(Manners::default())).await.unwrap();
    assert!(mock.url().starts_with("wss://127.0.0.1:") && mock.admin_url().starts_with("http://"));
    assert_eq!(mock.addresses().len(), 2);
    for (address, name) in [
        (mock.addresses()[0], "127.0.0.1"),
        (mock.addresses()[0], "localhost"),
        (mock.addresses()[1], "my.example.cloud"),
        (mock.addresses()[1], "shelly-1-eu.example.cloud"),
    ] {
        let socket = secure(&mock, address, name).await.unwrap();
        let url = format!("wss://{name}/?key=sesame");
        let (mut socket, _) = tokio_tungstenite::client_async(url, socket).await.unwrap();
        socket.send(Frame::text("hello")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Frame::text("hello"));
    }
    let mut plain = TcpStream::connect(mock.address()).await.unwrap();
    plain.write_all(b"GET /__mock/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // A name that was not asked for is not vouched for.
    assert!(secure(&mock, mock.address(), "elsewhere.example.org").await.is_err());
    mock.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_harms_nobody() {
    let mock = MockBuilder::default().tls(Tls::new()).start(Room::with(Manners::default())).await.unwrap();
    let other = MockBuilder::default().tls(Tls::new()).start(Room::with(Manners::default())).await.unwrap();
    assert!(secure(&other, mock.address(), "localhost").await.is_err(), "each mock has an authority of its own");
    let mut garbage = TcpStream::connect(mock.address()).await.unwrap();
    garbage.write_all(&[22, 3, 1, 0, 5, 1, 2, 3, 4, 5]).await.unwrap();
    let mut rest = Vec::new();
    let _ = garbage.read_to_end(&mut rest).await;
    assert!(secure(&mock, mock.address(), "localhost").await.is_ok());
}

#[tokio::test]
async fn names_that_cannot_be_in_a_certificate_are_refused() {
    let tls = Tls::new().name("näme");
    let error = MockBuilder::default().tls(tls).start(Room::with(Manners::default())).await.unwrap_err();
    assert!(error.to_string().contains("näme"), "{error}");
}
