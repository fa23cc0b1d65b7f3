//! V1 requests: strings within strings (dossier 8.1).

use super::client::Operation;
use super::shared::{parse_inside, parse_into};
use super::{Body, ClientMessage, PublishCommand, v2};
use crate::DecodeError;
use crate::wire::{Fill, Item, List, Loose, Place, Shape};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use dummyload_codec::owned;
use dummyload_codec::write::{push_string, push_strings};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess};

/// The whole of a request. Its arguments are a string with a list in it, or that list itself.
#[derive(Default)]
struct Request<'a> {
    operation: Option<Cow<'a, str>>,
    arguments: Shape<'a>,
    names: List<Cow<'a, str>>,
    pairs: List<Pair<'a>>,
}

impl<'de> Place<'de> for Request<'de> {
    fn list<A: SeqAccess<'de>>(&mut self, mut items: A) -> Result<(), A::Error> {
        self.operation = items.next_element::<Loose<'_>>()?.and_then(Loose::text);
        let arguments = match self.known() {
            Some(Operation::Publish) => items.next_element_seed(Fill(&mut self.pairs))?,
            Some(Operation::Subscribe | Operation::Unsubscribe) => items.next_element_seed(Fill(&mut self.names))?,
            _ => None,
        };
        self.arguments = arguments.unwrap_or_default();
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl Request<'_> {
    fn known(&self) -> Option<Operation> {
        self.operation.as_deref().and_then(Operation::named)
    }
}

/// Channel and body of a PUBLISH.
#[derive(Default)]
struct Pair<'a>(PublishCommand<'a>);

impl<'de> Place<'de> for Pair<'de> {
    fn list<A: SeqAccess<'de>>(&mut self, mut items: A) -> Result<(), A::Error> {
        let Self(PublishCommand { target, body }) = self;
        *target = items.next_element::<Loose<'_>>()?.unwrap_or_default().shown();
        match items.next_element_seed(Fill(body))? {
            Some(Shape::Text(text)) => *body = Body::in_text(text),
            // A body that was not made a string.
            Some(Shape::Object) => {}
            _ => *body = Body::default(),
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> Item<'de> for Pair<'de> {
    fn take<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<bool, D::Error> {
        Ok(Fill(self).deserialize(deserializer)? == Shape::List)
    }
}

pub(super) fn decode(text: &str) -> Result<ClientMessage<'_>, DecodeError> {
    let mut request = Request::default();
    if parse_into(text, &mut request)? != Shape::List {
        return Err(DecodeError::wrong("", "V1 wants an array that begins with the operation; V2 wants an object"));
    }
    let known = request.known();
    let Some(operation) = request.operation else {
        return Err(DecodeError::wrong("/0", "the name of an operation is wanted here"));
    };
    match known {
        None => Ok(ClientMessage::Unknown { operation }),
        Some(Operation::Ping) => Ok(ClientMessage::Ping),
        Some(Operation::Subscribe) => targets(request.arguments, request.names).map(ClientMessage::Subscribe),
        Some(Operation::Unsubscribe) => targets(request.arguments, request.names).map(ClientMessage::Unsubscribe),
        Some(Operation::Publish) => commands(request.arguments, request.pairs).map(ClientMessage::Publish),
    }
}

fn targets<'a>(arguments: Shape<'a>, names: List<Cow<'a, str>>) -> Result<Vec<Cow<'a, str>>, DecodeError> {
    match arguments {
        Shape::List => Ok(names.items),
        Shape::Text(Cow::Borrowed(inner)) => targets_in(inner),
        Shape::Text(Cow::Owned(inner)) => Ok(targets_in(&inner)?.into_iter().map(owned).collect()),
        _ => Err(DecodeError::wrong("/1", TARGETS)),
    }
}

const TARGETS: &str = "a string with an array of channel names is wanted here";

fn targets_in(text: &str) -> Result<Vec<Cow<'_, str>>, DecodeError> {
    let mut names = List::default();
    match parse_inside("/1", text, &mut names)? {
        Shape::List => Ok(names.items),
        _ => Err(DecodeError::wrong("/1", TARGETS)),
    }
}

fn commands<'a>(arguments: Shape<'a>, pairs: List<Pair<'a>>) -> Result<Vec<PublishCommand<'a>>, DecodeError> {
    match arguments {
        Shape::List => whole(pairs),
        Shape::Text(Cow::Borrowed(inner)) => commands_in(inner),
        Shape::Text(Cow::Owned(inner)) => {
            Ok(commands_in(&inner)?.into_iter().map(PublishCommand::into_owned).collect())
        }
        _ => Err(DecodeError::wrong("/1", COMMANDS)),
    }
}

const COMMANDS: &str = "a string with an array of pairs [channel, body] is wanted here";

fn commands_in(text: &str) -> Result<Vec<PublishCommand<'_>>, DecodeError> {
    let mut pairs = List::default();
    match parse_inside("/1", text, &mut pairs)? {
        Shape::List => whole(pairs),
        _ => Err(DecodeError::wrong("/1", COMMANDS)),
    }
}

fn whole<'a>(pairs: List<Pair<'a>>) -> Result<Vec<PublishCommand<'a>>, DecodeError> {
    match pairs.misfit {
        None => Ok(pairs.items.into_iter().map(|pair| pair.0).collect()),
        Some(at) => {
            Err(DecodeError::wrong(&format!("/1/{at}"), "each command is a pair [channel, body], also a single one"))
        }
    }
}

pub(super) fn encode(message: &ClientMessage<'_>, out: &mut Vec<u8>) {
    match message {
        ClientMessage::Ping => out.extend_from_slice(br#"["PING"]"#),
        ClientMessage::Subscribe(targets) => with_targets(out, br#"["SUBSCRIBE","["#, targets),
        ClientMessage::Unsubscribe(targets) => with_targets(out, br#"["UNSUBSCRIBE","["#, targets),
        ClientMessage::Publish(commands) => {
            out.extend_from_slice(br#"["PUBLISH","["#);
            for (at, command) in commands.iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
                push_string::<1>(out, &command.target);
                out.extend_from_slice(br#",\""#);
                command.body.encode_into::<2>(out);
                out.extend_from_slice(br#"\"]"#);
            }
            out.extend_from_slice(br#"]"]"#);
        }
        ClientMessage::Unknown { operation } => {
            out.push(b'[');
            push_string::<0>(out, operation);
            out.push(b']');
        }
        ClientMessage::Link(_) => v2::encode(message, out),
    }
}

fn with_targets(out: &mut Vec<u8>, head: &[u8], targets: &[Cow<'_, str>]) {
    out.extend_from_slice(head);
    push_strings::<1>(out, targets);
    out.extend_from_slice(br#"]"]"#);
}
