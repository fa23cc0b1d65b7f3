//! Reads the steps of a case for clients.

use super::case::{WITHIN, call, close_codes, huge, json, only, template, text_template, wanted, within};
use super::reader::Table;
use crate::case::{Sending, Verb};
use crate::choice::not_among;
use crate::client::{ClientVerb, Drive, Reply, Seen};
use crate::suite::Protocol;
use crate::template::Template;
use crate::text::is_name;
use std::time::Duration;
use toml::Spanned;

/// What a step can do. Exactly one of them makes a step.
const VERBS: [&str; 28] = [
    "start",
    "stop",
    "opened",
    "knocks",
    "refused",
    "gone",
    "expect",
    "called",
    "pinged",
    "ponged",
    "none",
    "most",
    "send",
    "send_text",
    "send_binary",
    "send_ping",
    "send_raw",
    "send_huge",
    "shut",
    "cut",
    "alive",
    "ends",
    "sound",
    "started",
    "drive",
    "done",
    "told",
    "untold",
];

/// The two that cases for servers have as well.
const SHARED: [&str; 2] = ["control", "advance"];

/// What a program can be seen to do.
const SEEN: [&str; 8] = ["opened", "knocks", "refused", "gone", "expect", "called", "pinged", "ponged"];

pub(super) fn verb(table: &mut Table<'_, '_>, protocol: &Protocol) -> Option<Verb> {
    if let [name] = table.among(&SHARED)[..] {
        return match name {
            "control" => {
                let inner = table.table("control")?;
                Some(Verb::Control(call(table, inner, wanted)))
            }
            _ => Some(Verb::Advance(table.span("advance")?)),
        };
    }
    let name = only(table, &VERBS)?;
    let verb = match name {
        "start" => always(table, "start").map(|()| ClientVerb::Start),
        "stop" => always(table, "stop").map(|()| ClientVerb::Stop),
        "none" | "most" => bounded(table, name),
        "send" => push(table, |table| Some(Sending::Json(json(table, "send")?))),
        "send_text" => push(table, |table| Some(Sending::Text(table.text("send_text")?))),
        "send_binary" => push(table, |table| Some(Sending::Binary(table.hex("send_binary")?))),
        "send_ping" => push(table, |table| Some(Sending::Ping(table.text("send_ping")?))),
        "send_raw" => push(table, |table| Some(Sending::Raw(table.hex("send_raw")?))),
        "send_huge" => push(table, huge),
        "shut" => {
            let code = table.number("shut").and_then(|code| u16::try_from(code).ok());
            let code = code.filter(|code| (1000..5000).contains(code));
            if code.is_none() {
                table.error("`shut` takes a close code from 1000 to 4999");
            }
            Some(ClientVerb::Shut(conn(table), code?))
        }
        "cut" => always(table, "cut").map(|()| ClientVerb::Cut(conn(table))),
        "alive" => Some(ClientVerb::Alive(table.span("alive")?)),
        "ends" => always(table, "ends").map(|()| {
            let code = table.number("code").and_then(|code| u16::try_from(code).ok());
            ClientVerb::Ends(code, within(table))
        }),
        "sound" => always(table, "sound").map(|()| ClientVerb::Sound),
        "started" => {
            let well = table.flag("started")?;
            let within = within(table);
            Some(if well { ClientVerb::Started(within) } else { ClientVerb::NotStarted(within) })
        }
        "drive" => drive(table, protocol),
        "done" => {
            let name = table.string("done")?.into_inner();
            Some(ClientVerb::Done(name, reply(table), within(table)))
        }
        "told" => Some(ClientVerb::Told(template(table, "told")?, within(table))),
        "untold" => Some(ClientVerb::Untold(template(table, "untold")?, span(table))),
        _ => {
            let seen = seen(table, name)?;
            Some(ClientVerb::Await(seen, within(table)))
        }
    };
    verb.map(Verb::Client)
}

