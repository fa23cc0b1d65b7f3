//! The member `errors` of a refusal, in all its shapes.

use crate::escape::{ObjectWriter, push_list, push_string};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members;

/// Why something was refused: an array of texts in the documents, an object from code to text in every recorded answer,
/// and sometimes nothing at all (dossier 5). A text that is neither stands as the only item of a list; a value that is no
/// text stands as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Errors {
    /// There is no such member, or it is null.
    #[default]
    Missing,
    /// `[]` or `["text"]`
    List(Vec<String>),
    /// `{}` or `{"code":"text"}`, in the order of the answer.
    Map(Vec<(String, String)>),
}

impl Errors {
    /// The form that the real cloud answers with: one code with its text.
    pub fn coded(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Map(alloc::vec![(code.into(), text.into())])
    }

    /// The form of the documents: one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::List(alloc::vec![text.into()])
    }

    pub(crate) fn read(json: Option<&str>) -> Self {
        let Some(json) = json.filter(|json| !members::is_null(json)) else { return Self::Missing };
        let shown = |json: &str| members::text(json).map_or_else(|| json.into(), String::from);
        let (mut list, mut map) = (Vec::new(), Vec::new());
        if members::each_item(json, |item| list.push(shown(item))).is_ok() {
            Self::List(list)
        } else if members::each_member(json, |name, value| map.push((name.into_owned(), shown(value)))).is_ok() {
            Self::Map(map)
        } else {
            Self::List(alloc::vec![shown(json)])
        }
    }

    /// The codes. Lists have none, but a text without blanks in one counts as such.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let (list, map): (&[String], &[(String, String)]) = match self {
            Self::Missing => (&[], &[]),
            Self::List(list) => (list, &[]),
            Self::Map(map) => (&[], map),
        };
        let words = list.iter().filter(|text| !text.contains(char::is_whitespace));
        map.iter().map(|(code, _)| code).chain(words).map(String::as_str)
    }

    /// The texts.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        let (list, map): (&[String], &[(String, String)]) = match self {
            Self::Missing => (&[], &[]),
            Self::List(list) => (list, &[]),
            Self::Map(map) => (&[], map),
        };
        map.iter().map(|(_, text)| text).chain(list).map(String::as_str)
    }

    /// Whether this code is there.
    pub fn has(&self, code: &str) -> bool {
        self.codes().any(|known| known == code)
    }

    /// Whether nothing is said: the unexplained refusal of dossier 5.
    pub fn is_empty(&self) -> bool {
        self.messages().next().is_none()
    }

    pub(crate) fn write(&self, object: &mut ObjectWriter<'_>) {
        match self {
            Self::Missing => {}
            Self::List(texts) => push_list(object.name("errors"), texts),
            Self::Map(texts) => {
                let mut map = ObjectWriter::open(object.name("errors"));
                for (code, text) in texts {
                    push_string(map.any_name(code), text);
                }
                map.close();
            }
        }
    }
}

impl core::fmt::Display for Errors {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_empty() {
            return f.write_str("no reason was given");
        }
        let mut between = "";
        if let Self::Map(map) = self {
            for (code, text) in map {
                write!(f, "{between}{code}: {text}")?;
                between = "; ";
            }
            return Ok(());
        }
        for text in self.messages() {
            write!(f, "{between}{text}")?;
            between = "; ";
        }
        Ok(())
    }
}
