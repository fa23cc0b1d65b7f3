//! Templates: JSON in which strings that begin with `$` are matchers. Read once, when the case is loaded.

use crate::choice::{Choice, not_among};
use crate::text::{Text, is_name};
use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use std::fmt;

/// What a received JSON value is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) root: Node,
    /// As the case has it, for reports.
    pub(crate) source: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    /// A bare placeholder: its value is read as JSON.
    Splice(Text),
    Object {
        members: Vec<(Text, Node)>,
        closed: bool,
    },
    Array(Vec<Node>),
    Unordered(Vec<Node>),
    Each(Box<Node>),
    Kind(Kind),
    Iso8601,
    Matches(Pattern),
    OneOf(Vec<Text>),
    Range(f64, f64),
    Capture(String, Kind),
    Same(String),
    /// A number greater than a captured one.
    Above(String),
    Contains(Text),
    /// A string whose content is JSON.
    Json(Box<Node>),
    /// A JSON web token whose claims are like this.
    Jwt(Box<Node>),
}

/// A sort of value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Any,
    Absent,
    Null,
    Bool,
    Int,
    Uint,
    Number,
    String,
    Object,
    Array,
}

impl Choice for Kind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("absent", Self::Absent),
        ("null", Self::Null),
        ("bool", Self::Bool),
        ("int", Self::Int),
        ("uint", Self::Uint),
        ("number", Self::Number),
        ("string", Self::String),
        ("object", Self::Object),
        ("array", Self::Array),
    ];
}

/// A regular expression; with placeholders it is known only when these are.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) text: Text,
    pub(crate) fixed: Option<Regex>,
    /// The names of its groups, under which they are captured.
    pub(crate) groups: Vec<String>,
}

/// The matchers that take an argument after a colon, or stand for more than a kind.
const MATCHERS: [&str; 10] =
    ["iso8601", "re", "one-of", "range", "capture", "same", "above", "contains", "json", "jwt"];

fn matcher_names() -> impl Iterator<Item = &'static str> + Clone {
    Kind::ALL.iter().map(|(name, _)| *name).chain(MATCHERS)
}

/// The objects that stand for something else.
const WRAPPERS: [&str; 3] = ["$unordered", "$each", "$closed"];

impl Template {
    /// # Errors
    /// What is wrong and where, as a JSON pointer.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        Ok(Self { root: parse(source, "")?, source: source.to_owned() })
    }

    /// A template for a text as a whole, which may be a matcher for texts.
    ///
    /// # Errors
    /// What is wrong with the matcher.
    pub(crate) fn for_text(source: &str) -> Result<Self, String> {
        let root = node(Tree::String(source.to_owned()), "", false)?;
        Ok(Self { root, source: source.to_owned() })
    }

    /// All texts in it that may have placeholders.
    pub(crate) fn texts(&self) -> Vec<&Text> {
        let mut texts = Vec::new();
        self.root.visit(&mut |node| node.texts(&mut |text| texts.push(text)));
        texts
    }

    /// The names of all placeholders in it.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.texts().into_iter().flat_map(Text::names).collect()
    }

    /// The names it captures under.
    pub(crate) fn captures(&self) -> Vec<&str> {
        self.captured().into_iter().map(|(name, _)| name).collect()
    }

    /// The names it captures under, each with the sort of value.
    pub(crate) fn captured(&self) -> Vec<(&str, Kind)> {
        let mut captured = Vec::new();
        self.root.visit(&mut |node| match node {
            Node::Capture(name, kind) => captured.push((name.as_str(), *kind)),
            Node::Matches(pattern) => captured.extend(pattern.groups.iter().map(|name| (name.as_str(), Kind::String))),
            _ => {}
        });
        captured
    }

    /// The captures it compares with.
    pub(crate) fn sames(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.visit(&mut |node| {
            if let Node::Same(name) | Node::Above(name) = node {
                names.push(name.as_str());
            }
        });
        names
    }
}

