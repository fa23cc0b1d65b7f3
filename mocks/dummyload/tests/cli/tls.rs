//! `serve --tls`, as a program meets it that knows only the real service.

use crate::complaint;
use crate::serve::Running;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

type Secure = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

/// A connection to an address, by another name, that trusts nothing but the file.
fn secure(ca: &Path, address: &str, name: &str) -> Secure {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    rustls::StreamOwned::new(rustls::ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

fn get(ca: &Path, address: &str, name: &str, target: &str) -> String {
    let mut socket = secure(ca, address, name);
    write!(socket, "GET {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // The end of TLS without a farewell is an error to rustls, and no harm here.
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn ca(mock: &Value) -> PathBuf {
    mock["ca"].as_str().unwrap().into()
}

#[test]
fn every_mock_serves_the_names_of_its_real_service() {
    let running = Running::start(&["--tls", "--port", "0"]);
    let mocks = running.ready["mocks"].as_array().unwrap();
    for (mock, name, target, expected) in [
        (&mocks[0], "ps.pishock.com", "/Health", "200"),
        (&mocks[1], "shelly-77-eu.shelly.cloud", "/oauth_login.html", "200"),
        (&mocks[2], "playground.devicehive.com", "/api/rest/info", "200"),
        (&mocks[3], "multistreamer.localhost", "/api/v1/stream", "401"),
    ] {
        let (http, ws) = (mock["http"].as_str().unwrap(), mock["ws"].as_str().unwrap());
        assert!(http.starts_with("https://127.0.0.1:") && ws.starts_with("wss://127.0.0.1:"), "{mock}");
        assert!(mock["admin"].as_str().unwrap().starts_with("http://"), "{mock}");
        let addresses = mock["addresses"].as_array().unwrap();
        assert_eq!(addresses.len(), 1, "no port that is not free");
        let answer = get(&ca(mock), addresses[0].as_str().unwrap(), name, target);
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    }
    let file = ca(&mocks[0]);
    assert_eq!(file, ca(&mocks[1]), "one file for all");
    assert_eq!(fs::read_to_string(&file).unwrap().matches("BEGIN CERTIFICATE").count(), mocks.len());
    assert_eq!(running.control("POST", "/shutdown", "", "").0, 200);
    assert_eq!(running.ended(), 0);
    assert!(!file.exists() && !file.parent().unwrap().exists());
}

#[test]
fn the_server_in_a_token_has_no_port() {
    let server = |args: &[&str]| {
        let running = Running::start(&[&["shelly", "--tls", "--port", "0"], args].concat());
        running.mock()["demo"]["server"].clone()
    };
    assert_eq!(server(&[]), "https://shelly-1-eu.shelly.cloud");
    assert_eq!(server(&["--tls-name", "*.cloud.test", "--tls-name", "a.cloud.test"]), "https://a.cloud.test");
    assert_eq!(server(&["--set", "user_api_url=https://localhost:1"]), "https://localhost:1");
}

#[test]
fn a_program_of_the_real_service_gets_through() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ca.pem");
    let args = ["shelly", "--tls", "--port", "0", "--tls-port", "0", "--ca-file", file.to_str().unwrap()];
    let running = Running::start(&args);
    let mock = running.mock();
    assert_eq!((ca(mock), mock["addresses"].as_array().unwrap().len()), (file.clone(), 2));
    // The socket on the second port, by the name and the port that the real one has.
    let address = mock["addresses"][1].as_str().unwrap();
    let token = mock["demo"]["access_token"].as_str().unwrap();
    let url = format!("wss://shelly-1-eu.shelly.cloud:6113/shelly/wss/hk_sock?t={token}");
    let (mut socket, _) = tungstenite::client(url, secure(&file, address, "shelly-1-eu.shelly.cloud")).unwrap();
    let id = mock["demo"]["relay_decimal"].as_str().unwrap();
    let command = json!({"event": "Shelly:CommandRequest", "trid": 1, "deviceId": id, "data": {"cmd": "relay", "params": {"turn": "on", "id": 0}}});
    socket.send(tungstenite::Message::text(command.to_string())).unwrap();
    let answer: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(answer["data"], json!({"isok": true}));
    drop(socket);
    running.control("POST", "/shutdown", "", "");
    assert_eq!(running.ended(), 0);
    assert!(!file.exists());
}

#[test]
fn a_port_that_cannot_be_had_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = complaint(&["serve", "shelly", "--tls", "--port", "0", "--tls-port", &port]);
    assert!(code == 3 && said.contains(&format!("shelly: cannot listen on 127.0.0.1:{port}")), "{said}");
    assert!(said.contains("another program, or another mock, uses it"), "{said}");
    let (code, said) = complaint(&["serve", "--tls-name", "x"]);
    assert!(code == 2 && said.contains("--tls"), "{said}");
    for name in ["not a name", "https://x", "x:443", "*", ""] {
        let (code, said) = complaint(&["serve", "shelly", "--tls", "--port", "0", "--tls-name", name]);
        assert!(code == 2 && said.contains("write a host name"), "{name}: {said}");
    }
}

#[test]
fn without_tls_there_is_none() {
    let running = Running::start(&["shelly", "--port", "0"]);
    let mock = running.mock();
    assert_eq!((&mock["ca"], &mock["demo"]["server"]), (&Value::Null, &mock["http"]));
    assert!(mock["ws"].as_str().unwrap().starts_with("ws://"), "{mock}");
}
