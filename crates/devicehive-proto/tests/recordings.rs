//! The codec against recordings of real servers (`fixtures/devicehive/captures`): what they sent is read and written again to
//! the byte, and what clients sent them means here what it meant to them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use devicehive_proto::message::{
    Answer, ClientMessage, NewCommand, NewNotification, PushBody, Request, ServerMessage, ServerReply,
};
use devicehive_proto::{Action, Command, Fields, Json, Notification, lint_server, strict};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const MALFORMED: &str = "Malformed Json received.";

struct Frame {
    line: usize,
    conn: String,
    sent: bool,
    text: String,
}

struct Recording {
    name: String,
    frames: Vec<Frame>,
}

/// The whole text frames of all recordings of a server; long texts were cut for the record, and are left out.
fn recordings(server: &str) -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/devicehive/captures").join(server);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let frames = text.lines().enumerate().filter_map(|(at, line)| {
            let line: Value = serde_json::from_str(line).unwrap();
            let sent = match line["dir"].as_str()? {
                "send" => true,
                "recv" => false,
                _ => return None,
            };
            let whole = line.get("op").is_none() && line.get("text_length").is_none();
            let (conn, text) = (line["conn"].as_str()?.to_owned(), line["text"].as_str()?.to_owned());
            whole.then_some(Frame { line: at + 1, conn, sent, text })
        });
        Recording { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), frames: frames.collect() }
    };
    files.iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")).map(|path| read(path)).collect()
}

/// Each request with its answer: the one with the same id, of an id that is used once on its connection.
fn exchanges(recording: &Recording) -> Vec<(&Frame, ServerReply)> {
    let id_of = |text: &str| {
        let json = strict(text).ok()?;
        let fields = Fields::read(&json).ok()?;
        fields.raw("requestId").and_then(|id| Json::parse(id).ok()).filter(|id| !id.is_null())
    };
    let mut asked: BTreeMap<(&str, String), Vec<&Frame>> = BTreeMap::new();
    for frame in recording.frames.iter().filter(|frame| frame.sent) {
        if let Some(id) = id_of(&frame.text) {
            asked.entry((&frame.conn, id.to_string())).or_default().push(frame);
        }
    }
    let mut found = Vec::new();
    for frame in recording.frames.iter().filter(|frame| !frame.sent) {
        let Ok(ServerMessage::Reply(reply)) = ServerMessage::decode(&frame.text) else { continue };
        let Some(id) = &reply.request_id else { continue };
        if let Some([request]) = asked.get(&(&*frame.conn, id.to_string())).map(Vec::as_slice) {
            found.push((*request, reply));
        }
    }
    found
}

#[test]
fn what_servers_sent_is_written_again_to_the_byte() {
    let mut count = 0;
    for server in ["server-4.1", "server-3.5"] {
        for recording in recordings(server) {
            for frame in recording.frames.iter().filter(|frame| !frame.sent) {
                let place = format!("{server}/{}:{}", recording.name, frame.line);
                let message = ServerMessage::decode(&frame.text).unwrap_or_else(|e| panic!("{place}: {e}"));
                assert_eq!(message.to_text(), frame.text, "{place}");
                assert_eq!(lint_server(&frame.text), [], "{place}");
                count += 1;
            }
        }
    }
    assert!(count > 3000, "{count}");
}

