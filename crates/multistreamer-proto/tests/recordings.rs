//! The codec against recordings of the real server: what it sent is read and written again to the byte but for the order of
//! members, which changes there with every start; what clients sent it is read; and its JSON API is understood.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod recorded;

use multistreamer_proto::http::{
    Call, GetAccount, GetAccounts, GetProfile, GetStream, GetStreams, GetUsers, HttpError, Inject, Login, PatchStream,
    Request,
};
use multistreamer_proto::{
    AccountId, ClientMessage, ServerMessage, StreamId, decode_client, decode_server, lint_client, lint_server, lua,
    markdown,
};
use recorded::{Exchange, exchanges, frames};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// The same text with the members of each object by their names. Everything else stays as it is written.
fn sorted(json: &str) -> String {
    if json.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap();
        let name = |name: &str| lua::slashes(&serde_json::to_string(name).unwrap());
        let members: Vec<_> = members.iter().map(|(key, it)| format!("{}:{}", name(key), sorted(it.get()))).collect();
        return format!("{{{}}}", members.join(","));
    }
    if json.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(json).unwrap();
        return format!("[{}]", items.iter().map(|item| sorted(item.get())).collect::<Vec<_>>().join(","));
    }
    json.to_owned()
}

/// What somebody has injected or typed as no server would write it is written as it should be: flags that are missing are
/// false, and a number in the place of a text is a text (dossier 8).
const MADE_WHOLE: [&str; 3] = ["missing-member", "wrong-type", "loose-type"];

#[test]
fn what_the_server_sent_is_written_again_to_the_byte_but_for_the_order_of_members() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut made_whole = BTreeSet::new();
    for frame in frames().iter().filter(|frame| !frame.sent) {
        let message = decode_server(&frame.text);
        let kind = match &message {
            ServerMessage::Status(_) => "status",
            ServerMessage::WriterResult(_) => "writerresult",
            ServerMessage::ViewCount(_) => "viewcountresult",
            ServerMessage::Chat(_) => "chat",
            ServerMessage::Other(_) => "other",
            _ => panic!("{}: {message:?}", frame.place),
        };
        *seen.entry(kind).or_default() += 1;
        assert_eq!(message.clone().into_owned(), message, "{}", frame.place);
        let (again, deviations) = (sorted(&lua::slashes(&message.to_text())), lint_server(&frame.text));
        if again != sorted(&frame.text) {
            // To a whole number, minus zero is zero.
            let known = deviations.iter().any(|it| MADE_WHOLE.contains(&it.kind.name())) || frame.text.contains(":-0");
            assert!(known, "{}: {again}\n{}", frame.place, sorted(&frame.text));
            assert_eq!(decode_server(&again), decode_server(&sorted(&frame.text)), "{}", frame.place);
            made_whole.insert(frame.place.split(':').next().unwrap().to_owned());
        }
    }
    assert!(seen.values().sum::<usize>() > 800 && seen.len() == 5, "{seen:?}");
    assert_eq!(made_whole.into_iter().collect::<Vec<_>>(), ["api-inject-msg", "bad-text-field", "ids-strings-numbers"]);
}

#[test]
fn the_markdown_that_the_server_makes_of_a_line_is_the_one_made_here() {
    let mut count = 0;
    for frame in frames().iter().filter(|frame| !frame.sent) {
        let ServerMessage::Chat(chat) = decode_server(&frame.text) else { continue };
        let (Some(text), Some(made)) = (&chat.text, &chat.markdown) else { continue };
        // A network's emotes are pictures; what is injected is not touched, and has the number of the stream as a text besides
        // (dossier 4.7).
        if chat.network.as_deref() == Some("twitch") && made.contains("![") || chat.extra.get("id").is_some() {
            continue;
        }
        assert_eq!(&markdown::escape(text), made, "{}", frame.place);
        count += 1;
    }
    assert!(count > 400, "{count}");
}

