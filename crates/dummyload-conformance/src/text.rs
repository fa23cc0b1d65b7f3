//! Texts with placeholders: `${name}`, or with a filter as in `${name|query}`; `$${` stands for `${`.

use crate::choice::{Choice, not_among};
use crate::vars::Vars;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A text as a case gives it, its placeholders found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Placeholder { name: String, filter: Filter },
}

/// How a value is written into the text around it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Filter {
    Plain,
    /// Percent-encoded, for a query or a path segment.
    Query,
    /// Escaped, for the inside of a JSON string.
    Json,
    /// Hexadecimal digits as a decimal number.
    Decimal,
    /// The SHA-1, in hexadecimal digits.
    Sha1,
}

impl Choice for Filter {
    const ALL: &'static [(&'static str, Self)] =
        &[("query", Self::Query), ("json", Self::Json), ("decimal", Self::Decimal), ("sha1", Self::Sha1)];
}

/// Unreserved characters of RFC 3986 stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Filter {
    /// # Errors
    /// Why this filter does not take the value.
    fn apply(self, value: &str) -> Result<String, String> {
        Ok(match self {
            Self::Plain => value.to_owned(),
            Self::Query => utf8_percent_encode(value, RESERVED).to_string(),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Decimal => match u64::from_str_radix(value, 16) {
                Ok(number) if !value.starts_with('+') => number.to_string(),
                _ => return Err("must be up to 16 hexadecimal digits to be written in decimal".into()),
            },
            Self::Sha1 => sha1(value),
        })
    }
}

/// The SHA-1 of a text, in hexadecimal digits.
pub(crate) fn sha1(text: &str) -> String {
    sha1_smol::Sha1::from(text).digest().to_string()
}

/// Whether this can be the name of a variable.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

