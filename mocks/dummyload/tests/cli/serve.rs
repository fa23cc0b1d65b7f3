use crate::{complaint, dummyload};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

/// What takes longer than this never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `dummyload serve` that has said it is ready. Ended with the test, however that ends.
pub(crate) struct Running {
    child: Option<Child>,
    pub(crate) ready: Value,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, Stdio::inherit())
    }

    fn start_with(args: &[&str], stderr: Stdio) -> Self {
        let mut command = dummyload(&[&["serve"], args].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("the first line is {line:?}: {e}"));
        Self { child: Some(child), ready }
    }

    /// The one mock.
    pub(crate) fn mock(&self) -> &Value {
        &self.ready["mocks"][0]
    }

    pub(crate) fn ws(&self) -> &str {
        self.mock()["ws"].as_str().unwrap()
    }

    fn address(&self) -> &str {
        self.mock()["addresses"][0].as_str().unwrap()
    }

    pub(crate) fn connect(&self, url: &str) -> Result<WebSocket<TcpStream>, Box<tungstenite::Error>> {
        let socket = TcpStream::connect(self.address()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        match tungstenite::client(url, socket) {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::HandshakeError::Failure(e)) => Err(Box::new(e)),
            Err(e) => panic!("{e}"),
        }
    }

    /// Sends a message as the demo user and returns the first frame that comes.
    pub(crate) fn ask(&self, message: &str) -> Value {
        let mut socket = self.connect(self.ws()).unwrap();
        socket.send(Message::text(message)).unwrap();
        serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
    }

    /// Status and body of a call of the control plane; `path` is what comes after its prefix.
    pub(crate) fn control(&self, method: &str, path: &str, header: &str, body: &str) -> (u16, String) {
        self.http(method, &format!("/__mock{path}"), header, body)
    }

    /// Status and body of any call.
    pub(crate) fn http(&self, method: &str, path: &str, header: &str, body: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(self.address()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let fixed = "Host: mock\r\nConnection: close\r\n";
        let length = body.len();
        write!(socket, "{method} {path} HTTP/1.1\r\n{fixed}{header}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        // Every shell has it built in; not every machine has it as a program.
        let kill = format!("kill -s {name} {}", self.ready["pid"]);
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it without a warning.
    pub(crate) fn kill(&mut self) {
        let child = self.child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn close_stdin(&mut self) {
        drop(self.child.as_mut().unwrap().stdin.take());
    }

    /// Waits for its end: the exit code.
    pub(crate) fn ended(mut self) -> i32 {
        let mut child = self.child.take().unwrap();
        let (tell, told) = mpsc::channel();
        let pid = child.id();
        thread::spawn(move || tell.send(child.wait().unwrap()));
        told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("process {pid} does not end")).code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn the_ready_line_has_all_that_a_program_needs() {
    let running = Running::start(&["pishock", "--port", "0", "--seed", "7"]);
    let Running { ready, child } = &running;
    assert_eq!((&ready["ready"], &ready["seed"]), (&json!(true), &json!(7)));
    assert_eq!(ready["pid"], child.as_ref().unwrap().id());
    assert_eq!(ready["mocks"].as_array().unwrap().len(), 1);
    let mock = running.mock();
    assert_eq!((&mock["protocol"], &mock["ca"]), (&json!("pishock"), &Value::Null));
    let http = mock["http"].as_str().unwrap();
    assert!(http.starts_with("http://127.0.0.1:") && !http.ends_with(":0"), "{http}");
    assert_eq!(mock["admin"], format!("{http}/__mock"));
    for name in ["username", "api_key", "user_id", "hub_id", "shocker_id", "share_code"] {
        assert!(!mock["demo"][name].is_null(), "demo has no {name}: {}", mock["demo"]);
    }
    assert_eq!(running.ask("{\"Operation\":\"PING\"}")["Message"], "PONG");
}

#[test]
fn all_protocols_are_served_when_none_is_named() {
    let named = Running::start(&["--port", "0"]);
    let protocols: Vec<_> = named.ready["mocks"].as_array().unwrap().iter().map(|mock| &mock["protocol"]).collect();
    assert_eq!(protocols, ["pishock", "shelly", "devicehive", "multistreamer"]);
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = complaint(&["serve", "pishock", "--port", &port]);
    assert_eq!(code, 3);
    assert!(said.contains(&format!("pishock: cannot listen on 127.0.0.1:{port}")), "{said}");
    assert!(said.contains("another program uses this port"), "{said}");
}

#[test]
#[cfg(unix)]
fn sigterm_and_sigint_end_it_in_good_order() {
    for name in ["TERM", "INT"] {
        let running = Running::start(&["--port", "0"]);
        let mut socket = running.connect(running.ws()).unwrap();
        running.signal(name);
        match socket.read().unwrap() {
            Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::Away),
            other => panic!("{other}"),
        }
        drop(socket); // else the mock waits a while for the client's side of the close
        assert_eq!(running.ended(), 0, "{name}");
    }
}

#[test]
fn it_can_be_ended_over_the_control_plane() {
    let running = Running::start(&["--port", "0"]);
    assert_eq!(running.control("POST", "/shutdown", "", "").0, 200);
    assert_eq!(running.ended(), 0);
}

#[test]
fn it_ends_with_its_parent_if_asked_to() {
    let mut running = Running::start(&["--port", "0", "--exit-with-parent"]);
    running.close_stdin();
    assert_eq!(running.ended(), 0);

    let mut running = Running::start(&["--port", "0"]);
    running.close_stdin();
    assert_eq!(running.control("GET", "/health", "", ""), (200, "{\"ok\":true}".into()), "not asked to");
}

#[test]
fn the_ready_file_lives_as_long_as_the_mocks() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ready.json");
    fs::write(&file, "from an earlier run").unwrap();
    let running = Running::start(&["--port", "0", "--ready-file", file.to_str().unwrap()]);
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written, running.ready);
    running.control("POST", "/shutdown", "", "");
    assert_eq!(running.ended(), 0);
    assert!(!file.exists());

    let (code, said) = complaint(&["serve", "--port", "0", "--ready-file", "no-such-folder/ready.json"]);
    assert!(code == 3 && said.contains("no-such-folder/ready.json cannot be written"), "{said}");
}

#[test]
fn options_reach_the_mock() {
    let running = Running::start(&["--port", "0", "--set", "pishock.login_failure=http401", "--clock", "virtual"]);
    let wrong = running.ws().replace("ApiKey=", "ApiKey=x");
    match running.connect(&wrong).map_err(|e| *e) {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 401),
        other => panic!("{other:?}"),
    }
    let (_, clock) = running.control("GET", "/clock", "", "");
    let clock: Value = serde_json::from_str(&clock).unwrap();
    assert_eq!((&clock["mode"], &clock["now"]), (&json!("virtual"), &json!(1_767_225_600.0)));
    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--set", "strict=maybe"]);
    assert!(code == 2 && said.contains("write true or false"), "{said}");
}

