//! The runner against servers that behave well, and against servers that do not.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/clocked.rs"]
mod clocked;
mod common;

use clocked::Clocked;
use common::{answering, listen, report, suite, suite_with, target};
use dummyload_conformance::{Bar, Hazard, Progress, Report, RunOptions, Target, TextOptions};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The verdict of the only case, and the report.
async fn verdict(address: &str, steps: &str) -> (String, String) {
    let (report, text) = report(&suite(&[("a/case", steps)]), &target(address), &RunOptions::default()).await;
    (report.to_json()["runs"][0]["cases"][0]["verdict"].as_str().unwrap().to_owned(), text)
}

const PING: &str = "
[[step]]
send = '{\"say\":\"ping\"}'
[[step]]
expect = '{\"answer\":\"pong\",\"n\":\"$int\"}'
[[step]]
quiet = \"30ms\"
";

/// The same for a server that is known to stay silent. What is to arrive has all the time that a slow machine needs.
fn in_vain() -> String {
    PING.replacen("expect", "within = \"100ms\"\nexpect", 1)
}

fn pong() -> Message {
    Message::text(r#"{"answer":"pong","n":1,"more":true}"#)
}

#[tokio::test]
async fn a_good_server_passes() {
    let server = answering(|_| vec![pong()]).await;
    assert_eq!(verdict(&server, PING).await.0, "pass");
}

#[tokio::test]
async fn a_wrong_reply_fails_with_every_difference() {
    let server = answering(|_| vec![Message::text(r#"{"answer":"peng","n":"1"}"#)]).await;
    insta::assert_snapshot!(verdict(&server, PING).await.1);
}

#[tokio::test]
async fn silence_fails() {
    let server = answering(|_| Vec::new()).await;
    insta::assert_snapshot!(verdict(&server, &in_vain()).await.1);
}

#[tokio::test]
async fn a_frame_too_many_fails() {
    let server = answering(|_| vec![pong(), pong()]).await;
    insta::assert_snapshot!(verdict(&server, &PING.replace("30ms", "10s")).await.1);
}

#[tokio::test]
async fn what_is_no_json_fails() {
    let server = answering(|_| vec![Message::text("pong")]).await;
    insta::assert_snapshot!(verdict(&server, PING).await.1);
    let server = answering(|_| vec![Message::binary("pong")]).await;
    insta::assert_snapshot!(verdict(&server, PING).await.1);
}

fn closing(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "go away".into() }))
}

#[tokio::test]
async fn closes_are_told_apart() {
    let steps = |expected: &str| format!("[[step]]\nsend = '1'\n[[step]]\n{expected}\n");
    let server = answering(|_| vec![closing(4001)]).await;
    assert_eq!(verdict(&server, &steps("close = [1008, 4001]")).await.0, "pass");
    assert_eq!(verdict(&server, &steps("close = \"any\"")).await.0, "pass");
    assert_eq!(verdict(&server, &steps("cut = true")).await.0, "fail");
    insta::assert_snapshot!(verdict(&server, &steps("close = 1008")).await.1);
    let bare = answering(|_| vec![Message::Close(None)]).await;
    assert_eq!(verdict(&bare, &steps("close = 1005")).await.0, "pass");
}

#[tokio::test]
async fn a_cut_is_no_close() {
    let server = listen(|stream| async move {
        let mut peer = accept_async(stream).await.unwrap();
        let _ = peer.next().await;
    })
    .await;
    let steps = |expected: &str| format!("[[step]]\nsend = '1'\n[[step]]\n{expected}\n");
    assert_eq!(verdict(&server, &steps("cut = true")).await.0, "pass");
    insta::assert_snapshot!(verdict(&server, &steps("close = \"any\"")).await.1);
}

#[tokio::test]
async fn garbage_is_told() {
    let server = listen(|stream| async move {
        let mut peer = accept_async(stream).await.unwrap();
        let _ = peer.next().await;
        let _ = peer.get_mut().write_all(&[0xff; 32]).await;
        let _ = peer.next().await;
    })
    .await;
    insta::assert_snapshot!(verdict(&server, PING).await.1);
}

/// How far a case comes within a short budget is for the machine to say.
#[track_caller]
fn assert_over_budget((verdict, text): &(String, String)) {
    assert_eq!(verdict, "fail");
    assert!(
        text.contains("expected  the end of the case within its budget of") && text.contains("still going on"),
        "{text}"
    );
}

#[tokio::test]
async fn a_handshake_that_hangs_ends() {
    let server = listen(|mut stream| async move {
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
    })
    .await;
    assert_over_budget(&verdict(&server, &format!("budget = \"100ms\"\n{PING}")).await);
}

const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 10\r\n\r\nkey s3cr/et";

async fn refusing() -> String {
    listen(|mut stream| async move {
        let mut buffer = [0; 1024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(REFUSAL).await;
    })
    .await
}

#[tokio::test]
async fn a_refusal_can_be_what_is_wanted() {
    let server = refusing().await;
    insta::assert_snapshot!(verdict(&server, PING).await.1);
    let conn = "[[conn]]\nname = \"main\"\nopen = false\n";
    let always = format!("{conn}[[step]]\nopen = \"main\"\nrefused = [401, 403]\n");
    assert_eq!(verdict(&server, &always).await.0, "pass");
    assert_eq!(verdict(&server, &always.replace(", 403", "")).await.0, "fail");
    let maybe = format!(
        "{conn}[[step]]\nopen = \"main\"\nrefused = \"maybe\"\n[[step]]\nany_of = [\
         {{ name = \"refused\", refused = 403, verdict = \"non-strict\" }}, {{ name = \"closed\", close = \"any\" }}]\n"
    );
    let (seen, text) = verdict(&server, &maybe).await;
    assert_eq!(seen, "non-strict", "{text}");
    assert!(text.contains("It answers\n      outcome: refused (accepted, but noted)\n"), "{text}");
    let open = answering(|_| Vec::new()).await;
    assert_eq!(verdict(&open, &always).await.0, "fail");
}

/// Whatever way a server says no, a later step can ask whether it still answers.
#[tokio::test]
async fn an_end_that_was_looked_at_stays_the_end() {
    let case = "[[conn]]\nname = \"main\"\nopen = false\n[[step]]\nopen = \"main\"\nrefused = \"maybe\"\n";
    let asked = "[[step]]\nsend = '1'\n[[step]]\nexpect = '\"no\"'\n";
    let over = "[[step]]\nany_of = [{ name = \"refused\", refused = 403 }, { name = \"closed\", close = 4001 }]\n";
    let again = "[[step]]\nsend = '2'\n";
    let refusing = refusing().await;
    assert_eq!(verdict(&refusing, &format!("{case}{over}{again}{over}")).await.0, "pass");
    assert_eq!(verdict(&refusing, &format!("{case}{over}{again}[[step]]\nclose = \"any\"\n")).await.0, "fail");
    let closing = answering(|_| vec![Message::text("\"no\""), closing(4001)]).await;
    assert_eq!(verdict(&closing, &format!("{case}{asked}{over}{again}{over}")).await.0, "pass");
    let (seen, text) = verdict(&closing, &format!("{case}{asked}{over}{again}[[step]]\ncut = true\n")).await;
    assert_eq!(seen, "fail", "{text}");
}

#[tokio::test]
async fn an_unmet_guess_is_no_failure() {
    let server = answering(|_| Vec::new()).await;
    let guess = in_vain().replacen("within", "evidence = [\"guess\"]\nlevel = \"info\"\nwithin", 1);
    assert_eq!(verdict(&server, &guess).await.0, "info");
    let client = in_vain().replacen("within", "evidence = [\"client\"]\nwithin", 1);
    assert_eq!(verdict(&server, &client).await.0, "non-strict");
}

#[tokio::test]
async fn the_heaviest_part_that_is_missing_counts() {
    let server = answering(|_| vec![Message::text("1"), Message::text("9")]).await;
    let all = |step: &str, weak: &str, other: &str| {
        format!(
            "[[step]]\nsend = '0'\n[[step]]\n{step}all = [{{ expect = '{weak}', level = \"may\" }}, \
             {{ expect = '{other}' }}]\n"
        )
    };
    for (step, weak, other, wanted) in [
        ("", "2", "1", "info"),
        ("", "1", "2", "fail"),
        ("", "2", "3", "fail"),
        ("level = \"should\"\n", "1", "2", "non-strict"),
        ("level = \"should\"\n", "2", "3", "non-strict"),
    ] {
        assert_eq!(verdict(&server, &all(step, weak, other)).await.0, wanted, "{step}{weak} {other}");
    }
}

#[tokio::test]
async fn all_takes_any_order_and_tells_what_is_missing() {
    let all = "[[step]]\nsend = '1'\n[[step]]\nall = [{ expect = '1' }, { expect = '2' }, { close = 4000 }]\n";
    let server = answering(|_| vec![Message::text("2"), Message::text("1"), closing(4000)]).await;
    assert_eq!(verdict(&server, all).await.0, "pass");
    let server = answering(|_| vec![Message::text("2"), Message::text("3")]).await;
    insta::assert_snapshot!(verdict(&server, all).await.1);
}

/// Two parts, of which one weighs nothing: whatever the order of arrival, a miss weighs what the part missed weighs.
#[tokio::test]
async fn the_order_of_arrival_decides_nothing() {
    let (_state, server, control) = Clocked::start().await;
    let target = target(&server).admin(&format!("http://{control}"), None).unwrap();
    let (good, bad) = (r#"{"good":1}"#, r#"{"good":2}"#);
    let (note, odd) = (r#"{"note":"n"}"#, r#"{"note":null}"#);
    let all = "[[step]]\nall = [{ expect = '{\"note\":\"$string\"}', evidence = [\"guess\"] }, { expect = '{\"good\":1}' }]\n";
    let mut told = String::new();
    for (frames, wanted) in [
        (&[good, note][..], "pass"),
        (&[note, good], "pass"),
        (&[odd, good], "info"),
        (&[good, odd], "info"),
        (&[odd, odd, good], "info"),
        (&[odd, note, good], "info"),
        (&[odd, good, note], "info"),
        (&[good], "info"),
        (&[bad, note], "fail"),
        (&[note, bad], "fail"),
        (&[odd, bad], "fail"),
        (&[odd], "fail"),
        (&[note], "fail"),
        (&[], "fail"),
    ] {
        let say =
            frames.iter().enumerate().map(|(n, frame)| format!("[[step]]\nsend = '{{\"in\":{n},\"say\":{frame}}}'\n"));
        let suite = suite(&[("a/case", &format!("{}{all}", say.collect::<String>()))]);
        let (report, text) = report(&suite, &target, &RunOptions::default()).await;
        assert_eq!(report.to_json()["runs"][0]["cases"][0]["verdict"], wanted, "{frames:?}\n{text}");
        let lines =
            text.lines().filter(|line| line.trim_start().starts_with("expected ") || line.contains("received "));
        told += &format!("{frames:?}\n{}\n", lines.collect::<Vec<_>>().join("\n"));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_fits_several_parts_is_taken_for_the_heaviest() {
    let server = answering(|_| vec![Message::text("1"), Message::text("2")]).await;
    let all = "[[step]]\nsend = '0'\n[[step]]\nall = [{ expect = '\"$any\"', level = \"may\" }, { expect = '1' }]\n";
    let (seen, text) = verdict(&server, all).await;
    assert_eq!(seen, "pass", "{text}");
}

#[tokio::test]
async fn any_of_names_what_it_saw() {
    let any = "[[step]]\nsend = '1'\n[[step]]\nany_of = [{ name = \"one\", expect = '1' }, \
               { name = \"silent\", quiet = \"10s\", verdict = \"info\" }]\n";
    for (server, quiet, wanted, name) in [
        (answering(|_| vec![Message::text("1")]).await, "10s", "pass", "one"),
        (answering(|_| Vec::new()).await, "30ms", "info", "silent"),
    ] {
        let (seen, text) = verdict(&server, &any.replace("10s", quiet)).await;
        assert_eq!(seen, wanted, "{text}");
        assert!(text.contains(&format!("outcome: {name}")), "{text}");
    }
    let server = answering(|_| vec![Message::text("1")]).await;
    let (_, text) = verdict(&server, &any.repeat(3)).await;
    assert_eq!(text.matches("one").count(), 1, "the same three times is told once: {text}");
    let server = answering(|_| vec![Message::text("2")]).await;
    insta::assert_snapshot!(verdict(&server, any).await.1);
    let any = "[[step]]\nsend = '1'\n[[step]]\nany_of = [{ name = \"far\", expect = '{\"a\":1,\"b\":1}' }, \
               { name = \"near\", expect = '{\"a\":1,\"b\":2}' }, { name = \"end\", close = \"any\" }]\n";
    let server = answering(|_| vec![Message::text(r#"{"a":2,"b":2}"#)]).await;
    let (_, text) = verdict(&server, any).await;
    assert!(text.contains("/a  expected 1, got 2") && !text.contains("/b  "), "{text}");
}

#[tokio::test]
async fn frames_of_all_kinds_are_sent() {
    let server = answering(|text| vec![Message::text(text.len().to_string())]).await;
    let steps = "
        [[step]]
        send_fragments = ['{\"a\":', '1}']
        [[step]]
        expect = '7'
        [[step]]
        send_huge = { prefix = '[', repeat = ' ', times = 3000000, suffix = ']' }
        [[step]]
        expect = '3000002'
        [[step]]
        send_raw = \"8182 00000000 6869\"
        [[step]]
        expect = '2'
        [[step]]
        send_ping = \"are you there\"
        [[step]]
        pong = \"are you there\"
        [[step]]
        send_fragments = ['unfinished']
        finish = false
        [[step]]
        quiet = \"30ms\"
        [[step]]
        shut = 1000
        [[step]]
        close = 1000
    ";
    let (seen, text) = verdict(&server, steps).await;
    assert_eq!(seen, "pass", "{text}");
}

#[tokio::test]
async fn connections_work_together_and_captures_travel() {
    let server = answering(|text| match text {
        "1" => vec![Message::text(r#"{"id":"x/1"}"#)],
        other => vec![Message::text(other)],
    })
    .await;
    let steps = "
        [[conn]]
        name = \"a\"
        [[conn]]
        name = \"b\"
        profile = \"open\"
        open = false
        [[step]]
        conn = \"a\"
        send = '1'
        [[step]]
        conn = \"a\"
        expect = '{\"id\":\"$capture:id:string\"}'
        [[step]]
        open = \"b\"
        [[step]]
        conn = \"b\"
        send = '[\"${id}\",\"${id|query}\"]'
        [[step]]
        conn = \"b\"
        expect = '[\"$same:id\",\"x%2F1\"]'
        [[step]]
        conn = \"a\"
        quiet = \"20ms\"
    ";
    let (seen, text) = verdict(&server, steps).await;
    assert_eq!(seen, "pass", "{text}");
}

#[tokio::test]
async fn http_answers_are_judged() {
    let desk = listen(|mut stream| async move {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await.unwrap_or_default();
        let request = String::from_utf8_lossy(&buffer[..n]).into_owned();
        let body = if request.starts_with("GET /ask?key=s3cr%2Fet ") { "{\"ok\":true}" } else { "{\"ok\":false}" };
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let server = answering(|_| Vec::new()).await;
    let ask = |path: &str| {
        format!("[[step]]\nhttp = {{ service = \"desk\", path = \"{path}\" }}\nanswer = '{{\"ok\":true}}'\n")
    };
    let cases = [("a/good", ask("/ask?key=${key|query}")), ("a/bad", ask("/other/${key|query}"))];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, steps)| (*name, steps.as_str())).collect();
    let suite = suite(&cases);
    let (_, text) = report(&suite, &target(&server), &RunOptions::default()).await;
    insta::assert_snapshot!("http_without_the_service", text);
    let target = target(&server).http("desk", &format!("http://{desk}")).unwrap();
    let (report, text) = report(&suite, &target, &RunOptions::default()).await;
    insta::assert_snapshot!("http_with_the_service", text);
    assert!(!report.to_json().to_string().contains("s3cr"));
}

#[tokio::test]
async fn a_call_may_be_answered_steps_later() {
    // The desk answers once somebody has spoken in the room.
    static SPOKEN: Notify = Notify::const_new();
    let desk = listen(|mut stream| async move {
        // The first contact asks for nothing.
        if stream.read(&mut [0; 4096]).await.unwrap_or_default() == 0 {
            return;
        }
        SPOKEN.notified().await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}").await;
    })
    .await;
    let server = answering(|_| {
        SPOKEN.notify_one();
        vec![pong()]
    })
    .await;
    let steps = |answer: &str| {
        format!(
            "[[step]]\nhttp = {{ service = \"desk\", path = \"/wait\" }}\nlater = \"news\"\n{PING}\
             [[step]]\nanswered = \"news\"\nanswer = '{answer}'\n"
        )
    };
    let target = target_of(&server, &desk);
    let played = async |steps: String| report(&suite(&[("a/case", &steps)]), &target, &RunOptions::default()).await;
    let (good, _) = played(steps("{\"ok\":true}")).await;
    assert_eq!(good.to_json()["runs"][0]["cases"][0]["verdict"], "pass");
    insta::assert_snapshot!("answered_otherwise", played(steps("{\"ok\":false}")).await.1);
    let never = "[[step]]\nhttp = { service = \"desk\", path = \"/wait\" }\nlater = \"news\"\n\
                 [[step]]\nanswered = \"news\"\nwithin = \"100ms\"\n";
    let silent = listen(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let target = target_of(&server, &silent);
    insta::assert_snapshot!(
        "never_answered",
        report(&suite(&[("a/case", never)]), &target, &RunOptions::default()).await.1
    );
}

fn target_of(server: &str, desk: &str) -> Target {
    target(server).http("desk", &format!("http://{desk}")).unwrap()
}

fn news(n: u32) -> Message {
    Message::text(format!("{{\"news\":{n}}}"))
}

#[tokio::test]
async fn what_is_to_be_skipped_may_come_before_and_nothing_else() {
    let steps = |until: u32, within: &str| {
        let skip = "skip = '{\"news\":\"$int\"}'";
        let expect = format!("[[step]]\nexpect = '{{\"news\":{until}}}'\nwithin = \"{within}\"\n{skip}\n");
        format!("[[step]]\nsend = '{{}}'\n{expect}[[step]]\nquiet = \"100ms\"\n{skip}\n")
    };
    let server = answering(|_| vec![news(1), news(2), news(3)]).await;
    assert_eq!(verdict(&server, &steps(2, "5s")).await.0, "pass");
    insta::assert_snapshot!("skipped_in_vain", verdict(&server, &steps(4, "100ms")).await.1);
    let server = answering(|_| vec![news(1), pong(), news(2)]).await;
    insta::assert_snapshot!("not_to_be_skipped", verdict(&server, &steps(2, "5s")).await.1);
    assert_eq!(verdict(&server, &steps(1, "5s")).await.0, "fail", "something else breaks the silence");
    let either = "[[step]]\nsend = '{}'\n[[step]]\nskip = '{\"news\":\"$int\"}'\nany_of = [\n\
        { name = \"said\", expect = '{\"answer\":\"pong\"}' },\n{ name = \"closed\", close = \"any\" },\n]\n";
    assert_eq!(verdict(&server, either).await.0, "pass");
    let all = "[[step]]\nsend = '{}'\n[[step]]\nskip = '{\"news\":1}'\nall = [\n\
        { expect = '{\"news\":2}' },\n{ expect = '{\"answer\":\"pong\"}' },\n]\n";
    assert_eq!(verdict(&server, all).await.0, "pass");
}

fn of(lamp: &str) -> Message {
    Message::text(format!("{{\"news\":\"lamp\",\"lamp\":{{\"id\":{lamp}}}}}"))
}

#[tokio::test]
async fn what_a_case_does_not_speak_of_is_passed_over() {
    let expect =
        "[[step]]\nsend = '{}'\n[[step]]\nexpect = '{\"lamp\":{\"id\":${lamp}}}'\n[[step]]\nquiet = \"100ms\"\n";
    let silence = "[[step]]\nsend = '{}'\n[[step]]\nquiet = \"100ms\"\n";
    let others = answering(|_| vec![of("8"), of("7"), of("\"8\""), of("9")]).await;
    assert_eq!(verdict(&others, expect).await.0, "pass");
    assert_eq!(verdict(&others, silence).await.0, "pass");
    assert_eq!(verdict(&others, &format!("asides = false\n{silence}")).await.0, "fail");
    let twice = answering(|_| vec![of("7"), of("7")]).await;
    assert_eq!(verdict(&twice, expect).await.0, "fail", "the case speaks of this lamp");
    let about_nothing = answering(|_| vec![of("7"), Message::text(r#"{"news":"lamp"}"#)]).await;
    assert_eq!(verdict(&about_nothing, expect).await.0, "fail");
}

#[tokio::test]
async fn headers_of_answers_are_judged_and_captured() {
    let desk = listen(|mut stream| async move {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await.unwrap_or_default();
        let asked_with_code = buffer[..n].starts_with(b"GET /with/abc ");
        let status = if asked_with_code { "200 OK" } else { "302 Found" };
        let answer =
            format!("HTTP/1.1 {status}\r\nLocation: /with?code=abc\r\nVary: a\r\nvary: b\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let ask = |headers: &str| {
        let ask = "[[step]]\nhttp = { service = \"desk\", path = \"/ask\" }\nstatus = 302\n";
        let with = "[[step]]\nhttp = { service = \"desk\", path = \"/with/${code}\" }\n";
        format!("{ask}answer_headers = {headers}\n{with}")
    };
    let cases = [
        ("a/good", ask("{ location = '$re:^/with.code=(?<code>.+)$', VARY = \"a, b\" }")),
        ("b/bad", ask("{ Location = '$re:^/other.code=(?<code>.+)$' }")),
        ("c/none", ask("{ Location = '$re:(?<code>.+)$', Retry-After = \"1\" }")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, steps)| (*name, steps.as_str())).collect();
    let server = answering(|_| Vec::new()).await;
    let target = target(&server).http("desk", &format!("http://{desk}")).unwrap();
    insta::assert_snapshot!(report(&suite(&cases), &target, &RunOptions::default()).await.1);
}

#[tokio::test]
async fn with_a_control_plane_waiting_costs_no_time() {
    let (state, server, control) = Clocked::start().await;
    let target = target(&server).admin(&format!("http://{control}"), None).unwrap();
    let good = "
        [[conn]]
        name = \"a\"
        [[conn]]
        name = \"b\"
        [[step]]
        conn = \"a\"
        send = '{\"in\":600000,\"say\":1}'
        [[step]]
        conn = \"b\"
        send = '{\"in\":1200000,\"say\":2}'
        [[step]]
        conn = \"b\"
        quiet = \"9m\"
        [[step]]
        conn = \"b\"
        expect = '1'
        within = \"5m\"
        [[step]]
        advance = \"10m\"
        [[step]]
        conn = \"b\"
        expect = '2'
        [[step]]
        conn = \"b\"
        quiet = \"2weeks\"
        [[step]]
        conn = \"a\"
        expect = '1'
    ";
    let bad = "[[step]]\nsend = '{\"in\":600000,\"say\":1}'\n[[step]]\nquiet = \"11m\"\n";
    let late = "[[step]]\nsend = '{\"in\":600000,\"say\":1}'\n[[step]]\nexpect = '1'\nwithin = \"9m\"\n";
    let suite = suite(&[("a/good", good), ("a/bad", bad), ("a/late", late)]);
    let options = RunOptions::default();
    let run = report(&suite, &target, &options);
    // Real time, as a bound against hanging only.
    let (_, text) = tokio::time::timeout(Duration::from_secs(120), run).await.unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(state.lock().unwrap().resets, 3);
}

#[tokio::test]
async fn hazards_want_permission() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let switch =
        "hazard = \"physical\"\n[[step]]\nsend = '{\"switch\":${lamp}}'\n[[step]]\nexpect = '{\"switch\":7}'\n";
    let hidden = "[[step]]\nsend = '{\"switch\":${lamp}}'\n[[step]]\nexpect = '{}'\n";
    let suite = suite(&[("a/switch", switch), ("a/hidden", hidden)]);
    let verdicts = |report: &dummyload_conformance::Report| {
        let json = report.to_json();
        let list = json["runs"][0]["cases"].as_array().unwrap().clone();
        list.iter().map(|case| format!("{} {}", case["verdict"], case["reason"])).collect::<Vec<_>>().join("\n")
    };
    let options = RunOptions::default();
    let (forbidden, _) = report(&suite, &target(&server), &options).await;
    let (allowed, _) = report(&suite, &target(&server).allow(Hazard::Physical), &options).await;
    let (own, _) = report(&suite, &target(&server).own_mock().unwrap(), &options).await;
    insta::assert_snapshot!(format!("{}\n\n{}\n\n{}", verdicts(&forbidden), verdicts(&allowed), verdicts(&own)));
    assert_eq!(forbidden.exit_code(), 6);
    assert!(target("192.0.2.1:1").own_mock().is_err());
}

#[tokio::test]
async fn nobody_listening_is_no_verdict() {
    // A port that was free a moment ago.
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let suite = suite(&[("a/ping", PING)]);
    let cases: Vec<_> = suite.cases().iter().collect();
    let target = target(&address.to_string());
    let protocol = suite.protocol("room").unwrap();
    let run = dummyload_conformance::run(protocol, &cases, &target, &RunOptions::default(), |_| {}).await;
    assert!(run.unwrap_err().to_string().starts_with("cannot connect to 127.0.0.1:"));
}

#[tokio::test]
async fn a_server_without_tls_is_no_wss_server() {
    let server = answering(|_| Vec::new()).await;
    let suite = suite(&[("a/ping", PING)]);
    let target = dummyload_conformance::Target::new(&format!("wss://{server}")).unwrap();
    let cases: Vec<_> = suite.cases().iter().collect();
    let protocol = suite.protocol("room").unwrap();
    let run = dummyload_conformance::run(protocol, &cases, &target, &RunOptions::default(), |_| {}).await;
    assert!(run.unwrap_err().to_string().starts_with("no TLS with 127.0.0.1:"));
}

#[tokio::test]
async fn a_case_that_takes_too_long_ends() {
    let server = answering(|_| Vec::new()).await;
    let steps = "budget = \"100ms\"\n[[step]]\nquiet = \"10m\"\n";
    assert_over_budget(&verdict(&server, steps).await);
}

#[tokio::test]
async fn a_server_that_takes_nothing_in_does_not_hang_the_suite() {
    let server = listen(|stream| async move {
        let mut peer = accept_async(stream).await.unwrap();
        let _ = peer.send(Message::text("hello")).await;
        std::future::pending::<()>().await;
    })
    .await;
    let steps = "budget = \"300ms\"\n[[step]]\nexpect_text = 'hello'\n[[step]]\n\
                 send_huge = { repeat = 'x', times = 50000000 }\n[[step]]\nexpect = '1'\n";
    assert_over_budget(&verdict(&server, steps).await);
}

#[tokio::test]
async fn the_suite_says_goodbye() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Arc::new(std::sync::Mutex::new(Some(tell)));
    let server = listen(move |stream| {
        let tell = std::sync::Arc::clone(&tell);
        async move {
            // The first connection only asks whether somebody is there.
            let Ok(mut peer) = accept_async(stream).await else { return };
            let _ = peer.send(pong()).await;
            if let Some(Ok(message)) = peer.next().await {
                let _ = tell.lock().unwrap().take().unwrap().send(message);
            }
        }
    })
    .await;
    let steps = "[[step]]\nexpect = '{\"answer\":\"pong\"}'\n";
    assert_eq!(verdict(&server, steps).await.0, "pass");
    let Message::Close(Some(frame)) = told.await.unwrap() else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1000);
}

#[tokio::test]
async fn fail_fast_leaves_the_rest_out() {
    let server = answering(|_| vec![Message::text("0")]).await;
    let suite = suite(&[("a/one", PING), ("a/two", PING)]);
    let mut options = RunOptions::default();
    options.fail_fast = true;
    let (report, text) = report(&suite, &target(&server), &options).await;
    assert_eq!(report.exit_code(), 1);
    assert!(text.contains("1 more not run"), "{text}");
}

const ECHO: &str =
    "needs = [\"repeats\"]\n[[step]]\nsend = '\"say\"'\n[[step]]\nexpect = '\"say\"'\nwithin = \"100ms\"\n";

const PROBED: &str = "[[need]]\nname = \"repeats\"\nhelp = \"it repeats\"\nprobe = \"room/echo\"\n";

/// What nobody has said is found out by the probe, which is asked once; its own verdict comes in its turn.
#[tokio::test]
async fn capabilities_are_probed() {
    let suite = suite_with(PROBED, &[("echo", ECHO), ("other", &ECHO.replace("say", "other"))]);
    let echoes = answering(|text| vec![Message::text(text.to_owned())]).await;
    let is_mute = answering(|_| vec![]).await;
    let mut told = String::new();
    for target in [target(&echoes), target(&is_mute), target(&is_mute).have("repeats"), target(&echoes).lack("repeats")]
    {
        told += &report(&suite, &target, &RunOptions::default()).await.1;
    }
    insta::assert_snapshot!(told);
}

/// A probe does nothing that a case may not do.
#[tokio::test]
async fn a_probe_needs_permission() {
    let suite = suite_with(PROBED, &[("echo", &format!("hazard = \"mutates\"\n{ECHO}")), ("other", ECHO)]);
    let server = answering(|text| panic!("this came: {text}")).await;
    let (_, told) = report(&suite, &target(&server), &RunOptions::default()).await;
    assert!(told.contains("lacks repeats: its probe room/echo needs --allow mutates"), "{told}");
}

#[test]
fn a_probe_needs_just_its_capability() {
    let suite = suite_with(PROBED, &[("echo", &ECHO.replace("[\"repeats\"]", "[\"repeats\", \"http\"]"))]);
    let findings: Vec<String> = suite.lint().iter().map(ToString::to_string).collect();
    assert!(findings.iter().any(|finding| finding.contains("must have needs = [\"repeats\"]")), "{findings:?}");
}

#[tokio::test]
async fn groups_are_told_as_they_end() {
    let server = answering(|_| vec![pong()]).await;
    // The group `a` goes on after `a/b`, which lies in it.
    let suite = suite(&[("a/a", PING), ("a/b/c", PING), ("a/z", PING), ("b/a", PING)]);
    let (protocol, target) = (suite.protocol("room").unwrap(), target(&server));
    let cases: Vec<_> = suite.cases().iter().collect();
    let shown = TextOptions::default();
    let (mut told, mut events) = (Vec::new(), Vec::new());
    let options = RunOptions::default();
    let run = dummyload_conformance::run(protocol, &cases, &target, &options, |progress| match progress {
        Progress::Run(run) => run.write_head(&mut told).unwrap(),
        Progress::Case { case, .. } => events.push(case.id().to_owned()),
        Progress::Group(run, group) => {
            events.push(group.to_owned());
            run.write_group(&mut told, group, &shown).unwrap();
        }
        _ => {}
    });
    let report = Report::new(vec![run.await.unwrap()], Bar::Fail);
    assert_eq!(events, ["room/a/a", "room/a/b/c", "a/b", "room/a/z", "a", "room/b/a", "b"]);
    report.write_end(&mut told, &shown).unwrap();
    let mut whole = Vec::new();
    report.write_text(&mut whole, &shown).unwrap();
    assert_eq!(String::from_utf8(told).unwrap(), String::from_utf8(whole).unwrap());
}

/// What variables, escapes and masks make of a text is looked at before it is sent.
#[tokio::test]
async fn nothing_is_sent_that_is_worse_than_its_case() {
    let server = answering(|text| panic!("this came: {text}")).await;
    let masked: String = std::iter::once("818a01020304".to_owned())
        .chain(br#"{"switch":"#.iter().zip([1u8, 2, 3, 4].into_iter().cycle()).map(|(b, m)| format!("{:02x}", b ^ m)))
        .collect();
    let cases = [
        ("a", "send_text = '{${key}:1}'".to_owned()),
        ("b", r#"send = '{"\u0073witch":1}'"#.to_owned()),
        ("c", r#"send = '["{\"\\u0073witch\":1}"]'"#.to_owned()),
        ("d", format!("send_raw = \"{masked}\"")),
        ("e", "http = { service = \"desk\", method = \"POST\", path = \"/\", body = '{${key}:1}' }".to_owned()),
    ];
    let cases: Vec<(&str, String)> = cases.map(|(name, step)| (name, format!("[[step]]\n{step}\n"))).into();
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, steps)| (*name, steps.as_str())).collect();
    let target = target(&server).http("desk", &format!("http://{server}")).unwrap().variable("key", "\"switch\"");
    let (report, text) = report(&suite(&cases), &target, &RunOptions::default()).await;
    assert_eq!(report.exit_code(), 6, "{text}");
    let told = "is physical (a lamp goes on), and the case does not say so: it was not sent";
    assert_eq!(text.matches(told).count(), 5, "{text}");
}

/// The server goes away while the second case is played.
#[tokio::test]
async fn a_server_that_is_lost_ends_the_run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        // The first contact, and two cases.
        for _ in 0..3 {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let Ok(mut peer) = tokio_tungstenite::accept_async(stream).await else { return };
                while let Some(Ok(message)) = peer.next().await {
                    if message.is_text() {
                        peer.send(pong()).await.unwrap();
                    }
                }
            });
        }
    });
    let suite = suite(&[("a", PING), ("b", PING), ("c", PING), ("d", PING)]);
    let (report, text) = report(&suite, &target(&address), &RunOptions::default()).await;
    assert_eq!(report.exit_code(), 3, "{text}");
    assert!(text.contains("It was there in room/b, the last case before. 2 cases not judged"), "{text}");
    assert!(text.contains("SERVER LOST") && !text.contains("room/c"), "{text}");
}

#[tokio::test]
async fn a_run_that_is_interrupted_tells_what_it_has() {
    let server = answering(|_| vec![pong()]).await;
    let suite = suite(&[("a", PING), ("b", PING), ("c", PING)]);
    let (protocol, target) = (suite.protocol("room").unwrap(), target(&server));
    let cases: Vec<_> = suite.cases().iter().collect();
    let options = RunOptions::default();
    let stop = options.stop.clone();
    let run = dummyload_conformance::run(protocol, &cases, &target, &options, |progress| {
        if let Progress::Case { done: 2, .. } = progress {
            stop.stop();
        }
    });
    let report = Report::new(vec![run.await.unwrap()], Bar::Fail);
    assert_eq!(report.exit_code(), 130);
    let json = report.to_json();
    let run = &json["runs"][0];
    assert_eq!((&run["ended_early"]["reason"], &run["not_run"]), (&"interrupted".into(), &1.into()));
    assert_eq!(run["cases"].as_array().unwrap().len(), 2);
}

/// A peer that never stops does not fill the memory, and the rest of the case goes on.
#[tokio::test]
async fn of_a_flood_not_all_is_kept() {
    let server = listen(|stream| async move {
        let Ok(mut peer) = tokio_tungstenite::accept_async(stream).await else { return };
        for _ in 0..20_000 {
            peer.feed(Message::Ping(vec![7; 100].into())).await.unwrap();
        }
        peer.send(pong()).await.unwrap();
        while let Some(Ok(_)) = peer.next().await {}
    })
    .await;
    let (report, text) = report(&suite(&[("a", PING)]), &target(&server), &RunOptions::default()).await;
    assert_eq!(report.exit_code(), 0, "{text}");
    let transcript = &report.to_json()["runs"][0]["cases"][0]["transcript"];
    let transcript = transcript.as_array().unwrap();
    assert!(transcript.len() <= 5_001, "{}", transcript.len());
    assert_eq!(transcript.last().unwrap()["kind"], "more");
}
