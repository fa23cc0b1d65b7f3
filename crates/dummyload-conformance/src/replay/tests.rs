//! Recordings played against a small server that does as it is told: what was recorded agrees, and every deviation is told.

use super::*;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

const RULES: &str = r#"
protocol = "room"
answers_by = ["action", "requestId"]
creates = '"action":"room/insert"'

[push]
member = "to"
without = "status"
items = ["/item/id"]

[login]
method = "POST"
path = "/login"
body = '{"login":"{login}","password":"{password}"}'
token = "/token"

[[id]]
kind = "listener"
members = ["to"]
made = "drawn"

[[id]]
kind = "item"
members = ["itemId"]
within = ["item"]
made = "drawn"

[[id]]
kind = "room"
members = ["room"]
context = '^room/'
segment = "room"
made = "counted"
"#;

/// Two sockets. One listens twice, the other sends two items; then a refused handshake, a call over HTTP, and the end.
const RECORDING: &str = r#"{"t":0,"conn":"-","user":null,"dir":"ctl","text":"scenario: items for listeners","clock":1795314769492}
{"t":1,"conn":"a","user":"ann","dir":"open","path":"/socket?token=<token:ann>","req_headers":{"Host":"room.example","Upgrade":"websocket","Connection":"Upgrade","Sec-WebSocket-Key":"dGhlIHNhbXBsZSBub25jZQ==","Sec-WebSocket-Version":"13"},"status":101,"res_headers":{"Upgrade":"websocket","Connection":"Upgrade","Sec-WebSocket-Accept":"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}
{"t":2,"conn":"a","user":"ann","dir":"send","text":"{\"action\":\"listen\",\"requestId\":1}"}
{"t":3,"conn":"a","user":"ann","dir":"recv","text":"{\"action\":\"listen\",\"requestId\":1,\"status\":\"success\",\"to\":100001}"}
{"t":4,"conn":"a","user":"ann","dir":"send","text":"{\"action\":\"item/insert\",\"requestId\":2}"}
{"t":5,"conn":"a","user":"ann","dir":"recv","text":"{\"action\":\"item/insert\",\"item\":{\"id\":200001,\"name\":\"one\"},\"to\":100001}"}
{"t":6,"conn":"a","user":"ann","dir":"recv","text":"{\"action\":\"item/insert\",\"item\":{\"id\":200002,\"name\":\"two\"},\"to\":100001}"}
{"t":7,"conn":"a","user":"ann","dir":"recv","text":"{\"action\":\"item/insert\",\"requestId\":2,\"status\":\"success\",\"item\":{\"id\":200001,\"at\":\"2026-11-22T02:32:49.671\"}}"}
{"t":8,"conn":"a","user":"ann","dir":"send","text":"{\"action\":\"item/get\",\"requestId\":3,\"itemId\":200001}"}
{"t":9,"conn":"a","user":"ann","dir":"recv","text":"{\"action\":\"item/get\",\"requestId\":3,\"status\":\"success\",\"item\":{\"id\":200001,\"at\":\"2026-11-22T02:32:49.671\"}}"}
{"t":10,"conn":"http","user":null,"dir":"http-req","method":"GET","path":"/info","headers":{"Host":"room.example"},"body":null}
{"t":11,"conn":"http","user":null,"dir":"http-res","method":"GET","path":"/info","status":200,"headers":{"Content-Type":"application/json","Date":"x"},"body":"{\"name\":\"room\"}"}
{"t":12,"conn":"a","user":"ann","dir":"close","by":"client","text":"recording ends"}
"#;

/// What the server does with the n-th message, and over HTTP.
#[derive(Clone)]
struct Script {
    answers: Vec<Vec<String>>,
    handshake: u16,
    info: String,
    info_type: &'static str,
    /// What it got; an end for every connection.
    got: tokio::sync::mpsc::UnboundedSender<String>,
}

/// As recorded, with other ids and times.
fn script() -> (Script, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = time::print(now.as_millis().try_into().unwrap());
    let answers = [
        vec![r#"{"action":"listen","requestId":1,"status":"success","to":7}"#.to_owned()],
        vec![
            r#"{"action":"item/insert","item":{"id":11,"name":"one"},"to":7}"#.to_owned(),
            r#"{"action":"item/insert","item":{"id":12,"name":"two"},"to":7}"#.to_owned(),
            format!(r#"{{"action":"item/insert","requestId":2,"status":"success","item":{{"id":11,"at":"{now}"}}}}"#),
        ],
        vec![format!(r#"{{"action":"item/get","requestId":3,"status":"success","item":{{"id":11,"at":"{now}"}}}}"#)],
    ];
    let (got, seen) = tokio::sync::mpsc::unbounded_channel();
    let info = r#"{"name":"room"}"#.to_owned();
    (Script { answers: answers.into(), handshake: 101, info, info_type: "application/json", got }, seen)
}

async fn serve(script: Script) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, script.clone()));
        }
    });
    Server::new(&url).unwrap().password("ann", "ann's password").patience(Duration::from_secs(1))
}

