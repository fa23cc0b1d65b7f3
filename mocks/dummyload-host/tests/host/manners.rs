//! Servers that behave otherwise than RFC 6455 makes one think.

use crate::common::{Room, connect, hear, say};
use dummyload_host::{CloseReply, Limits, Manners, MockBuilder, Offence, Query, SlowReader};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;

async fn mock_with(change: impl FnOnce(&mut Manners)) -> dummyload_host::Mock {
    let mut manners = Manners::default();
    change(&mut manners);
    MockBuilder::default().virtual_clock().start(Room::with(manners)).await.unwrap()
}

/// The raw bytes that follow the 101 of a handshake of this version, after `frame`, until the end.
async fn raw(mock: &dummyload_host::Mock, version: &str, frame: &[u8]) -> (String, Vec<u8>) {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let request = format!(
        "GET /?key=sesame HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: {version}\r\nsec-websocket-key: short\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let mut rest = Vec::new();
    if head.starts_with(b"HTTP/1.1 101") {
        socket.write_all(frame).await.unwrap();
        let _ = socket.read_to_end(&mut rest).await;
    }
    (String::from_utf8(head).unwrap(), rest)
}

#[tokio::test]
async fn reasons_are_the_servers_own() {
    let mock = mock_with(|manners| {
        manners.max_frame = 3;
        manners.reasons = &[(Offence::ReservedOpcode, "E9: opcode = {}"), (Offence::TooBig, "E40: over {}")];
    })
    .await;
    let (_, end) = raw(&mock, "13", &[0x83, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(end, b"\x88\x10\x03\xeaE9: opcode = 3");
    let (_, end) = raw(&mock, "13", &[0x81, 0x84, 0, 0, 0, 0, b'l', b'o', b'n', b'g']).await;
    assert_eq!(&end[2..], b"\x03\xf1E40: over 3");
    let (_, end) = raw(&mock, "13", &[0x81, 0x01, b'x']).await;
    assert_eq!(&end[2..], b"\x03\xeaa frame of a client is not masked");
}

#[tokio::test]
async fn the_world_says_which_versions_it_speaks() {
    let mock = mock_with(|_| {}).await;
    let bye = [0x88, 0x80, 0, 0, 0, 0];
    assert!(raw(&mock, "8", &bye).await.0.starts_with("HTTP/1.1 101"));
    assert!(raw(&mock, "9", &bye).await.0.starts_with("HTTP/1.1 404"), "the world answers it as any request");
}

#[tokio::test]
async fn long_messages_go_out_in_frames() {
    let mock = mock_with(|manners| manners.fragment_bytes = Some(4)).await;
    let hello = [0x81, 0x86, 0, 0, 0, 0, b'f', b'r', b'a', b'm', b'e', b's', 0x88, 0x80, 0, 0, 0, 0];
    let (_, seen) = raw(&mock, "13", &hello).await;
    assert_eq!(seen, b"\x01\x04fram\x80\x02es\x88\x00");
    let mut socket = connect(&mock).await;
    say(&mut socket, "four").await;
    assert_eq!(hear(&mut socket).await, "four");
}

#[tokio::test]
async fn a_close_frame_can_be_echoed_whole() {
    let mock = mock_with(|manners| manners.close_reply = CloseReply::EchoAll).await;
    for (sent, answered) in [(Some((4000, "own code")), "close 4000 own code"), (None, "close 1000 ")] {
        let mut socket = connect(&mock).await;
        let frame = sent.map(|(code, reason): (u16, &str)| CloseFrame { code: code.into(), reason: reason.into() });
        socket.send(Frame::Close(frame)).await.unwrap();
        assert_eq!(hear(&mut socket).await, answered);
    }
}

#[tokio::test]
async fn a_slow_reader_can_lose_its_voice_and_keep_its_connection() {
    let mut manners = Manners::default();
    manners.slow_reader = SlowReader::Mute(1024 * 1024);
    let mock = MockBuilder::default().limits(Limits::default()).start(Room::with(manners)).await.unwrap();
    let (mut slow, mut fine) = (connect(&mock).await, connect(&mock).await);
    // A burst alone is no fault of its reader; what comes while it cannot be written is.
    say(&mut slow, "flood").await;
    mock.wait_for(&Query::sent().on(1), 200, Duration::from_secs(5)).await.unwrap();
    mock.verify(&Query::problems(), 0).unwrap();
    let long = "y".repeat(600_000);
    for _ in 0..4 {
        say(&mut fine, &long).await;
        assert_eq!(hear(&mut fine).await, long);
    }
    let muted = mock.wait_for(&Query::problem("reader-too-slow"), 1, Duration::from_secs(5)).await.unwrap();
    assert_eq!(muted.len(), 1);
    // What had been queued comes, whole and in order, and then nothing but the end that somebody else brings.
    let drained = async {
        let mut got = 0;
        while let Some(Ok(Frame::Text(text))) = slow.next().await {
            assert!(text.starts_with(&format!("{got} ")) || text.starts_with('y'), "{}", &text[..20]);
            got += 1;
        }
        got
    };
    let ((), got) = tokio::join!(mock.stop(), drained);
    assert!((200..204).contains(&got), "{got} of 200, and of what came behind");
}