impl Node {
    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Object { members, .. } => members.iter().for_each(|(_, node)| node.visit(see)),
            Self::Array(items) | Self::Unordered(items) => items.iter().for_each(|node| node.visit(see)),
            Self::Each(node) | Self::Json(node) | Self::Jwt(node) => node.visit(see),
            _ => {}
        }
    }

    fn texts<'a>(&'a self, see: &mut impl FnMut(&'a Text)) {
        match self {
            Self::Text(text) | Self::Splice(text) | Self::Contains(text) => see(text),
            Self::Matches(pattern) => see(&pattern.text),
            Self::OneOf(options) => options.iter().for_each(see),
            Self::Object { members, .. } => members.iter().for_each(|(name, _)| see(name)),
            _ => {}
        }
    }
}

/// Marks a bare placeholder on its way through the JSON parser.
const BARE: char = '\u{1}';

fn parse(source: &str, pointer: &str) -> Result<Node, String> {
    let quoted = quote_bare(source);
    let tree: Tree = serde_json::from_str(&quoted).map_err(|e| {
        let place = if pointer.is_empty() { String::new() } else { format!("at {pointer}: ") };
        format!("{place}the template is not JSON: {e}")
    })?;
    node(tree, pointer, false)
}

/// Puts quotes around placeholders that stand outside of strings, so that the rest is JSON.
fn quote_bare(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let (mut in_string, mut escaped) = (false, false);
    let mut skip_to = 0;
    for (at, c) in source.char_indices() {
        if at < skip_to {
            continue;
        }
        if !in_string && source[at..].starts_with("${") {
            skip_to = source[at..].find('}').map_or(source.len(), |end| at + end + 1);
            out.push_str(&format!("\"\\u0001{}\"", &source[at..skip_to]));
            continue;
        }
        in_string = if in_string { escaped || c != '"' } else { c == '"' };
        escaped = in_string && c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// JSON whose members keep their order: captures come before what compares with them.
enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
                Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
            }
            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::String(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Tree::Array(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(member) = members.next_entry()? {
                    list.push(member);
                }
                Ok(Tree::Object(list))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

fn node(tree: Tree, pointer: &str, is_member: bool) -> Result<Node, String> {
    let at = |e: String| if pointer.is_empty() { e } else { format!("at {pointer}: {e}") };
    Ok(match tree {
        Tree::Null => Node::Null,
        Tree::Bool(value) => Node::Bool(value),
        Tree::Number(number) => Node::Number(number),
        Tree::Array(items) => Node::Array(list(items, pointer)?),
        Tree::Object(members) => object(members, pointer)?,
        Tree::String(text) => match text.strip_prefix(BARE) {
            Some(placeholder) => Node::Splice(Text::parse(placeholder).map_err(at)?),
            None if text.starts_with("$json:") => {
                Node::Json(Box::new(parse(&text["$json:".len()..], &format!("{pointer}#"))?))
            }
            None if text.starts_with("$jwt:") => {
                Node::Jwt(Box::new(parse(&text["$jwt:".len()..], &format!("{pointer}#"))?))
            }
            None => {
                let matcher = string(&text).map_err(at)?;
                if matches!(matcher, Node::Kind(Kind::Absent)) && !is_member {
                    return Err(at("`$absent` says that an object has no such member; it cannot stand here".into()));
                }
                matcher
            }
        },
    })
}

fn list(items: Vec<Tree>, pointer: &str) -> Result<Vec<Node>, String> {
    items.into_iter().enumerate().map(|(n, item)| node(item, &format!("{pointer}/{n}"), false)).collect()
}

fn object(members: Vec<(String, Tree)>, pointer: &str) -> Result<Node, String> {
    let at = |e: String| if pointer.is_empty() { e } else { format!("at {pointer}: {e}") };
    let is_wrapper = |name: &str| name.starts_with('$') && !name.starts_with("$$") && !name.starts_with("${");
    if let Some((name, _)) = members.iter().find(|(name, _)| is_wrapper(name)) {
        let name = name.clone();
        let mut members = members;
        let Some((_, inside)) = members.pop().filter(|_| members.is_empty()) else {
            return Err(at(format!("`{name}` must be the only member of its object; `$${}` is a name", &name[1..])));
        };
        return match (name.as_str(), inside) {
            ("$unordered", Tree::Array(items)) => Ok(Node::Unordered(list(items, pointer)?)),
            ("$each", inside) => Ok(Node::Each(Box::new(node(inside, &format!("{pointer}/*"), false)?))),
            ("$closed", Tree::Object(inside)) => match object(inside, pointer)? {
                Node::Object { members, .. } => Ok(Node::Object { members, closed: true }),
                _ => Err(at("`$closed` holds an object of members, no further `$`".into())),
            },
            ("$unordered", _) => Err(at("`$unordered` holds an array".into())),
            ("$closed", _) => Err(at("`$closed` holds an object".into())),
            _ => Err(at(not_among(&name, WRAPPERS))),
        };
    }
    let mut list: Vec<(Text, Node)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let inner = format!("{pointer}/{}", escaped(&name));
        let name = literal(&name).map_err(at)?;
        if list.iter().any(|(other, _)| *other == name) {
            return Err(format!("at {inner}: this member stands there twice"));
        }
        list.push((name, node(value, &inner, true)?));
    }
    Ok(Node::Object { members: list, closed: false })
}

/// A text that is no matcher; `$$` at its start stands for one dollar.
fn literal(text: &str) -> Result<Text, String> {
    let text = if text.starts_with("$$") && !text.starts_with("$${") { &text[1..] } else { text };
    Text::parse(text)
}

fn string(text: &str) -> Result<Node, String> {
    let is_matcher = text.starts_with('$') && !text.starts_with("$$") && !text.starts_with("${");
    if !is_matcher {
        return Ok(Node::Text(literal(text)?));
    }
    let (name, argument) = match text[1..].split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (&text[1..], None),
    };
    if let (Ok(kind), None) = (Kind::named(name), argument) {
        return Ok(Node::Kind(kind));
    }
    match (name, argument) {
        ("iso8601", None) => Ok(Node::Iso8601),
        ("re", Some(pattern)) => pattern_of(pattern),
        ("one-of", Some(options)) => Ok(Node::OneOf(options.split('|').map(Text::parse).collect::<Result<_, _>>()?)),
        ("range", Some(bounds)) => range(bounds),
        ("capture", Some(argument)) => capture(argument),
        ("same", Some(name)) if is_name(name) => Ok(Node::Same(name.to_owned())),
        ("above", Some(name)) if is_name(name) => Ok(Node::Above(name.to_owned())),
        ("same" | "above", Some(argument)) => {
            Err(format!("`${name}:{argument}` names no capture: a name has letters, digits and _"))
        }
        ("contains", Some(part)) => Ok(Node::Contains(Text::parse(part)?)),
        (name, None) if MATCHERS.contains(&name) => Err(format!("`${name}` needs an argument: `${name}:…`")),
        (name, Some(_)) if name == "iso8601" || Kind::named(name).is_ok() => {
            Err(format!("`${name}` takes no argument; to match the text itself, write `$$` for the dollar"))
        }
        (name, _) => {
            Err(format!("{}; to match the text itself, write `$$` for the dollar", not_among(name, matcher_names())))
        }
    }
}

fn pattern_of(pattern: &str) -> Result<Node, String> {
    let text = Text::parse(pattern)?;
    let tried = Regex::new(&text.sample()).map_err(|e| format!("`$re:` has a bad regular expression: {e}"))?;
    let groups: Vec<String> = tried.capture_names().flatten().map(str::to_owned).collect();
    if let Some(name) = groups.iter().find(|name| !is_name(name)) {
        return Err(format!("`{name}` cannot name a capture: a name has letters, digits and _"));
    }
    let fixed = text.names().next().is_none().then_some(tried);
    Ok(Node::Matches(Pattern { text, fixed, groups }))
}

fn range(bounds: &str) -> Result<Node, String> {
    let bound = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    match bounds.split_once("..").map(|(low, high)| (bound(low), bound(high))) {
        Some((Some(low), Some(high))) if low <= high => Ok(Node::Range(low, high)),
        _ => Err(format!("`$range:{bounds}` is no range; write `$range:0..100`, both ends included")),
    }
}

fn capture(argument: &str) -> Result<Node, String> {
    let (name, kind) = match argument.split_once(':') {
        None => (argument, Kind::Any),
        Some((name, kind)) => (name, Kind::named(kind)?),
    };
    if !is_name(name) {
        return Err(format!("`{name}` cannot name a capture: a name has letters, digits and _"));
    }
    if kind == Kind::Absent {
        return Err("what is absent cannot be captured".into());
    }
    Ok(Node::Capture(name.to_owned(), kind))
}

/// A member name as a part of a JSON pointer (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Node {
    /// What is expected, in the words of a template.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| Value::from(text).to_string();
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(&quoted(&text.source())),
            Self::Splice(text) => f.write_str(&text.source()),
            Self::Object { .. } => f.write_str("an object"),
            Self::Array(items) => write!(f, "an array of {}", items.len()),
            Self::Unordered(items) => write!(f, "an array of {} in any order", items.len()),
            Self::Each(_) => f.write_str("an array or object"),
            Self::Kind(Kind::Absent) => f.write_str("no such member"),
            Self::Kind(kind) | Self::Capture(_, kind) => write!(f, "${}", kind.name()),
            Self::Iso8601 => f.write_str("$iso8601"),
            Self::Matches(pattern) => write!(f, "$re:{}", pattern.text.source()),
            Self::OneOf(options) => {
                let options: Vec<String> = options.iter().map(Text::source).collect();
                write!(f, "$one-of:{}", options.join("|"))
            }
            Self::Range(low, high) => write!(f, "$range:{low}..{high}"),
            Self::Same(name) => write!(f, "$same:{name}"),
            Self::Above(name) => write!(f, "$above:{name}"),
            Self::Contains(text) => write!(f, "$contains:{}", text.source()),
            Self::Json(_) => f.write_str("a string that holds JSON"),
            Self::Jwt(_) => f.write_str("a JSON web token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(source: &str) -> String {
        Template::parse(source).unwrap_err()
    }

    #[test]
    fn mistakes_are_found_at_load_time() {
        let mistakes = [
            r#"{"a":"#,
            r#"{"a":"$strin"}"#,
            r#"{"a":"$int:3"}"#,
            r#"{"a":"$re"}"#,
            r#"{"a":"$re:("}"#,
            r#"{"a":["$range:9..1"]}"#,
            r#"{"a":"$capture:x y"}"#,
            r#"{"a":"$capture:x:strin"}"#,
            r#"{"a":["$absent"]}"#,
            r#"{"$unordered":{}}"#,
            r#"{"$unordred":[]}"#,
            r#"{"$each":1,"b":2}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":"$json:{"}"#,
            r#"{"a":"$json:[\"$nul\"]"}"#,
            r#"{"a":${x|y}}"#,
            r#"{"a":"$above:x y"}"#,
            r#"{"a":"$jwt:{\"b\":\"$nul\"}"}"#,
            r#"{"a":"$re:^(?<x.y>a)$"}"#,
        ];
        let errors: String = mistakes.iter().map(|source| format!("{source}\n    {}\n", error(source))).collect();
        insta::assert_snapshot!(errors);
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        let template = Template::parse(
            r#"{"${k}":${v},"a":["$re:${r}(?<group>x)","$contains:${c}","$json:{\"x\":\"${j}\"}","$capture:cap",
                "$same:s","$jwt:{\"y\":\"${t}\",\"z\":\"$above:n\"}"]}"#,
        )
        .unwrap();
        assert_eq!(template.names(), ["k", "v", "r", "c", "j", "t"]);
        assert_eq!(template.captures(), ["group", "cap"]);
        assert_eq!(template.sames(), ["s", "n"]);
    }

    proptest! {
        #[test]
        fn any_template_is_read_without_a_panic(source in r#"[\[\]{}:,"$a-z0-9\\.|\PC]{0,60}"#) {
            let _ = Template::parse(&source);
        }

        #[test]
        fn any_matcher_is_read_without_a_panic(name in "[a-z0-9-]{0,8}", argument in r"\PC{0,20}") {
            let _ = Template::parse(&serde_json::json!([format!("${name}:{argument}")]).to_string());
        }
    }
}
