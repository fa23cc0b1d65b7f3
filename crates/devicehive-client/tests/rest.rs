//! The REST side of the client, and whom it reaches at all.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use devicehive_client::message::{Answer, CommandGet, CommandInsert, DeviceList, SubscriptionList};
use devicehive_client::{
    CommandChange, ConnectError, DeviceHive, Error, Missed, NewCommand, RestError, TokenPayload, WaitForCommand,
};
use devicehive_mock::{DeviceHiveMock, Query};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn mock() -> DeviceHiveMock {
    DeviceHiveMock::builder().seed(7).virtual_clock().start().await.unwrap()
}

fn text<'a>(demo: &'a serde_json::Value, name: &str) -> &'a str {
    demo[name].as_str().unwrap()
}

#[tokio::test]
async fn what_the_socket_can_be_asked_rest_can_be_asked_as_well() {
    let mock = mock().await;
    let demo = mock.demo();
    let (login, password, device) = (text(&demo, "login"), text(&demo, "password"), text(&demo, "device_id"));
    let (hive, _events) = DeviceHive::connect(mock.url()).with_login(login, password).await.unwrap();
    let rest = hive.rest();
    let info = rest.info().await.unwrap();
    assert_eq!(info.web_socket_server_url, Some(mock.url()));
    assert_eq!(info.server_timestamp, hive.server_info().await.unwrap().server_timestamp);

    // A command by REST, updated over the socket, and waited for by REST.
    let answer = rest.ask(CommandInsert::new(device, NewCommand::new("on"))).await.unwrap();
    let Answer::CommandReceipt(receipt) = answer else { panic!("{answer:?}") };
    assert_eq!(rest.wait_for_command(WaitForCommand::new(device, receipt.id).seconds(0)).await.unwrap(), None);
    let wait = WaitForCommand::new(device, receipt.id).seconds(60);
    let update = async {
        let target = format!("/dh/rest/device/{device}/command/{}/poll?waitTimeout=60", receipt.id);
        let asked = Query::request().with(json!({"target": target}));
        mock.wait_for(&asked, 1, Duration::from_secs(10)).await.unwrap();
        let change = CommandChange { status: Some("done".into()), result: None };
        hive.command_update(device, receipt.id, change).await.unwrap();
    };
    let (waited, ()) = tokio::join!(rest.wait_for_command(wait), update);
    assert_eq!(waited.unwrap().unwrap().status.as_deref(), Some("done"));
    let answer = rest.ask(CommandGet::new(device, receipt.id)).await.unwrap();
    assert!(matches!(answer, Answer::Command(command) if command.name.as_deref() == Some("on")));
    let answer = rest.ask(DeviceList::default()).await.unwrap();
    assert!(matches!(answer, Answer::Devices(devices) if devices.len() > 2));

    // Tokens.
    let tokens = rest.token(login, password).await.unwrap();
    let refreshed = rest.token_refresh(tokens.refresh_token.unwrap().into_exposed()).await.unwrap();
    assert_eq!(TokenPayload::read(refreshed.access_token.expose()).unwrap().user_id, demo["user_id"].as_i64().unwrap());
    match rest.token(login, "wrong").await.unwrap_err() {
        RestError::Service(error) => assert_eq!(error.refusal().unwrap().code, 401),
        other => panic!("{other}"),
    }

    // What is of the socket alone, and what needs somebody.
    assert_eq!(rest.ask(SubscriptionList::default()).await, Err(RestError::NoTwin));
    let (nobody, _events) = DeviceHive::connect(mock.url()).await.unwrap();
    assert_eq!(nobody.rest().ask(DeviceList::default()).await, Err(RestError::NoToken));
    nobody.rest().info().await.unwrap();
}

