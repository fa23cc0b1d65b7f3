//! How a message is written.

use super::fields::{BODY, Field, REQUEST, Shape, Want};
use super::{DeviationKind, Level, Lint};
use crate::message::parse;
use crate::tree::Node;
use alloc::format;
use alloc::string::ToString;
use dummyload_codec::lint::{Found, walk};

/// The section of V1's requests.
const V1: &str = "dossier 8.1";

impl Lint {
    pub(super) fn v2(&mut self, node: &Node) {
        self.object("", node, REQUEST);
        let Node::Object(members) = node else { return };
        let operation = members.iter().rev().find_map(|(name, value)| match value {
            Node::Text(operation) if name == "Operation" => Some(operation.as_str()),
            _ => None,
        });
        let operation = self.operation("/Operation", operation.unwrap_or_default(), "dossier 3");
        for (name, value) in members {
            let belongs = match name.as_str() {
                "Targets" => matches!(operation, Some("SUBSCRIBE" | "UNSUBSCRIBE")),
                "PublishCommands" | "LinkCommand" => operation == Some("PUBLISH"),
                _ => true,
            };
            if operation.is_some() && !belongs && *value != Node::Null {
                let text = "the operation has no such member";
                self.add(
                    &format!("/{name}"),
                    DeviationKind::NeedlessArguments,
                    Level::Warning,
                    "dossier 12, row 10",
                    text,
                );
            }
        }
    }

    pub(super) fn v1(&mut self, node: &Node) {
        let Node::List(outer) = node else { return };
        let operation = match outer.first() {
            Some(Node::Text(operation)) => operation.as_str(),
            _ => "",
        };
        let operation = self.operation("/0", operation, V1);
        let wanted = if operation == Some("PING") { 1 } else { 2 };
        self.no_more_than("", outer, wanted);
        if operation == Some("PING") {
            return;
        }
        let Some(Node::List(arguments)) = outer.get(1).and_then(|node| self.inside("/1", node)) else { return };
        for (at, argument) in arguments.iter().enumerate() {
            let pointer = format!("/1/{at}");
            match argument {
                Node::List(pair) if operation == Some("PUBLISH") => self.pair(&pointer, pair),
                argument => self.name(&pointer, argument),
            }
        }
    }

    fn pair(&mut self, pointer: &str, pair: &[Node]) {
        self.no_more_than(pointer, pair, 2);
        if let Some(target) = pair.first() {
            self.name(&format!("{pointer}/0"), target);
        }
        let pointer = format!("{pointer}/1");
        match pair.get(1) {
            Some(body) => {
                if let Some(body) = self.inside(&pointer, body) {
                    self.object(&pointer, &body, BODY);
                }
            }
            None => self.add(&pointer, DeviationKind::MissingMember, Level::Error, V1, "the body is missing"),
        }
    }

    fn no_more_than(&mut self, pointer: &str, list: &[Node], most: usize) {
        if list.len() > most {
            let text = "more elements than belong here";
            self.add(pointer, DeviationKind::NeedlessArguments, Level::Warning, V1, text);
        }
    }

    fn name(&mut self, pointer: &str, node: &Node) {
        if !matches!(node, Node::Text(_)) {
            self.wrong_type(pointer, V1, "the name of a channel", node);
        }
    }

    /// The JSON within a string; something that is no string is noted and taken as it is.
    fn inside(&mut self, pointer: &str, node: &Node) -> Option<Node> {
        let Node::Text(text) = node else {
            let text = "V1 wants a string with JSON in it here: JSON.stringify it";
            self.add(pointer, DeviationKind::NotStringified, Level::Warning, V1, text);
            return Some(node.clone());
        };
        match parse(text) {
            Ok(node) => Some(node),
            Err(e) => {
                self.add(pointer, DeviationKind::WrongType, Level::Error, V1, e.to_string());
                None
            }
        }
    }