/// A member that says no more than that it is there.
fn always(table: &mut Table<'_, '_>, name: &'static str) -> Option<()> {
    if table.flag(name)? {
        return Some(());
    }
    table.error(format!("`{name}` is always true; leave the step out otherwise"));
    None
}

/// The connection that a step names.
fn conn(table: &mut Table<'_, '_>) -> Option<String> {
    table.string("conn").map(Spanned::into_inner)
}

fn push(table: &mut Table<'_, '_>, sending: impl FnOnce(&mut Table<'_, '_>) -> Option<Sending>) -> Option<ClientVerb> {
    let sending = sending(table);
    Some(ClientVerb::Push(conn(table), sending?))
}

/// How long something must not happen, or not too often.
fn span(table: &mut Table<'_, '_>) -> Duration {
    if !table.has("for") {
        table.error("`for` is missing: how long to look");
    }
    table.span("for").unwrap_or(WITHIN)
}

fn bounded(table: &mut Table<'_, '_>, name: &'static str) -> Option<ClientVerb> {
    let mut inner = table.table(name)?;
    let what = only(&mut inner, &SEEN).and_then(|what| seen(&mut inner, what));
    inner.finish();
    let count =
        if name == "none" { Some(0) } else { table.number("count").and_then(|count| usize::try_from(count).ok()) };
    if count.is_none() {
        table.error("`count` is missing: how often at most");
    }
    let span = span(table);
    Some(ClientVerb::Most(what?, count?, span))
}

fn seen(table: &mut Table<'_, '_>, name: &str) -> Option<Seen> {
    Some(match name {
        "opened" => {
            let name = table.string("opened")?;
            if !is_name(name.get_ref()) {
                table.error_at(name.span(), "the name of a connection has letters, digits and _");
            }
            Seen::Opened { name: name.into_inner(), target: text_template(table, "target") }
        }
        "knocks" => always(table, "knocks").map(|()| Seen::Knocks)?,
        "refused" => Seen::Refused(table.codes("refused", "an HTTP status, or an array of them")?),
        "gone" => {
            let name = table.string("gone")?.into_inner();
            let codes = if table.has("close") { Some(close_codes(table)?) } else { None };
            Seen::Gone { name: Some(name), codes }
        }
        "expect" => Seen::Message(conn(table), template(table, "expect")?),
        "called" => {
            let mut inner = table.table("called")?;
            let method = inner.required("method").into_inner();
            let path = inner.required("path");
            let path = Template::for_text(path.get_ref()).map_err(|e| inner.error_at(path.span(), e)).ok();
            let body = text_template(&mut inner, "body");
            inner.finish();
            Seen::Called { method, path: path?, body }
        }
        "pinged" => always(table, "pinged").map(|()| Seen::Pinged(conn(table)))?,
        _ => {
            let payload = table.text("ponged")?;
            Seen::Ponged(conn(table), payload)
        }
    })
}

fn drive(table: &mut Table<'_, '_>, protocol: &Protocol) -> Option<ClientVerb> {
    let mut inner = table.table("drive")?;
    let op = inner.required("op");
    let known: Vec<&str> = protocol.ops.iter().map(|op| op.name.as_str()).collect();
    if !known.contains(&op.get_ref().as_str()) {
        inner.error_at(op.span(), format!("`op`: {}", not_among(op.get_ref(), known.iter().copied())));
    }
    let args = if inner.has("args") { json(&mut inner, "args")? } else { crate::text::Text::parse("{}").ok()? };
    inner.finish();
    let drive = Drive { op: op.into_inner(), args };
    match table.string("later") {
        Some(name) => Some(ClientVerb::Begin(drive, name.into_inner())),
        None => Some(ClientVerb::Drive(drive, reply(table), within(table))),
    }
}

/// What must come of something: any result, unless the step says more.
fn reply(table: &mut Table<'_, '_>) -> Reply {
    let (has_result, has_error) = (table.has("result"), table.has("error"));
    let result = if has_result { template(table, "result") } else { None };
    let error = if has_error { template(table, "error") } else { None };
    if has_result || has_error { Reply { result, error } } else { Reply::any() }
}