#[test]
fn whatever_clients_sent_is_read() {
    let mut kinds = BTreeSet::new();
    for frame in frames().iter().filter(|frame| frame.sent) {
        let message = decode_client(&frame.text);
        let text = message.to_text();
        lint_client(&frame.text);
        // The parser of this test goes less deep than the server's.
        let value = serde_json::from_str::<Value>(&frame.text).ok();
        // Members that are null are not written: for the server they are not there (dossier 4).
        let members = value.as_ref().and_then(Value::as_object);
        if !members.is_some_and(|members| members.values().any(Value::is_null)) {
            assert_eq!(decode_client(&text), message, "{}", frame.place);
        }
        assert_eq!(decode_client(&text).to_text(), text, "{}", frame.place);
        if let ClientMessage::Unrecognised(_) = message {
            assert!(!value.is_some_and(|value| value.is_object()), "{}", frame.place);
            assert_eq!(text, frame.text, "{}", frame.place);
            continue;
        }
        let kind = match &message {
            ClientMessage::Status => "status",
            ClientMessage::ViewCount => "viewcount",
            ClientMessage::Writer(_) => "writer",
            ClientMessage::Say(say) => say.kind.name(),
            // Also what servers send, and what nobody knows.
            ClientMessage::Other(_) => "other",
            _ => panic!("{}: {message:?}", frame.place),
        };
        kinds.insert(kind);
        let Some(value) = value else { continue };
        assert!(kind == "other" || value["type"] == kind, "{}", frame.place);
        // Nothing of a line is lost: the internal chat passes all of it on.
        if let ClientMessage::Say(_) = message {
            let again: Value = serde_json::from_str(&text).unwrap();
            let given = lua::pass_through(&value).replace("\"account_id\":-0", "\"account_id\":0");
            // By value, for the order of members is not what is held to here.
            let by_value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(by_value(&lua::pass_through(&again)), by_value(&given), "{}", frame.place);
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["emote", "other", "status", "text", "viewcount", "writer"]);
}

/// What a member of an answer is, with the server's empty objects as the lists that they are.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.is_empty() => Value::Array(Vec::new()),
        // Not for programs that chat: secrets that are known already, hooks to other programs, times of grants.
        Value::Object(members) => {
            let left_out = |name: &str| matches!(name, "access_token" | "webhooks");
            let is_share = members.contains_key("user");
            let kept = members.iter().filter(|(name, _)| !(left_out(name) || is_share && name.ends_with("ed_at")));
            kept.map(|(name, value)| (name.clone(), plain(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        scalar => scalar.clone(),
    }
}

/// Whether a request is the recorded one: method, path, and body by value.
fn is_as_recorded(request: &Request, recorded: &Exchange) {
    let (method, path) = (request.method.as_str(), request.target.expose());
    let body: Option<Value> = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap());
    assert_eq!((method, path.as_str()), (recorded.method(), recorded.path()), "{}", recorded.place);
    assert_eq!(
        body,
        recorded.request["body"].as_str().map(|body| serde_json::from_str(body).unwrap()),
        "{}",
        recorded.place
    );
}

impl Exchange {
    fn method(&self) -> &str {
        self.request["method"].as_str().unwrap()
    }

    fn path(&self) -> &str {
        self.request["path"].as_str().unwrap()
    }

    /// What a call makes of the recorded answer, as JSON if the answer is a good one.
    fn read<C: Call>(&self, call: &C, show: impl FnOnce(&C::Answer) -> Value) -> Result<Value, HttpError> {
        call.answer(self.status, self.body.as_bytes()).map(|answer| show(&answer))
    }
}

fn json(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap()
}

#[test]
fn the_json_api_is_understood() {
    let token = || String::from("t").into();
    let mut count = BTreeMap::new();
    for exchange in exchanges() {
        let path = exchange.path().strip_prefix("/api/v1/").unwrap_or_default().to_owned();
        let words: Vec<&str> = path.split('/').collect();
        let whole: Value = serde_json::from_str(&exchange.body).unwrap_or_default();
        let (name, read, wanted) = match (exchange.method(), &words[..]) {
            ("GET", ["auth"]) => {
                let read = exchange.read(&Login::new("a", "b"), |token| token.expose().as_str().into());
                ("login", read, whole["token"].clone())
            }
            ("GET", ["profile"]) => ("profile", exchange.read(&GetProfile::new(token()), json), whole.clone()),
            ("GET", ["user"]) => ("users", exchange.read(&GetUsers::new(token()), json), whole["users"].clone()),
            ("GET", ["account"]) => {
                ("accounts", exchange.read(&GetAccounts::new(token()), json), whole["accounts"].clone())
            }
            ("GET", ["account", id]) => {
                let call = GetAccount::new(token(), AccountId(id.parse().unwrap()));
                is_as_recorded(&call.request(), &exchange);
                ("account", exchange.read(&call, json), whole["account"].clone())
            }
            ("GET", ["stream"]) => {
                ("streams", exchange.read(&GetStreams::new(token()), json), whole["streams"].clone())
            }
            ("GET", ["stream", id]) if id.parse::<i64>().is_ok() => {
                let call = GetStream::new(token(), StreamId(id.parse().unwrap()));
                is_as_recorded(&call.request(), &exchange);
                ("stream", exchange.read(&call, json), whole["stream"].clone())
            }
            ("PATCH", ["stream", id]) => {
                let mut call = PatchStream::new(token(), StreamId(id.parse().unwrap()));
                let asked: Option<Value> =
                    exchange.request["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
                if let Some(on) = asked.as_ref().and_then(|asked| asked["data_pushing"].as_bool()) {
                    call = call.pushing(on);
                }
                if let Some(on) = asked.as_ref().and_then(|asked| asked["data_pulling"].as_bool()) {
                    call = call.pulling(on);
                }
                if asked.is_some_and(|asked| call.request().body.as_deref() == Some(&asked.to_string())) {
                    is_as_recorded(&call.request(), &exchange);
                }
                let flags = |status: &multistreamer_proto::StreamStatus| serde_json::json!({"data_incoming": status.incoming, "data_pulling": status.pulling, "data_pushing": status.pushing});
                ("patch", exchange.read(&call, flags), whole["status"].clone())
            }
            ("POST", ["stream", id, "msg"]) => {
                let body = exchange.request["body"].as_str().unwrap_or_default();
                let message = decode_server(body).into_owned();
                let call = Inject::new(token(), StreamId(id.parse().unwrap()), message);
                // A status that lacks flags is made whole.
                if matches!(serde_json::from_str(body), Ok(Value::Object(it)) if it.get("type") != Some(&"status".into()))
                {
                    is_as_recorded(&call.request(), &exchange);
                }
                ("inject", exchange.read(&call, |()| Value::Null), Value::Null)
            }
            _ => continue,
        };
        match read {
            Ok(read) => {
                assert_eq!(exchange.status, 200, "{}", exchange.place);
                assert_eq!(plain(&read), plain(&wanted), "{}", exchange.place);
                *count.entry(name).or_insert(0) += 1;
            }
            Err(HttpError::Unauthorized) => assert_eq!(exchange.status, 401, "{}", exchange.place),
            Err(HttpError::Refused { status, error }) => {
                assert_eq!((status, whole["error"].as_str()), (exchange.status, Some(&*error)), "{}", exchange.place);
            }
            Err(HttpError::ServiceFailed { status }) => assert!(status == exchange.status && status >= 500),
            Err(error) => panic!("{}: {error}", exchange.place),
        }
    }
    let calls = ["account", "accounts", "inject", "login", "patch", "profile", "stream", "streams", "users"];
    assert_eq!(count.keys().copied().collect::<Vec<_>>(), calls);
}
