//! Templates as JSON Schemas (draft 2020-12), which other languages have validators for. What a schema cannot say is a keyword
//! of our own, and so a need.

use crate::case::Case;
use crate::matcher::ISO8601;
use crate::template::{Kind, Node, Template};
use crate::text::Text;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the templates of one case.
pub(super) struct Schemas<'a> {
    /// What the case captures, and the sorts of values that this may be.
    captured: BTreeMap<&'a str, Vec<Kind>>,
    /// What the template captures that is being written.
    own: BTreeSet<&'a str>,
    /// The keywords and filters that not every runner has.
    pub(super) needs: BTreeSet<String>,
}

/// Where each capture is found: the members and numbers of items on the way to it.
type Captures = Map<String, Value>;

impl<'a> Schemas<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let mut captured: BTreeMap<&str, Vec<Kind>> = BTreeMap::new();
        let templates = case.steps.iter().flat_map(|step| step.templates());
        for (name, kind) in templates.flat_map(Template::captured) {
            captured.entry(name).or_default().push(kind);
        }
        Self { captured, own: BTreeSet::new(), needs: BTreeSet::new() }
    }

    /// What a value has to be like, and what is captured of it.
    pub(super) fn template(&mut self, template: &'a Template) -> Map<String, Value> {
        self.own = template.captures().into_iter().collect();
        let mut whole = self.whole(&template.root);
        if whole["schema"] == json!({}) {
            // Anything that is a value, which bytes and broken JSON are not.
            whole.insert("schema".into(), json!({"type": SORTS}));
        }
        whole
    }

    fn whole(&mut self, root: &Node) -> Map<String, Value> {
        let mut captures = Captures::new();
        let schema = self.node(root, &mut Vec::new(), &mut captures);
        Map::from_iter([("schema".into(), schema), ("captures".into(), captures.into())])
    }

    fn node(&mut self, node: &Node, path: &mut Vec<Value>, captures: &mut Captures) -> Value {
        match node {
            Node::Null => json!({"const": null}),
            Node::Bool(value) => json!({"const": value}),
            Node::Number(number) => json!({"const": number}),
            Node::Text(text) => json!({"const": text.source()}),
            Node::Splice(text) => json!({"const": read(&text.source())}),
            Node::Object { members, closed } => self.object(members, *closed, path, captures),
            Node::Array(items) => self.array(items, path, captures),
            Node::Unordered(items) => {
                let items: Vec<_> = items.iter().map(|item| self.whole(item)).collect();
                self.keyword("array", "unordered", items.into())
            }
            Node::Each(each) => {
                let each = self.whole(each);
                if each["captures"].as_object().is_some_and(|captures| !captures.is_empty()) {
                    return self.keyword(["array", "object"], "each", each.into());
                }
                json!({"type": ["array", "object"], "items": each["schema"], "additionalProperties": each["schema"]})
            }
            Node::Kind(kind) => sort(*kind),
            Node::Iso8601 => json!({"type": "string", "pattern": ISO8601.as_str()}),
            Node::Matches(pattern) => {
                let written = self.pattern(&pattern.text, str::to_owned);
                if pattern.groups.is_empty() {
                    return json!({"type": "string", "pattern": written});
                }
                self.keyword("string", "groups", written.into())
            }
            Node::Contains(text) => json!({"type": "string", "pattern": self.pattern(text, escaped)}),
            Node::OneOf(options) => {
                json!({"enum": options.iter().flat_map(|option| either(option.source())).collect::<Vec<_>>()})
            }
            Node::Range(low, high) => json!({"type": "number", "minimum": low, "maximum": high}),
            Node::Capture(name, kind) => {
                captures.insert(name.clone(), path.clone().into());
                sort(*kind)
            }
            Node::Same(name) => match self.value(name) {
                Some(value) => json!({"const": value}),
                None => self.keyword(SORTS, "same", name.as_str().into()),
            },
            Node::Above(name) => match self.value(name).filter(|_| self.is_number(name)) {
                Some(value) => json!({"type": "number", "exclusiveMinimum": value}),
                None => self.keyword("number", "above", name.as_str().into()),
            },
            Node::Json(inside) => {
                let inside = self.whole(inside);
                self.keyword("string", "json", inside.into())
            }
            Node::Jwt(claims) => {
                let claims = self.whole(claims);
                self.keyword("string", "jwt", claims.into())
            }
        }
    }

    fn object(
        &mut self,
        members: &[(Text, Node)],
        closed: bool,
        path: &mut Vec<Value>,
        captures: &mut Captures,
    ) -> Value {
        let (mut required, mut properties) = (Vec::new(), Map::new());
        for (name, member) in members {
            let name = name.source();
            if matches!(member, Node::Kind(Kind::Absent)) {
                properties.insert(name, false.into());
                continue;
            }
            path.push(name.as_str().into());
            properties.insert(name.clone(), self.node(member, path, captures));
            path.pop();
            required.push(name);
        }
        let mut schema = json!({"type": "object", "required": required, "properties": properties});
        if closed {
            schema["additionalProperties"] = false.into();
        }
        schema
    }

    fn array(&mut self, items: &[Node], path: &mut Vec<Value>, captures: &mut Captures) -> Value {
        let mut schemas = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            path.push(n.into());
            schemas.push(self.node(item, path, captures));
            path.pop();
        }
        let mut schema = json!({"type": "array", "minItems": items.len(), "maxItems": items.len()});
        if !schemas.is_empty() {
            // It may not be empty.
            schema["prefixItems"] = schemas.into();
        }
        schema
    }

    fn keyword(&mut self, sorts: impl Into<Value>, keyword: &str, argument: Value) -> Value {
        self.needs.insert(format!("keyword:{keyword}"));
        json!({"type": sorts.into(), keyword: argument})
    }

    fn pattern(&mut self, text: &Text, literal: impl Fn(&str) -> String) -> String {
        if text.names().next().is_some() {
            self.needs.insert("filter:re".into());
        }
        text.pattern(literal)
    }

    /// What was captured under a name, as a placeholder; `None` where that does not tell a text from a number.
    fn value(&self, name: &str) -> Option<Value> {
        let placeholder = format!("${{{name}}}");
        let Some(kinds) = self.captured.get(name) else { return Some(placeholder.into()) };
        let texts = kinds.iter().filter(|kind| **kind == Kind::String).count();
        if self.own.contains(name) || kinds.contains(&Kind::Any) {
            return None;
        }
        match texts {
            0 => Some(read(&placeholder)),
            _ if texts == kinds.len() => Some(placeholder.into()),
            _ => None,
        }
    }

    fn is_number(&self, name: &str) -> bool {
        let number = |kind: &Kind| matches!(kind, Kind::Int | Kind::Uint | Kind::Number);
        self.captured.get(name).is_some_and(|kinds| kinds.iter().all(number))
    }
}

/// Every sort of value.
const SORTS: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

fn sort(kind: Kind) -> Value {
    match kind {
        Kind::Any => json!({}),
        Kind::Absent => false.into(),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int => json!({"type": "integer"}),
        Kind::Uint => json!({"type": "integer", "minimum": 0}),
        Kind::Null => json!({"type": "null"}),
        Kind::Number => json!({"type": "number"}),
        Kind::String => json!({"type": "string"}),
        Kind::Object => json!({"type": "object"}),
        Kind::Array => json!({"type": "array"}),
    }
}

/// The value that a text is as JSON, once it is filled.
fn read(text: &str) -> Value {
    json!({"$json": text})
}

/// A text, and what is written in the same way and is no text.
pub(super) fn either(text: String) -> Vec<Value> {
    let other = if text.contains("${") {
        Some(read(&text))
    } else {
        serde_json::from_str(&text).ok().filter(|value: &Value| !value.is_string())
    };
    std::iter::once(text.into()).chain(other).collect()
}

/// A text as a regular expression in any dialect. No more than that is escaped, as some take nothing else.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| r"\^$.*+?()[]{}|".contains(c).then_some('\\').into_iter().chain([c])).collect()
}