#[test]
fn the_control_plane_can_want_a_token() {
    let running = Running::start(&["--port", "0", "--admin-token", "open sesame"]);
    assert_eq!(running.control("GET", "/health", "", "").0, 401);
    assert_eq!(running.control("GET", "/health", "Authorization: Bearer open sesame\r\n", "").0, 200);
    let (code, said) = complaint(&["serve", "--port", "0", "--host", "0.0.0.0"]);
    assert!(code == 2 && said.contains("--admin-token"), "{said}");
}

#[test]
fn a_port_that_does_not_exist_is_refused() {
    let (code, said) = complaint(&["serve", "--port", "65536"]);
    assert!(code == 2 && said.contains("65536"), "{said}");
    let (code, said) = complaint(&["serve", "pishock", "pishock", "--port", "0"]);
    assert!(code == 2 && said.contains("named twice"), "{said}");
}

/// What a run with these arguments logs that is asked once and then told to stop.
fn logged(args: &[&str]) -> String {
    let mut running = Running::start_with(&[&["pishock", "--port", "0"], args].concat(), Stdio::piped());
    let (status, said) = running.control("POST", "/faults", "", r#"{"on":"out","kind":"duplicate"}"#);
    assert_eq!(status, 200, "{said}");
    let mut stderr = running.child.as_mut().unwrap().stderr.take().unwrap();
    let told = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    running.ask("{\"Operation\":\"PING\"}");
    running.control("POST", "/shutdown", "", "");
    assert_eq!(running.ended(), 0);
    told.join().unwrap()
}

#[test]
fn the_log_tells_as_much_as_is_asked_for_and_no_key() {
    assert_eq!(logged(&[]), "");
    let debug = logged(&["--log", "debug"]);
    assert!(debug.contains("\"kind\":\"opened\"") && debug.contains("\"kind\":\"gone\""), "{debug}");
    assert!(debug.contains("\"kind\":\"fault\"") && !debug.contains("\"kind\":\"received\""), "{debug}");
    let trace = logged(&["--log", "dummyload_host=trace"]);
    assert!(trace.contains("\"kind\":\"received\"") && trace.contains("PONG"), "{trace}");
    for log in [debug, trace] {
        assert!(log.contains("ApiKey=[redacted]") && !log.contains("11111111-2222"), "{log}");
    }
}

#[test]
fn a_filter_that_would_show_nothing_is_refused() {
    let (code, said) = complaint(&["serve", "--log", "lots"]);
    assert!(code == 2 && said.contains("\"lots\" is no level; there are off, error, warn"), "{said}");
    let (code, said) = complaint(&["serve", "--log", "debug,hyper=lots"]);
    assert!(code == 2 && said.contains("--log"), "{said}");
}

#[test]
fn this_machine_can_be_named() {
    let running = Running::start(&["pishock", "--port", "0", "--host", "localhost"]);
    assert!(running.ws().starts_with("ws://127.0.0.1:"), "{}", running.ws());
    let (code, said) = complaint(&["serve", "--host", "example.org"]);
    assert!(code == 2 && said.contains("or localhost"), "{said}");
}