impl Text {
    /// # Errors
    /// What is wrong with a placeholder.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                literal.push_str(&rest[..at]);
                literal.push('{');
                rest = &rest[at + 2..];
                continue;
            }
            literal.push_str(&rest[..at]);
            let inside = &rest[at + 2..];
            let end = inside.find('}').ok_or("a placeholder `${` has no `}`; write `$${` for the two characters")?;
            let (name, filter) = match inside[..end].split_once('|') {
                None => (&inside[..end], Filter::Plain),
                Some((name, filter)) => {
                    let known = Filter::ALL.iter().map(|(name, _)| *name);
                    (name, Filter::named(filter).map_err(|_| not_among(filter, known))?)
                }
            };
            if !is_name(name) {
                return Err(format!("`${{{}}}` is no placeholder: a name has letters, digits and _", &inside[..end]));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Placeholder { name: name.to_owned(), filter });
            rest = &inside[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }

    /// The names in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// With every placeholder replaced by its value.
    ///
    /// # Errors
    /// The name that has no value.
    pub(crate) fn render(&self, vars: &Vars) -> Result<String, String> {
        self.render_with(vars, str::to_owned)
    }

    /// As [`Text::render`], with every value changed on its way in.
    pub(crate) fn render_with(&self, vars: &Vars, change: impl Fn(&str) -> String) -> Result<String, String> {
        self.fill(|name, filter| {
            let value = vars.text(name).ok_or_else(|| format!("${{{name}}} has no value"))?;
            Ok(change(&filter.apply(&value).map_err(|why| format!("the value of ${{{name}}} {why}"))?))
        })
    }

    /// For people: with the values that there are, and the placeholders that have none as they are.
    pub(crate) fn shown(&self, vars: &Vars) -> String {
        let shown = self.fill(|name, filter| {
            let value = vars.text(name).and_then(|value| filter.apply(&value).ok());
            Ok(value.unwrap_or_else(|| format!("${{{name}}}")))
        });
        shown.unwrap_or_default()
    }

    /// With `0` in place of every value: a digit fits a number, a string, a path.
    pub(crate) fn sample(&self) -> String {
        self.fill(|_, _| Ok("0".to_owned())).unwrap_or_default()
    }

    /// Whether the value of one of its placeholders is written so.
    pub(crate) fn stands_for(&self, written: &str, vars: &Vars) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Placeholder { name, filter } => {
                vars.text(name).and_then(|value| filter.apply(&value).ok()).is_some_and(|value| value == written)
            }
            Part::Literal(_) => false,
        })
    }

    /// As it was written.
    pub(crate) fn source(&self) -> String {
        self.written(str::to_owned, "")
    }

    /// As a part of a regular expression that finds it: its values are taken literally, its own text as `literal` writes it.
    pub(crate) fn pattern(&self, literal: impl Fn(&str) -> String) -> String {
        self.written(literal, "|re")
    }

    fn written(&self, literal: impl Fn(&str) -> String, filters: &str) -> String {
        let shown = self.parts.iter().map(|part| match part {
            Part::Literal(text) => literal(text).replace("${", "$${"),
            Part::Placeholder { name, filter: Filter::Plain } => format!("${{{name}{filters}}}"),
            Part::Placeholder { name, filter } => format!("${{{name}|{}{filters}}}", filter.name()),
        });
        shown.collect()
    }

    /// The names of the filters in it.
    pub(crate) fn filters(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder { filter: Filter::Plain, .. } | Part::Literal(_) => None,
            Part::Placeholder { filter, .. } => Some(filter.name()),
        })
    }

    /// Each of its placeholders by itself.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = String> {
        let alone = |part: &Part| Self { parts: vec![part.clone()] }.source();
        self.parts.iter().filter(|part| matches!(part, Part::Placeholder { .. })).map(alone)
    }

    /// Whether the two characters `${` stand in it for themselves.
    pub(crate) fn has_escapes(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains("${")))
    }

    fn fill(&self, mut value: impl FnMut(&str, Filter) -> Result<String, String>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder { name, filter } => text.push_str(&value(name, *filter)?),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vars() -> Vars {
        let mut vars = Vars::default();
        vars.set("name", "a b\"&".into());
        vars.set("n", 7.into());
        vars.set("mac", "0A2fA0".into());
        vars
    }

    #[test]
    fn people_see_what_is_known() {
        let shown = |text: &str| Text::parse(text).unwrap().shown(&vars());
        assert_eq!(shown("a ${n} b ${mac|decimal} c ${later} $${d}"), "a 7 b 667552 c ${later} ${d}");
    }

    #[test]
    fn placeholders_are_replaced_as_their_filter_says() {
        for (text, shown) in [
            ("x=${name|query}&n=${n}", "x=a%20b%22%26&n=7"),
            (r#"{"a":"${name|json}"}"#, r#"{"a":"a b\"&"}"#),
            ("$${name} $ {n} ${n}$", "${name} $ {n} 7$"),
            ("${mac} ${mac|decimal} ${n|decimal}", "0A2fA0 667552 7"),
            ("${mac|sha1}", "4c988220df97368b4ee2677c09531cfe7c0a0c5a"),
            ("", ""),
        ] {
            assert_eq!(Text::parse(text).unwrap().render(&vars()).unwrap(), shown);
        }
    }

    #[test]
    fn what_a_placeholder_stands_for_is_known() {
        let text = Text::parse("id 7 is ${mac|decimal} or ${other} or ${mac|query}").unwrap();
        for (written, stands) in [("667552", true), ("0A2fA0", true), ("7", false), ("id 7 is ", false), ("", false)] {
            assert_eq!(text.stands_for(written, &vars()), stands, "{written}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            Text::parse("${name").unwrap_err(),
            "a placeholder `${` has no `}`; write `$${` for the two characters"
        );
        assert_eq!(Text::parse("${n|querry}").unwrap_err(), "`querry` is not known here (did you mean `query`?)");
        assert!(Text::parse("${a b}").unwrap_err().contains("no placeholder"));
        assert_eq!(Text::parse("${other}").unwrap().render(&vars()).unwrap_err(), "${other} has no value");
        assert_eq!(
            Text::parse("${name|decimal}").unwrap().render(&vars()).unwrap_err(),
            "the value of ${name} must be up to 16 hexadecimal digits to be written in decimal"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[${}|a-z\\PC]{0,40}") {
            if let Ok(text) = Text::parse(&text) {
                text.sample();
                let _ = text.render(&vars());
            }
        }

        #[test]
        fn a_text_without_dollars_stays_as_it_is(text in "[^$]{0,40}") {
            prop_assert_eq!(Text::parse(&text).unwrap().sample(), text);
        }
    }
}
