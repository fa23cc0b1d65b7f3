//! What a player has to know about a protocol to compare by value: which numbers are ids, what is a push, where a token comes
//! from. It is data, read from a file beside the recordings, so that anybody can write it for a server of theirs.

use super::jwt::KeyRule;
use regex::Regex;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The content of a `replay.toml`, described in `docs/replay.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Whose recordings these are.
    pub(super) protocol: String,
    /// As whom the unrecorded calls are made that a recording tells of.
    pub(super) setup_as: Option<String>,
    /// A request that makes something which gets the next number of its kind.
    #[serde(default)]
    pub(super) creates: Option<Pattern>,
    /// Members of an answer that tell which request it answers.
    #[serde(default)]
    pub(super) answers_by: Vec<String>,
    /// The server sends a ping whenever its clock comes to a multiple of so many milliseconds.
    pub(super) pings_every: Option<i64>,
    /// Members that hold the time in milliseconds since 1970.
    #[serde(default)]
    pub(super) times: Vec<String>,
    /// Members that hold a time which unrecorded calls move as well.
    #[serde(default)]
    pub(super) moving: Vec<String>,
    /// Members that hold a list whose order means nothing: a name, or several with slashes that a pointer must end with.
    #[serde(default)]
    pub(super) sets: Vec<String>,
    /// What placeholders stand for that are part of the world, without their brackets.
    #[serde(default)]
    pub(super) words: BTreeMap<String, String>,
    /// Headers of answers that are not compared.
    #[serde(default)]
    pub(super) ignored_headers: Vec<String>,
    /// Parts of texts that differ from one start of the server to the next.
    #[serde(default)]
    pub(super) noise: Vec<Pattern>,
    /// Lists within texts that have no order.
    #[serde(default, rename = "bag")]
    pub(super) bags: Vec<Bag>,
    pub(super) push: Option<Push>,
    pub(super) login: Option<Login>,
    #[serde(default)]
    pub(super) jwt: Jwt,
    #[serde(default, rename = "id")]
    pub(super) ids: Vec<Id>,
    #[serde(default)]
    pub(super) free: Vec<Free>,
    /// What a remark makes a player do.
    #[serde(default)]
    pub(super) remark: Vec<Remark>,
}

/// How a message that nobody has asked for is told from an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    /// It has this member,
    pub(super) member: Option<String>,
    /// and not this one.
    pub(super) without: Option<String>,
    /// Where the id of that stands which is pushed, as JSON pointers: one thing can go to several listeners, in any order.
    #[serde(default)]
    pub(super) items: Vec<String>,
}

/// The call that gives tokens for a name and a password. `{login}` and `{password}` are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// JSON pointers into the answer.
    pub(super) token: String,
    pub(super) refresh: Option<String>,
    /// Names in placeholders that are not the names of logins.
    #[serde(default)]
    pub(super) names: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jwt {
    #[serde(default)]
    pub(super) key: KeyRule,
    /// The secret, unless another is given.
    pub(super) secret: Option<String>,
}

/// A kind of id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Id {
    pub(super) kind: String,
    /// Members and parameters of queries that hold it.
    #[serde(default)]
    pub(super) members: Vec<String>,
    /// Members whose objects have it as their `id`.
    #[serde(default)]
    pub(super) within: Vec<String>,
    /// Actions, or methods and paths, whose answers have it as their `id`.
    pub(super) context: Option<Pattern>,
    /// It follows this segment of a path.
    pub(super) segment: Option<String>,
    pub(super) made: Made,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Made {
    /// One after the other: the number is the same unless it was given in the scenario itself.
    Counted,
    /// By chance or by the clock: it is never the same.
    Drawn,
}

/// A list within a text whose order means nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bag {
    /// Its group is the list.
    pub(super) text: Pattern,
    /// What stands between two items.
    pub(super) between: String,
}

/// An order that means nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Free {
    pub(super) what: FreeOrder,
    /// The request: the text of a message, or method and path.
    pub(super) request: Pattern,
    /// It is not meant if this is in it too.
    pub(super) unless: Option<Pattern>,
    /// Its group names the member by which the lists are sorted: items that are equal in it have no order.
    pub(super) sorted_by: Option<Pattern>,
    /// Items that are equal in these members have an order among themselves.
    #[serde(default)]
    pub(super) grouped_by: Vec<String>,
    /// Which things are on a page is chance as well.
    #[serde(default)]
    pub(super) page: bool,
    /// Only lists that are as long as a page that nobody has asked to be shorter.
    #[serde(default)]
    pub(super) from: usize,
    /// Only recordings of the folders with these names.
    #[serde(default)]
    pub(super) folders: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FreeOrder {
    /// Of the lists in the answer.
    Lists,
    /// Of the pushes that come at once.
    Pushes,
}

/// How much of an order means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Freedom {
    #[default]
    None,
    All,
    /// Only among those that are equal in this member.
    Ties(String),
    /// Only between those that differ in one of these members.
    Groups(Vec<String>),
    /// All of it, and which things are there: so many as were recorded, and such as the recording knows, if it is a list of
    /// at least `from` things. They are sorted by the member `by`, if it is named.
    Page {
        from: usize,
        by: Option<String>,
    },
}

/// What to do at a remark.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remark {
    /// The socket is the group `conn`; a header of the last answer is `header`, and `value` what stands in it.
    pub(super) text: Pattern,
    #[serde(rename = "do")]
    pub(super) act: RemarkAct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RemarkAct {
    StopReading,
    ReadAgain,
    StopServer,
    LearnHeader,
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Pattern {
    pub(super) fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl Rules {
    /// Reads a `replay.toml`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
    }

    /// The protocol that they are about.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// The secret that tokens are signed with, if nobody says otherwise.
    pub fn jwt_secret(&self) -> Option<&str> {
        self.jwt.secret.as_deref()
    }

    /// The same, for the recordings in a folder of this name.
    #[must_use]
    pub fn for_folder(mut self, name: &str) -> Self {
        self.free.retain(|free| free.folders.is_empty() || free.folders.iter().any(|folder| folder == name));
        self
    }

    /// Whether the order that this request brings about means nothing.
    pub(super) fn freedom(&self, what: FreeOrder, request: &str) -> Freedom {
        let mut fitting = self.free.iter().filter(|free| free.what == what && free.request.fits(request));
        match fitting.find(|free| !free.unless.as_ref().is_some_and(|unless| unless.fits(request))) {
            None => Freedom::None,
            Some(free) if free.page => {
                let found = free.sorted_by.as_ref().and_then(|by| by.0.captures(request));
                let name =
                    found.and_then(|found| found.iter().skip(1).flatten().next().map(|name| name.as_str().to_owned()));
                Freedom::Page { from: free.from, by: name }
            }
            Some(free) => match free.sorted_by.as_ref().map(|by| by.0.captures(request)) {
                None if !free.grouped_by.is_empty() => Freedom::Groups(free.grouped_by.clone()),
                None => Freedom::All,
                Some(found) => {
                    let found = found.and_then(|found| found.iter().skip(1).flatten().next());
                    found.map_or(Freedom::None, |name| Freedom::Ties(name.as_str().to_owned()))
                }
            },
        }
    }

    /// A text with the lists in it that have no order in one that always is the same.
    pub(super) fn in_order<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut ordered = Cow::Borrowed(text);
        for bag in &self.bags {
            let found = bag
                .text
                .0
                .captures(&ordered)
                .and_then(|found| found.iter().skip(1).flatten().next().map(|list| list.range()));
            let Some(list) = found else { continue };
            let mut items: Vec<&str> = ordered[list.clone()].split(&bag.between).collect();
            items.sort_unstable();
            let items = items.join(&bag.between);
            ordered.to_mut().replace_range(list, &items);
        }
        ordered
    }

    pub(super) fn creates(&self, request: &str) -> bool {
        self.creates.as_ref().is_some_and(|creates| creates.fits(request))
    }

    /// The login that a name in a placeholder means.
    pub(super) fn login_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.login.as_ref().and_then(|login| login.names.get(name)).map_or(name, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_within_texts_have_one_order() {
        let rules = "protocol = 'x'\n[[bag]]\ntext = 'within: (.+?)\\. Please'\nbetween = ', '";
        let rules = Rules::parse(rules).unwrap();
        let ordered = |text: &str| rules.in_order(text).into_owned();
        assert_eq!(ordered("within: c, a, b. Please, do"), "within: a, b, c. Please, do");
        assert_eq!(ordered("b, a within: "), "b, a within: ");
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let rules = Rules::parse(
            r#"
            protocol = "x"
            [[free]]
            what = "lists"
            request = "list.*take"
            page = true
            from = 20
            sorted_by = "by=(\\w+)"
            [[free]]
            what = "lists"
            request = "list"
            unless = "by"
            "#,
        )
        .unwrap();
        let free = |request: &str| rules.freedom(FreeOrder::Lists, request);
        assert_eq!(free("list take"), Freedom::Page { from: 20, by: None });
        assert_eq!(free("list take by=name"), Freedom::Page { from: 20, by: Some("name".into()) });
        assert_eq!((free("list"), free("list by=name")), (Freedom::All, Freedom::None));
        assert_eq!(rules.freedom(FreeOrder::Pushes, "list"), Freedom::None);
    }
}