    /// The operation as the documents write it.
    fn operation(&mut self, pointer: &str, name: &str, section: &'static str) -> Option<&'static str> {
        const KNOWN: [&str; 4] = ["PING", "SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH"];
        let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        match known {
            Some(known) if known == name => {}
            Some(known) => {
                let text = format!("write {known} in capitals");
                self.add(pointer, DeviationKind::OperationCase, Level::Warning, section, text);
            }
            None => {
                let text = "the operations are PING, SUBSCRIBE, UNSUBSCRIBE and PUBLISH";
                self.add(pointer, DeviationKind::UnknownOperation, Level::Error, section, text);
            }
        }
        known
    }

    /// Checks an object with everything in it.
    pub(super) fn object(&mut self, pointer: &str, node: &Node, shape: &Shape) {
        let Shape { section, fields } = *shape;
        let Node::Object(members) = node else { return self.wrong_type(pointer, section, "an object", node) };
        let members = members.iter().map(|(name, value)| (name.as_str(), value));
        walk(pointer, members, fields, |here, found| {
            let (kind, level, text) = match found {
                Found::Known(value, field) => return self.member(here, section, value, field),
                Found::Unknown => {
                    (DeviationKind::UnknownMember, Level::Warning, "the documents have no such member; it is ignored")
                }
                Found::Repeated => {
                    (DeviationKind::RepeatedMember, Level::Warning, "it stands twice; the last one counts")
                }
                Found::Disordered => {
                    (DeviationKind::MemberOrder, Level::Info, "members in another order than in the documents")
                }
                Found::Missing => (DeviationKind::MissingMember, Level::Warning, "the documents have this member"),
            };
            self.add(here, kind, level, section, text);
        });
    }

    fn member(&mut self, pointer: &str, section: &'static str, value: &Node, field: &Field) {
        let (kind, text) = match (field.want, value) {
            (Want::Integer, Node::Integer)
            | (Want::Bool, Node::Bool)
            | (Want::Text, Node::Text(_))
            | (Want::Code, Node::Null | Node::Integer | Node::Text(_))
            | (Want::Any, _) => return,
            (Want::Texts, Node::List(items)) => {
                for (at, item) in items.iter().enumerate() {
                    if !matches!(item, Node::Text(_)) {
                        self.wrong_type(&format!("{pointer}/{at}"), section, "a text", item);
                    }
                }
                return;
            }
            (Want::Objects(shape), Node::List(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.object(&format!("{pointer}/{at}"), item, shape);
                }
                return;
            }
            (Want::Object(shape), Node::Object(_)) => return self.object(pointer, value, shape),
            (Want::Object(shape), Node::Text(text)) if field.name == "Body" => {
                let what = "V2 has the body as an object";
                self.add(pointer, DeviationKind::Stringified, Level::Warning, "dossier 3.1", what);
                match parse::<Node>(text) {
                    Ok(body) => self.object(pointer, &body, shape),
                    Err(e) => self.add(pointer, DeviationKind::WrongType, Level::Error, "dossier 3.1", e.to_string()),
                }
                return;
            }
            (want, Node::Null) if field.is_required() => {
                (DeviationKind::NullMember, format!("it must be {}, never null", want.name()))
            }
            (_, Node::Null) => (DeviationKind::NullMember, "leave it out instead of sending null".to_string()),
            (Want::Integer, Node::Float(true)) => {
                (DeviationKind::LooseType, "write a number without a fraction".to_string())
            }
            (Want::Integer, Node::Text(text)) if text.trim().parse::<f64>().is_ok() => {
                (DeviationKind::LooseType, "write a number, not a text".to_string())
            }
            (Want::Bool, Node::Text(text)) if ["true", "false"].iter().any(|b| text.eq_ignore_ascii_case(b)) => {
                (DeviationKind::LooseType, "write a boolean, not a text".to_string())
            }
            (want, value) => return self.wrong_type(pointer, section, want.name(), value),
        };
        self.add(pointer, kind, Level::Warning, section, text);
    }

    fn wrong_type(&mut self, pointer: &str, section: &'static str, wanted: &str, found: &Node) {
        let text = format!("{wanted} is wanted here, this is {}", found.kind());
        self.add(pointer, DeviationKind::WrongType, Level::Error, section, text);
    }
}

impl Want {
    /// For people.
    fn name(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Bool => "a boolean",
            Self::Text => "a text",
            Self::Code => "null, a number or a text",
            Self::Any => "any JSON",
            Self::Texts | Self::Objects(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}
