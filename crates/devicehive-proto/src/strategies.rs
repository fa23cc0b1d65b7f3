//! proptest strategies: arbitrary messages, for the property tests of programs built on this crate.
//!
//! They are made after the same tables as lint and the schemas, so each member has a value of its type, and those that need
//! not be there come and go. Whatever these make can be written and read again without loss.
//!
//! ```
//! use devicehive_proto::{message::ClientMessage, strategies};
//! use proptest::prelude::*;
//!
//! proptest!(|(message in strategies::client_message())| {
//!     prop_assert_eq!(ClientMessage::decode(&message.to_text()), Ok(message));
//! });
//! ```

use crate::lint::fields::{COMMAND_PUSH, NOTIFICATION_PUSH, payload};
use crate::lint::{Field, Want};
use crate::message::{Answer, ClientMessage, Push, Refusal, Request, ServerMessage, ServerReply, request_fields};
use crate::{Action, Command, Datetime, DeviceId, Json, Notification, Permission, TokenKind, TokenPayload};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use proptest::sample::select;

/// Texts with everything that JSON has to escape, and letters beyond ASCII.
pub fn text() -> impl Strategy<Value = String> {
    "[\\PC\"\\\\\\x00-\\x1f\u{2028}😀]{0,20}"
}

/// Points in time from the year 1 to the year 9999.
pub fn datetime() -> impl Strategy<Value = Datetime> {
    (-62_135_596_800_000_i64..253_402_300_800_000).prop_map(Datetime::from_millis)
}

/// Ids that devices can have.
pub fn device_id() -> impl Strategy<Value = DeviceId> {
    "[A-Za-z0-9-]{1,48}".prop_map(DeviceId::new)
}

/// Any JSON, with numbers in odd spellings.
pub fn json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![any::<i64>().prop_map(|number| format!("{number}")), select(ODD).prop_map(String::from)];
    let leaf = prop_oneof![
        select(&["null", "true", "false"][..]).prop_map(String::from),
        number,
        text().prop_map(|text| quoted(&text)),
    ];
    let any = leaf.prop_recursive(3, 12, 4, |inner| {
        let member = (text(), inner.clone()).prop_map(|(name, value)| format!("{}:{value}", quoted(&name)));
        prop_oneof![
            vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    any.prop_map(|text| Json::trusted(&text))
}

const ODD: &[&str] = &["-0", "1.50", "1e3", "1E-7", "-0.0", "123456789012345678901234567890"];

/// JSON objects, as parameters, results and data are.
pub fn json_object() -> impl Strategy<Value = Json> {
    vec((text(), json()), 0..4).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
        Json::trusted(&format!("{{{}}}", members.join(",")))
    })
}

fn quoted(text: &str) -> String {
    Json::from(text).as_str().into()
}

/// A value of this kind, as JSON.
fn value(want: Want) -> BoxedStrategy<String> {
    match want {
        Want::Text => text().prop_map(|text| quoted(&text)).boxed(),
        Want::Long => any::<i64>().prop_map(|number| format!("{number}")).boxed(),
        Want::Int => any::<i32>().prop_map(|number| format!("{number}")).boxed(),
        Want::Flag => any::<bool>().prop_map(|flag| format!("{flag}")).boxed(),
        Want::Time => datetime().prop_map(|time| format!("\"{time}\"")).boxed(),
        Want::Word(words) => select(words).prop_map(quoted).boxed(),
        Want::Open => json_object().prop_map(|json| json.as_str().into()).boxed(),
        Want::Any => json().prop_map(|json| json.as_str().into()).boxed(),
        Want::Longs => list(value(Want::Long)),
        Want::Texts | Want::Items => list(value(Want::Text)),
        Want::List(want) => list(value(*want)),
        Want::Object(fields) => object(fields),
        Want::Null(want) => option(value(*want)).prop_map(|value| value.unwrap_or_else(|| "null".into())).boxed(),
    }
}

fn list(item: BoxedStrategy<String>) -> BoxedStrategy<String> {
    vec(item, 0..3).prop_map(|items| format!("[{}]", items.join(","))).boxed()
}

fn members(fields: &[Field]) -> BoxedStrategy<Vec<String>> {
    let member = |field: &Field| {
        let name = field.name;
        let member = value(field.want).prop_map(move |value| format!("\"{name}\":{value}"));
        if field.is_required() { member.prop_map(Some).boxed() } else { option(member).boxed() }
    };
    let members: Vec<_> = fields.iter().map(member).collect();
    members.prop_map(|members| members.into_iter().flatten().collect()).boxed()
}