async fn connection(mut stream: TcpStream, script: Script) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let answer = |status: u16, kind: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    };
    let _ = script.got.send(head.lines().next().unwrap().to_owned());
    if head.starts_with("post /login") {
        return stream
            .write_all(answer(200, "application/json", r#"{"token":"secret-token"}"#).as_bytes())
            .await
            .unwrap();
    }
    if head.starts_with("get /info") {
        return stream.write_all(answer(200, script.info_type, &script.info).as_bytes()).await.unwrap();
    }
    if script.handshake != 101 {
        return stream.write_all(answer(script.handshake, "text/plain", "no").as_bytes()).await.unwrap();
    }
    let accept = derive_accept_key(b"dGhlIHNhbXBsZSBub25jZQ==");
    let head = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    stream.write_all(format!("{head}{accept}\r\n\r\n").as_bytes()).await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    for answers in &script.answers {
        let Some(Ok(Message::Text(text))) = socket.next().await else { break };
        let _ = script.got.send(text.to_string());
        for answer in answers {
            let message = match answer.as_str() {
                "close" => Message::Close(None),
                "ping" => Message::Ping(Vec::new().into()),
                text => Message::text(text.to_owned()),
            };
            let _ = socket.send(message).await;
        }
    }
    while let Some(Ok(_)) = socket.next().await {}
}

async fn differences(change: impl FnOnce(&mut Script)) -> Vec<String> {
    let (mut script, _seen) = script();
    change(&mut script);
    let (scenario, rules) = (Scenario::parse("items", RECORDING).unwrap(), Rules::parse(RULES).unwrap());
    let played = play(&scenario, &rules, &serve(script).await).await.unwrap();
    played.differences().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn other_ids_and_times_agree_and_are_used_in_what_is_sent() {
    let (script, mut seen) = script();
    let (scenario, rules) = (Scenario::parse("items", RECORDING).unwrap(), Rules::parse(RULES).unwrap());
    assert_eq!((scenario.title(), scenario.clock()), ("items for listeners", Some(1_795_314_769_492)));
    assert_eq!(scenario.start(&rules), Some(1_795_314_769_667), "the answer to line 5 was written at 49.671");
    let played = play(&scenario, &rules, &serve(script).await).await.unwrap();
    assert_eq!(played.differences(), []);
    let mut got = Vec::new();
    while let Ok(text) = seen.try_recv() {
        got.push(text);
    }
    assert_eq!(got[..2], ["post /login http/1.1", "get /socket?token=secret-token http/1.1"]);
    assert!(got.contains(&r#"{"action":"item/get","requestId":3,"itemId":11}"#.to_owned()), "{got:?}");
}

#[tokio::test]
async fn pushes_may_come_behind_the_answer_but_not_in_another_order() {
    assert_eq!(differences(|script| script.answers[1].rotate_right(1)).await, [""; 0]);
    let found = differences(|script| script.answers[1].swap(0, 1)).await;
    assert!(found[0].starts_with("line 6 (a): recorded before it, seen behind it: {"), "{found:?}");
    assert!(found[0].contains("\"two\"") && found.len() == 1, "{found:?}");
}

#[tokio::test]
async fn of_a_page_other_things_may_be_pushed_that_the_recording_knows() {
    let rules = format!("{RULES}\n[[free]]\nwhat = \"pushes\"\nrequest = \"item/insert\"\npage = true\n");
    let played = async |change: fn(&mut Script), rules: &str| {
        let (mut script, _seen) = script();
        change(&mut script);
        // A third thing, which the second half of the recording shows.
        let known = RECORDING.replace(
            r#"{\"id\":200001,\"at\":\"2026-11-22T02:32:49.671\"}}"}
{"t":10"#,
            r#"{\"id\":200003,\"name\":\"three\"}}"}
{"t":10"#,
        );
        script.answers[2] = vec![
            r#"{"action":"item/get","requestId":3,"status":"success","item":{"id":13,"name":"three"}}"#.to_owned(),
        ];
        // What an answer holds is no list, so it has to be known from a push.
        let known = known
            .replace(r#""status\":\"success\",\"item\":{\"id\":200003"#, r#""to\":100001,\"item\":{\"id\":200003"#);
        script.answers[2][0] = script.answers[2][0].replace(r#""status":"success""#, r#""to":7"#);
        let (scenario, rules) = (Scenario::parse("items", &known).unwrap(), Rules::parse(rules).unwrap());
        let played = play(&scenario, &rules, &serve(script).await).await.unwrap();
        played.differences().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let three =
        |script: &mut Script| script.answers[1][1] = script.answers[1][1].replace("12", "13").replace("two", "three");
    assert_eq!(played(three, &rules).await, [""; 0]);
    assert_eq!(played(|_| {}, &rules).await, [""; 0]);
    assert!(played(three, RULES).await[0].starts_with("line 7 (a): /item/"));
    let four = |script: &mut Script| script.answers[1][1] = script.answers[1][1].replace("two", "four");
    assert_eq!(played(four, &rules).await, [r#"line 7 (a): /item/name: recorded "two", seen "four""#]);
}

#[test]
fn what_several_requests_under_way_cause_has_no_order() {
    let rules = Rules::parse(RULES).unwrap();
    let send =
        |n: u8| format!(r#"{{"t":{n},"conn":"a","dir":"send","text":"{{\"action\":\"x\",\"requestId\":{n}}}"}}"#);
    let answer = |n: u8| {
        format!(r#"{{"t":9,"conn":"a","dir":"recv","text":"{{\"action\":\"x\",\"requestId\":{n},\"status\":1}}"}}"#)
    };
    let push = r#"{"t":9,"conn":"a","dir":"recv","text":"{\"to\":1}"}"#.to_owned();
    let lines = [
        send(1),
        answer(1),
        push.clone(),
        send(2),
        send(3),
        answer(3),
        answer(2),
        push.clone(),
        send(4),
        push,
        answer(4),
    ];
    let scenario = Scenario::parse("x", &lines.join("\n")).unwrap();
    let asked = scenario.asked(&rules);
    assert_eq!(asked.iter().map(|(a, b)| (*a, *b)).collect::<Vec<_>>(), [(2, 1), (6, 5), (7, 4), (11, 9)]);
    assert_eq!(scenario.crowded(&asked).into_iter().collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
}

#[test]
fn unrecorded_calls_are_made_before_the_pushes_that_they_cause() {
    let rules = Rules::parse(RULES).unwrap();
    let lines = [
        r#"{"t":1,"conn":"a","dir":"recv","text":"{\"action\":\"x\",\"status\":1}"}"#,
        r#"{"t":2,"conn":"a","dir":"recv","text":"{\"to\":1}"}"#,
        r#"{"t":3,"conn":"b","dir":"recv","text":"{\"to\":2}"}"#,
        r#"{"t":9,"conn":"-","dir":"ctl","text":"made before","setup":[{"method":"PUT","path":"/x","body":{}}]}"#,
    ];
    let right = Scenario::parse("x", &lines.join("\n")).unwrap().put_right(&rules);
    assert_eq!(right.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 4, 2, 3]);
}

#[tokio::test]
async fn a_wrong_value_is_told() {
    let wrong = |from: &'static str, to: &'static str| {
        differences(move |script| script.answers[1].iter_mut().for_each(|answer| *answer = answer.replace(from, to)))
    };
    assert_eq!(wrong("one", "eins").await, [r#"line 6 (a): /item/name: recorded "one", seen "eins""#]);
    assert_eq!(wrong("success", "done").await, [r#"line 8 (a): /status: recorded "success", seen "done""#]);
    assert_eq!(
        wrong(r#""name":"one""#, r#""name":"one","more":null"#).await,
        ["line 6 (a): /item/more: recorded no such member, seen null"]
    );
    let found = wrong(r#"success","item":{"id":11"#, r#"success","item":{"id":13"#).await;
    assert_eq!(found[0], "line 8 (a): /item/id: recorded 200001 (item 11 here), seen 13");
}

#[tokio::test]
async fn nothing_may_be_missing_and_nothing_may_come_besides() {
    let found = differences(|script| drop(script.answers[1].remove(1))).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("line 7 (a): recorded {") && found[0].ends_with("but it did not come"), "{found:?}");
    let found = differences(|script| script.answers[2].push("{}".into())).await;
    assert_eq!(found, ["line 10 (a): nothing more recorded on a, seen {}"]);
    let found = differences(|script| script.answers[2].push("close".into())).await;
    assert_eq!(found[0], "line 10 (a): nothing more recorded on a, seen a close frame without a code");
}

#[tokio::test]
async fn pings_are_counted_unless_they_come_by_a_clock_that_is_not_set() {
    let played = async |rules: &str| {
        let (mut script, _seen) = script();
        script.answers[2].push("ping".into());
        let (scenario, rules) = (Scenario::parse("items", RECORDING).unwrap(), Rules::parse(rules).unwrap());
        let played = play(&scenario, &rules, &serve(script).await).await.unwrap();
        played.differences().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(played(RULES).await, ["line 10 (a): recorded 0 pings, seen 1"]);
    assert_eq!(played(&format!("pings_every = 30000\n{RULES}")).await, [""; 0]);
}

#[tokio::test]
async fn http_is_compared_too() {
    let found = differences(|script| script.info = r#"{"name":"hall"}"#.into()).await;
    assert_eq!(found, [r#"line 12 (http): /name: recorded "room", seen "hall""#]);
    let found = differences(|script| script.info_type = "text/plain").await;
    assert_eq!(found, ["line 12 (http): content-type: recorded application/json, seen text/plain"]);
    let (mut script, _seen) = script();
    script.info_type = "text/plain";
    let unrecorded = RECORDING.replace(r#""headers":{"Content-Type":"application/json","Date":"x"},"#, "");
    let (scenario, rules) = (Scenario::parse("items", &unrecorded).unwrap(), Rules::parse(RULES).unwrap());
    let played = play(&scenario, &rules, &serve(script).await).await.unwrap();
    assert_eq!(played.differences(), [], "headers that were not recorded do not matter");
    let found = differences(|script| script.handshake = 403).await;
    assert_eq!(found[0], "line 2 (a): status: recorded 101, seen 403 no");
}

#[tokio::test]
async fn what_cannot_be_played_says_why() {
    let rules = Rules::parse(RULES).unwrap();
    let (script, _seen) = script();
    let server = serve(script).await;
    let cannot = async |line: &str| {
        let scenario = Scenario::parse("x", line).unwrap();
        play(&scenario, &rules, &server).await.unwrap_err()
    };
    let call =
        r#"{"t":0,"conn":"http","user":null,"dir":"http-req","method":"GET","path":"/<session:ann>","body":null}"#;
    let why = cannot(call).await;
    assert_eq!(
        why,
        "line 1: this needs <session:ann>, of which nothing is known; give it with --word 'session:ann=...'"
    );
    let why = cannot(r#"{"t":0,"conn":"a","user":null,"dir":"send","text":"x"}"#).await;
    assert_eq!(why, "line 1: the socket a was not opened before");
    let why = cannot(r#"{"t":0,"conn":"-","user":null,"dir":"ctl","text":"x","act":{"do":"rain"}}"#).await;
    assert!(why.contains("only a server with a control plane can do \"rain\""), "{why}");
}

#[test]
fn every_mistake_in_a_recording_is_told_with_its_line() {
    let text = "{\"t\":0,\"conn\":\"-\",\"dir\":\"ctl\"}\n\n{\"t\":0,\"conn\":\"a\",\"dir\":\"talk\"}\n{\"t\":0,\"conn\":\"a\",\"dir\":\"send\",\"hex\":\"0\"}\n{\"t\":0,\"conn\":\"a\",\"dir\":\"ctl\",\"colour\":1}\n";
    let error = Scenario::parse("x", text).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].starts_with("x, line 3: `dir` is \"talk\"; there are open, send"), "{error}");
    assert!(lines[1].starts_with("x, line 4: \"0\" is no row of pairs"), "{error}");
    assert!(lines[2].starts_with("x, line 5: unknown field `colour`"), "{error}");
}