#[test]
fn what_answers_bring_is_understood_and_written_again_to_the_byte() {
    let mut seen = BTreeMap::new();
    for server in ["server-4.1", "server-3.5"] {
        for recording in recordings(server) {
            for (request, reply) in exchanges(&recording) {
                let place = format!("{server}/{}:{}", recording.name, request.line);
                let Some(action) = ClientMessage::decode(&request.text).ok().and_then(|it| it.request.action()) else {
                    continue;
                };
                let Ok(payload) = &reply.outcome else { continue };
                let answer = reply.answer(action).unwrap_or_else(|e| panic!("{place}: {e}"));
                // Server 3.5 shows no ids of configuration values (dossier V3).
                if server == "server-4.1" || !matches!(answer, Answer::Configuration(_)) {
                    assert_eq!(answer.to_payload(action).as_json(), payload.as_json(), "{place}");
                }
                *seen.entry(action).or_insert(0) += 1;
            }
        }
    }
    let unseen: Vec<_> = Action::ALL.iter().filter(|action| !seen.contains_key(action)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// Requests that were carried out although a type of ours cannot say them.
fn is_beyond_types(request: &str) -> bool {
    // Subscriptions of a kind that is none: there are none (dossier 11).
    request.contains("subscription/list")
}

#[test]
fn what_was_carried_out_is_typed_and_what_was_malformed_is_refused() {
    let (mut done, mut malformed, mut taken) = (0, 0, Vec::new());
    for server in ["server-4.1", "server-3.5"] {
        for recording in recordings(server) {
            for (request, reply) in exchanges(&recording) {
                let place = format!("{server}/{}:{} {}", recording.name, request.line, request.text);
                let decoded = ClientMessage::decode(&request.text);
                match &reply.outcome {
                    Ok(_) => {
                        let message = match decoded {
                            Err(_) if is_beyond_types(&request.text) => continue,
                            decoded => decoded.unwrap_or_else(|e| panic!("{place}: {e}")),
                        };
                        assert!(!matches!(message.request, Request::Other(_)), "{place}");
                        let again = ClientMessage::decode(&message.to_text()).unwrap();
                        assert_eq!(again, message, "{place}");
                        done += 1;
                    }
                    Err(refusal) if refusal.error.as_deref() == Some(MALFORMED) => {
                        // Server 3.5 refuses times without seconds (dossier V4).
                        if decoded.is_ok() && !(server == "server-3.5" && recording.name == "env-timestamps") {
                            taken.push(place);
                        }
                        malformed += 1;
                    }
                    Err(_) => {}
                }
            }
        }
    }
    assert!(taken.is_empty(), "taken here: {taken:#?}");
    assert!(done > 1000 && malformed > 50, "{done} {malformed}");
}

#[test]
fn action_and_request_id_come_back_as_they_are_kept_here() {
    for server in ["server-4.1", "server-3.5"] {
        for recording in recordings(server) {
            for (request, reply) in exchanges(&recording) {
                let place = format!("{server}/{}:{}", recording.name, request.line);
                let json = strict(&request.text).unwrap();
                let fields = Fields::read(&json).unwrap();
                let echoed = |name| fields.raw(name).map_or(Json::NULL, |json| Json::parse(json).unwrap());
                assert_eq!(reply.action, Some(echoed("action")), "{place}");
                assert_eq!(reply.request_id, Some(echoed("requestId")), "{place}");
            }
        }
    }
}

/// What was inserted in a recording, by its number, and everything that was seen of it later.
#[derive(Default)]
struct Items {
    new_commands: BTreeMap<i64, NewCommand>,
    new_notifications: BTreeMap<i64, NewNotification>,
    commands: Vec<Command>,
    notifications: Vec<Notification>,
}

impl Items {
    fn of(recording: &Recording) -> Self {
        let mut items = Self::default();
        for frame in recording.frames.iter().filter(|frame| !frame.sent) {
            if let Ok(ServerMessage::Push(push)) = ServerMessage::decode(&frame.text) {
                match push.body {
                    PushBody::CommandInsert(command) | PushBody::CommandUpdate(command) => items.commands.push(command),
                    PushBody::NotificationInsert(notification) => items.notifications.push(notification),
                    _ => panic!("another push"),
                }
            }
        }
        for (request, reply) in exchanges(recording) {
            let Ok(message) = ClientMessage::decode(&request.text) else { continue };
            let Some(Ok(answer)) = message.request.action().map(|action| reply.answer(action)) else { continue };
            match (message.request, answer) {
                (Request::CommandInsert(insert), Answer::CommandReceipt(receipt)) => {
                    items.new_commands.insert(receipt.id, insert.command);
                }
                (Request::NotificationInsert(insert), Answer::NotificationReceipt(receipt)) => {
                    items.new_notifications.insert(receipt.id, insert.notification);
                }
                (_, Answer::Command(command)) => items.commands.push(command),
                (_, Answer::Commands(all)) => items.commands.extend(all),
                (_, Answer::Notification(notification)) => items.notifications.push(notification),
                (_, Answer::Notifications(all)) => items.notifications.extend(all),
                _ => {}
            }
        }
        items
    }
}

#[test]
fn what_was_inserted_means_here_what_it_meant_to_the_server() {
    let mut count = 0;
    for recording in recordings("server-4.1") {
        let items = Items::of(&recording);
        for command in &items.commands {
            let Some(new) = items.new_commands.get(&command.id) else { continue };
            let place = format!("{}: {new:?}", recording.name);
            assert_eq!((&command.name, &command.parameters), (&new.command, &new.parameters), "{place}");
            assert_eq!(command.lifetime, new.lifetime.map(i64::from), "{place}");
            assert_eq!(command.timestamp, new.timestamp.unwrap_or(command.timestamp), "{place}");
            if command.last_updated == command.timestamp {
                assert_eq!((&command.status, &command.result), (&new.status, &new.result), "{place}");
            }
            count += 1;
        }
        for notification in &items.notifications {
            let Some(new) = items.new_notifications.get(&notification.id) else { continue };
            let place = format!("{}: {new:?}", recording.name);
            assert_eq!(notification.name.as_ref(), Some(&new.notification), "{place}");
            assert_eq!(notification.parameters, new.parameters, "{place}");
            assert_eq!(notification.timestamp, new.timestamp.unwrap_or(notification.timestamp), "{place}");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}