fn object(fields: &[Field]) -> BoxedStrategy<String> {
    members(fields).prop_map(|members| format!("{{{}}}", members.join(","))).boxed()
}

fn request_text(action: Action) -> BoxedStrategy<String> {
    let head = format!("\"action\":{}", quoted(action.name()));
    members(request_fields(action))
        .prop_map(move |members| format!("{{{}}}", [&[head.clone()][..], &members].concat().join(",")))
        .boxed()
}

/// Requests for this action.
pub fn request_for(action: Action) -> BoxedStrategy<Request> {
    request_text(action)
        .prop_filter_map("readable", |text| ClientMessage::decode(&text).ok().map(|message| message.request))
        .boxed()
}

/// Requests for all actions.
pub fn request() -> BoxedStrategy<Request> {
    select(Action::ALL).prop_flat_map(request_for).boxed()
}

/// Messages of clients.
pub fn client_message() -> BoxedStrategy<ClientMessage> {
    let message = (option(json()), request()).prop_map(|(id, request)| match id {
        Some(id) => ClientMessage::new(id, request),
        None => ClientMessage::without_id(request),
    });
    message.boxed()
}

/// What a success of this action brings.
pub fn answer_to(action: Action) -> BoxedStrategy<Answer> {
    object(payload(action)).prop_filter_map("readable", move |text| Answer::read(action, &text).ok()).boxed()
}

/// Refusals with any code and text.
pub fn refusal() -> impl Strategy<Value = Refusal> {
    (any::<i32>(), option(text())).prop_map(|(code, error)| Refusal { code: code.into(), error })
}

/// Commands with all their members.
pub fn command() -> BoxedStrategy<Command> {
    let answer = answer_to(Action::CommandGet);
    let command = |answer| if let Answer::Command(command) = answer { Some(command) } else { None };
    answer.prop_filter_map("a command", command).boxed()
}

/// Notifications with all their members.
pub fn notification() -> BoxedStrategy<Notification> {
    let answer = answer_to(Action::NotificationGet);
    let notification = |answer| if let Answer::Notification(it) = answer { Some(it) } else { None };
    answer.prop_filter_map("a notification", notification).boxed()
}

/// What subscriptions bring.
pub fn push() -> BoxedStrategy<Push> {
    let of = |action: Action, fields: &'static [Field]| {
        let head = format!("\"action\":{}", quoted(action.name()));
        members(&fields[1..]).prop_filter_map("readable", move |members| {
            let text = format!("{{{head},{}}}", members.join(","));
            if let Ok(ServerMessage::Push(push)) = ServerMessage::decode(&text) { Some(push) } else { None }
        })
    };
    let any = prop_oneof![
        of(Action::CommandInsert, COMMAND_PUSH),
        of(Action::CommandUpdate, COMMAND_PUSH),
        of(Action::NotificationInsert, NOTIFICATION_PUSH),
    ];
    any.boxed()
}

/// Messages of servers.
pub fn server_message() -> BoxedStrategy<ServerMessage> {
    let success = select(Action::ALL).prop_flat_map(|action| {
        (json(), answer_to(action)).prop_map(move |(id, answer)| ServerReply::success(action, id, &answer))
    });
    let refusal = (select(Action::ALL), json(), refusal())
        .prop_map(|(action, id, refusal)| ServerReply::refusal(action, id, refusal));
    let any = prop_oneof![
        2 => success.prop_map(ServerMessage::Reply),
        1 => refusal.prop_map(ServerMessage::Reply),
        1 => push().prop_map(ServerMessage::Push),
    ];
    any.boxed()
}

/// What tokens can say.
pub fn token_payload() -> BoxedStrategy<TokenPayload> {
    let action =
        prop_oneof![Just(Permission::ANY), Just(Permission::NONE), select(Permission::ALL).prop_map(Permission::id)];
    let ids = || option(vec("[1-9][0-9]{0,5}|\\*", 0..4));
    let payload = (option(vec(action, 0..5)), any::<i64>(), any::<bool>(), any::<i64>(), ids(), ids());
    let payload = payload.prop_map(|(actions, end, access, user, networks, types)| {
        let kind = if access { TokenKind::Access } else { TokenKind::Refresh };
        let mut payload = TokenPayload::access(user, Datetime::from_millis(end));
        payload.kind = kind;
        (payload.actions, payload.network_ids, payload.device_type_ids) = (actions, networks, types);
        payload
    });
    payload.boxed()
}
