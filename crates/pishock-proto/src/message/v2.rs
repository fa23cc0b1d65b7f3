//! V2 requests: objects (dossier 3, 6.6).

use super::client::Operation;
use super::shared::parse_into;
use super::{Body, ClientMessage, LinkCommand, PublishCommand};
use crate::DecodeError;
use crate::wire::{Fill, Item, List, Shape, members};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use dummyload_codec::write::{push_string, push_strings};
use serde::de::{DeserializeSeed, Deserializer};

const PING: &str = r#"{"Operation":"PING"}"#;

#[derive(Default)]
struct Request<'a> {
    operation: Cow<'a, str>,
    targets: (Shape<'a>, List<Cow<'a, str>>),
    commands: (Shape<'a>, List<PublishCommand<'a>>),
    link: Option<LinkCommand<'a>>,
}

members! {
    Request {
        "Operation" => |request, next| request.operation = next.loose()?.text().unwrap_or_default(),
        "Targets" => |request, next| request.targets.0 = next.fill(&mut request.targets.1)?,
        "PublishCommands" => |request, next| request.commands.0 = next.fill(&mut request.commands.1)?,
        "LinkCommand" => |request, next| next.fill_object(&mut request.link)?,
    }
}

members! {
    PublishCommand {
        "Target" => |command, next| command.target = next.loose()?.text().unwrap_or_default(),
        "Body" => |command, next| match next.fill(&mut command.body)? {
            Shape::Object => {}
            // Tolerated on the server side (dossier 3.1).
            Shape::Text(body) => command.body = Body::in_text(body),
            _ => command.body = Body::default(),
        },
    }
}

impl<'de> Item<'de> for PublishCommand<'de> {
    fn take<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<bool, D::Error> {
        Ok(Fill(self).deserialize(deserializer)? == Shape::Object)
    }
}

pub(super) fn decode(text: &str) -> Result<ClientMessage<'_>, DecodeError> {
    // Far more frequent than all others.
    if text == PING {
        return Ok(ClientMessage::Ping);
    }
    let mut request = Request::default();
    if parse_into(text, &mut request)? != Shape::Object {
        return Err(DecodeError::wrong("", "V2 wants an object with the member Operation; V1 wants an array"));
    }
    match Operation::named(&request.operation) {
        Some(Operation::Ping) => Ok(ClientMessage::Ping),
        Some(Operation::Subscribe) => targets(request.targets).map(ClientMessage::Subscribe),
        Some(Operation::Unsubscribe) => targets(request.targets).map(ClientMessage::Unsubscribe),
        Some(Operation::Publish) => match (request.commands, request.link) {
            ((Shape::List, List { items, misfit: None }), _) => Ok(ClientMessage::Publish(items)),
            ((Shape::List, List { misfit: Some(at), .. }), _) => Err(DecodeError::wrong(
                &format!("/PublishCommands/{at}"),
                "an object with Target and Body is wanted here",
            )),
            (_, Some(link)) => Ok(ClientMessage::Link(link)),
            _ => Err(DecodeError::wrong("/PublishCommands", "PUBLISH wants an array of commands")),
        },
        None => Ok(ClientMessage::Unknown { operation: request.operation }),
    }
}

fn targets<'a>(targets: (Shape<'a>, List<Cow<'a, str>>)) -> Result<Vec<Cow<'a, str>>, DecodeError> {
    match targets {
        (Shape::List, names) => Ok(names.items),
        _ => Err(DecodeError::wrong("/Targets", "an array of channel names is wanted here")),
    }
}

pub(super) fn encode(message: &ClientMessage<'_>, out: &mut Vec<u8>) {
    match message {
        ClientMessage::Ping => out.extend_from_slice(PING.as_bytes()),
        ClientMessage::Subscribe(targets) => with_targets(out, br#"{"Operation":"SUBSCRIBE","Targets":["#, targets),
        ClientMessage::Unsubscribe(targets) => with_targets(out, br#"{"Operation":"UNSUBSCRIBE","Targets":["#, targets),
        ClientMessage::Publish(commands) => {
            out.extend_from_slice(br#"{"Operation":"PUBLISH","PublishCommands":["#);
            for (at, command) in commands.iter().enumerate() {
                out.extend_from_slice(if at == 0 { br#"{"Target":"# } else { br#",{"Target":"# });
                push_string::<0>(out, &command.target);
                out.extend_from_slice(br#","Body":"#);
                command.body.encode_into::<0>(out);
                out.push(b'}');
            }
            out.extend_from_slice(b"]}");
        }
        ClientMessage::Link(link) => {
            out.extend_from_slice(br#"{"Operation":"PUBLISH","LinkCommand":"#);
            link.encode_into(out);
            out.push(b'}');
        }
        ClientMessage::Unknown { operation } => {
            out.extend_from_slice(br#"{"Operation":"#);
            push_string::<0>(out, operation);
            out.push(b'}');
        }
    }
}

fn with_targets(out: &mut Vec<u8>, head: &[u8], targets: &[Cow<'_, str>]) {
    out.extend_from_slice(head);
    push_strings::<0>(out, targets);
    out.extend_from_slice(b"]}");
}