/// A REST service that names this socket.
async fn naming(socket: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dh/rest", listener.local_addr().unwrap());
    let body =
        json!({"apiVersion": "4.1.0", "serverTimestamp": "2026-01-01T00:00:00.000", "webSocketServerUrl": socket});
    let body = body.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_server_cannot_send_anybody_elsewhere_unless_that_is_allowed() {
    let mock = mock().await;
    let demo = mock.demo();
    let rest = naming(&mock.url()).await;
    let connect = DeviceHive::connect(rest).with_login(text(&demo, "login"), text(&demo, "password"));
    match connect.clone().await.map(drop).unwrap_err() {
        ConnectError::Elsewhere(named) => assert_eq!(named, mock.url()),
        other => panic!("{other}"),
    }
    mock.verify(&Query::opened(), 0).unwrap();
    let (hive, _events) = connect.any_host().await.unwrap();
    hive.device_list(DeviceList::default()).await.unwrap();
    // Something that is no address.
    let rest = naming("nonsense").await;
    let bad = DeviceHive::connect(rest).await.map(drop).unwrap_err();
    assert!(matches!(bad, ConnectError::Address(_)), "{bad}");
    // Nobody there, and no REST service.
    let nobody = DeviceHive::connect("http://127.0.0.1:1/rest").await.map(drop).unwrap_err();
    assert!(matches!(nobody, ConnectError::Info(RestError::Http(_))), "{nobody}");
    let other = DeviceHive::connect(mock.url()).rest("ws://127.0.0.1:1").await.map(drop).unwrap_err();
    assert!(matches!(other, ConnectError::Address(_)), "{other}");
}

#[tokio::test]
async fn no_secret_is_in_what_can_be_printed() {
    let mock = mock().await;
    let demo = mock.demo();
    let (password, access, refresh) =
        (text(&demo, "password"), text(&demo, "access_token"), text(&demo, "refresh_token"));
    let connect = DeviceHive::connect(mock.url())
        .with_login(text(&demo, "login"), password)
        .with_token(access)
        .with_refresh_token(refresh);
    let mut shown = vec![format!("{connect:?}")];
    let (hive, mut events) = connect.await.unwrap();
    let tokens = hive.token(text(&demo, "login"), password).await.unwrap();
    shown.push(format!("{hive:?} {tokens:?}"));
    mock.stop().await;
    shown.push(format!("{:?}", events.next().await));
    for text in shown {
        let secret = [password, access, refresh, "eyJhbGci"].into_iter().find(|secret| text.contains(secret));
        assert_eq!(secret, None, "{text}");
    }
}

#[tokio::test]
async fn a_slow_reader_of_a_stream_is_told_what_it_missed_and_slows_nothing_down() {
    let mock = mock().await;
    let demo = mock.demo();
    let (login, password, device) = (text(&demo, "login"), text(&demo, "password"), text(&demo, "device_id"));
    let connect = DeviceHive::connect(mock.url()).with_login(login, password).event_buffer(4);
    let (hive, _events) = connect.await.unwrap();
    let mut slow = hive.notifications(device).await.unwrap();
    let mut commands = hive.commands(device).await.unwrap();
    for _ in 0..20 {
        mock.control("notification", &json!({"device": device, "notification": "level"})).unwrap();
    }
    mock.control("command", &json!({"device": device, "command": "last"})).unwrap();
    // What comes after all of them is here, so they are as well, or lost.
    assert_eq!(commands.next().await.unwrap().unwrap().name.as_deref(), Some("last"));
    let mut read = 0;
    while read < 4 {
        assert!(slow.next().await.unwrap().is_ok());
        read += 1;
    }
    mock.control("notification", &json!({"device": device, "notification": "level"})).unwrap();
    let lost = loop {
        match slow.next().await.unwrap() {
            Ok(_) => read += 1,
            Err(Missed(lost)) => break lost,
        }
    };
    assert_eq!(read + lost, 20);
}

#[tokio::test]
async fn the_last_clone_closes_the_connection() {
    let mock = mock().await;
    let demo = mock.demo();
    let connect = DeviceHive::connect(mock.url()).with_login(text(&demo, "login"), text(&demo, "password"));
    let (hive, _events) = connect.await.unwrap();
    let lamp = hive.device("lamp-1");
    drop(hive);
    // A device is one of them.
    lamp.hive().server_info().await.unwrap();
    let other = lamp.hive().clone();
    drop(lamp);
    other.server_info().await.unwrap();
    other.clone().close().await;
    assert_eq!(other.server_info().await, Err(Error::Ended));
    mock.wait_for(&Query::gone(), 1, Duration::from_secs(10)).await.unwrap();
}
