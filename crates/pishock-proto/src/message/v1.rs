//! V1 requests: strings within strings (dossier 8.1).

use super::client::{Operation, body_in_text, from_body, names, operation_of};
use super::shared::{owned, parse, wrong};
use super::{Body, ClientMessage, PublishCommand};
use crate::DecodeError;
use crate::escape::{push_escaped, push_string};
use crate::wire::{self, List, Nested};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Any element of the arrays of V1; an object can only be a body that was not made a string.
type Element<'a> = Nested<'a, wire::Body<'a>>;

pub(super) fn decode(text: &str) -> Result<ClientMessage<'_>, DecodeError> {
    let Element::List(outer) = parse(text)? else {
        return Err(wrong("", "V1 wants an array that begins with the operation; V2 wants an object"));
    };
    let mut outer = outer.into_iter();
    let operation = match outer.next() {
        Some(Element::Text(operation)) => operation,
        _ => return Err(wrong("/0", "the name of an operation is wanted here")),
    };
    let arguments = outer.next();
    match operation_of(&operation) {
        None => Ok(ClientMessage::Unknown { operation }),
        Some(Operation::Ping) => Ok(ClientMessage::Ping),
        Some(Operation::Subscribe) => targets(arguments).map(ClientMessage::Subscribe),
        Some(Operation::Unsubscribe) => targets(arguments).map(ClientMessage::Unsubscribe),
        Some(Operation::Publish) => match arguments {
            Some(Element::Text(Cow::Borrowed(inner))) => commands(parse(inner)?),
            Some(Element::Text(Cow::Owned(inner))) => commands(parse(&inner)?).map(ClientMessage::into_owned),
            Some(list) => commands(list),
            None => Err(wrong("/1", "PUBLISH wants a string with an array of pairs")),
        },
    }
}

fn targets(arguments: Option<Element<'_>>) -> Result<Vec<Cow<'_, str>>, DecodeError> {
    match arguments {
        Some(Element::Text(Cow::Borrowed(inner))) => names(parse(inner)?, "/1"),
        Some(Element::Text(Cow::Owned(inner))) => {
            let names = names(parse::<List<'_>>(&inner)?, "/1")?;
            Ok(names.into_iter().map(owned).collect())
        }
        Some(Element::List(list)) => Ok(list
            .into_iter()
            .map(|element| match element {
                Element::Text(name) => name,
                _ => Cow::Borrowed(""),
            })
            .collect()),
        _ => Err(wrong("/1", "a string with an array of channel names is wanted here")),
    }
}

fn commands(pairs: Element<'_>) -> Result<ClientMessage<'_>, DecodeError> {
    let Element::List(pairs) = pairs else {
        return Err(wrong("/1", "an array of pairs [channel, body] is wanted here"));
    };
    let command = |pair| {
        let Element::List(pair) = pair else {
            return Err(wrong("/1", "each command is a pair [channel, body], also a single one"));
        };
        let mut pair = pair.into_iter();
        let target = match pair.next() {
            Some(Element::Text(target)) => target,
            _ => return Err(wrong("/1", "a pair begins with the name of a channel")),
        };
        let body = match pair.next() {
            Some(Element::Text(body)) => body_in_text(body).unwrap_or_default(),
            Some(Element::Object(body)) => from_body(body),
            _ => Body::default(),
        };
        Ok(PublishCommand { target, body })
    };
    pairs.into_iter().map(command).collect::<Result<_, _>>().map(ClientMessage::Publish)
}

pub(super) fn encode(message: &ClientMessage<'_>, out: &mut Vec<u8>) {
    match message {
        ClientMessage::Ping => out.extend_from_slice(br#"["PING"]"#),
        ClientMessage::Subscribe(targets) => with_targets(out, br#"["SUBSCRIBE","["#, targets),
        ClientMessage::Unsubscribe(targets) => with_targets(out, br#"["UNSUBSCRIBE","["#, targets),
        ClientMessage::Publish(commands) => {
            out.extend_from_slice(br#"["PUBLISH","["#);
            let mut body = Vec::new();
            for (at, command) in commands.iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
                push_string(out, &command.target, 1);
                out.extend_from_slice(br#",\""#);
                body.clear();
                command.body.encode_into(&mut body);
                push_escaped(out, &body, 2);
                out.extend_from_slice(br#"\"]"#);
            }
            out.extend_from_slice(br#"]"]"#);
        }
        ClientMessage::Unknown { operation } => {
            out.push(b'[');
            push_string(out, operation, 0);
            out.push(b']');
        }
        // Has no V1 form; the caller writes it as V2.
        ClientMessage::Link(_) => {}
    }
}

fn with_targets(out: &mut Vec<u8>, head: &[u8], targets: &[Cow<'_, str>]) {
    out.extend_from_slice(head);
    for (at, target) in targets.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_string(out, target, 1);
    }
    out.extend_from_slice(br#"]"]"#);
}
