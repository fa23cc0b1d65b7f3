//! proptest strategies: arbitrary messages, for the property tests of programs built on this crate.
//!
//! Whatever these make can be written and read again without loss. They go beyond what makes sense: absent members, odd texts,
//! unknown members.
//!
//! ```
//! use multistreamer_proto::{decode_client, strategies};
//! use proptest::prelude::*;
//!
//! proptest!(|(message in strategies::client_message())| {
//!     let text = message.to_text();
//!     prop_assert_eq!(decode_client(&text), message);
//! });
//! ```

use crate::{
    Account, AccountId, Accounts, Chat, ChatKind, ClientMessage, Extra, Network, Person, PersonId, Raw, Say,
    ServerMessage, Status, StreamId, StreamStatus, ViewCount, Writer,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// Texts with everything that JSON has to escape, and letters beyond ASCII.
pub fn text() -> impl Strategy<Value = String> {
    "[\\PC\"\\\\\\x00-\\x1f😀]{0,20}"
}

fn cow() -> impl Strategy<Value = Cow<'static, str>> {
    text().prop_map(Cow::Owned)
}

/// Any JSON.
pub fn raw() -> BoxedStrategy<Raw<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::String),
    ];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        let members = vec((text(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    // Boxed, as are the messages: the trees of these strategies are large, and the stack of a test is not.
    tree.prop_filter_map("JSON", |tree| Raw::of(&tree).ok()).boxed()
}

/// Any JSON but null, which is not written.
fn member() -> BoxedStrategy<Raw<'static>> {
    raw().prop_filter("no null", |value| value.as_str() != "null").boxed()
}

/// Members that nobody knows.
pub fn extra() -> BoxedStrategy<Extra<'static>> {
    let members = prop_oneof![3 => Just(Vec::new()), 1 => vec((text(), member()), 1..3)];
    let extra = members.prop_map(|members| {
        let mut extra = Extra::default();
        for (name, value) in members {
            extra.push(format!("x {name}"), value);
        }
        extra
    });
    extra.boxed()
}

/// Ids of accounts, the internal chat's among them.
pub fn account_id() -> impl Strategy<Value = AccountId> {
    prop_oneof![1 => Just(0i64), 4 => 1i64..100, 1 => any::<i64>()].prop_map(AccountId)
}

fn kind() -> impl Strategy<Value = ChatKind> {
    select(&[ChatKind::Text, ChatKind::Emote][..])
}

fn writer() -> impl Strategy<Value = Writer<'static>> {
    (option(account_id()), option(account_id()), extra()).prop_map(|(account_id, target, extra)| Writer {
        account_id,
        target,
        extra,
    })
}

/// Whatever a client can send.
pub fn client_message() -> BoxedStrategy<ClientMessage<'static>> {
    let say = (kind(), option(account_id()), option(member()), option(member()), extra())
        .prop_map(|(kind, account_id, target, text, extra)| Say { kind, account_id, target, text, extra });
    prop_oneof![
        Just(ClientMessage::Status),
        Just(ClientMessage::ViewCount),
        writer().prop_map(ClientMessage::Writer),
        say.prop_map(ClientMessage::Say),
    ]
    .boxed()
}

/// Somebody.
pub fn person() -> BoxedStrategy<Person<'static>> {
    let id = prop_oneof![any::<i64>().prop_map(PersonId::Number), text().prop_map(PersonId::Text)];
    (option(cow()), option(id), option(cow()), extra())
        .prop_map(|(name, id, picture, extra)| Person { name, id, picture, extra })
        .boxed()
}

fn account() -> impl Strategy<Value = Account<'static>> {
    let network = (cow(), cow(), extra()).prop_map(|(name, display_name, extra)| Network { name, display_name, extra });
    let network = option(network);
    (option(cow()), network, any::<[bool; 3]>(), option(cow()), extra()).prop_map(
        |(name, network, [ready, live, writable], http_url, extra)| Account {
            name,
            network,
            ready,
            live,
            writable,
            http_url,
            extra,
        },
    )
}

fn status() -> impl Strategy<Value = Status<'static>> {
    let flags =
        any::<[bool; 3]>().prop_map(|[incoming, pulling, pushing]| StreamStatus::new(incoming, pulling, pushing));
    let accounts = vec((account_id(), account()), 0..4)
        .prop_map(|accounts| Accounts { by_id: accounts.into_iter().collect(), extra: Extra::default() });
    (flags, option(accounts), extra(), extra()).prop_map(|(status, accounts, other_flags, extra)| Status {
        status,
        accounts,
        other_flags,
        extra,
    })
}

fn chat() -> impl Strategy<Value = Chat<'static>> {
    let ids = (option(any::<i64>().prop_map(StreamId)), option(account_id()), option(member()), option(any::<i64>()));
    let texts = (option(cow()), option(cow()), option(cow()));
    (kind(), ids, texts, option(person()), option(person()), extra()).prop_map(
        |(kind, (stream_id, account_id, target, timestamp), (network, text, markdown), from, to, extra)| Chat {
            kind,
            stream_id,
            account_id,
            target,
            network,
            timestamp,
            from,
            to,
            text,
            markdown,
            extra,
        },
    )
}

/// Whatever a server can send.
pub fn server_message() -> BoxedStrategy<ServerMessage<'static>> {
    let count = (option(account_id()), option(any::<i64>().prop_map(StreamId)), option(0u64..1 << 53), extra())
        .prop_map(|(account_id, stream_id, viewers, extra)| ViewCount { account_id, stream_id, viewers, extra });
    prop_oneof![
        status().prop_map(ServerMessage::Status),
        writer().prop_map(ServerMessage::WriterResult),
        count.prop_map(ServerMessage::ViewCount),
        chat().prop_map(ServerMessage::Chat),
    ]
    .boxed()
}
