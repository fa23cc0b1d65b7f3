//! The member `markdown` of messages: how the server makes it, and what is in it for a program that shows no Markdown
//! (dossier 4.5).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// What the server makes of a line: words that are links become links, and what means something in Markdown is escaped.
///
/// ```
/// use multistreamer_proto::markdown::escape;
/// assert_eq!(escape("see https://a.b! *now*"), r"see [https://a.b!](https://a.b!) \*now\*");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if word.starts_with("http://") || word.starts_with("https://") {
            out.extend(["[", word, "](", word, ")"]);
            continue;
        }
        for c in word.chars() {
            match c {
                '>' => out.push_str("&gt;"),
                '<' => out.push_str("&lt;"),
                '!' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '.' | '\\' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
    out
}

/// A piece of a line, to be shown as the program likes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece<'a> {
    /// Plain text, escapes undone.
    Text(Cow<'a, str>),
    /// A link: what to show, and where it leads.
    Link {
        /// What to show.
        text: Cow<'a, str>,
        /// Where it leads. It comes from strangers: look at it before it is opened.
        url: &'a str,
    },
    /// A picture in the line, as Twitch's emotes.
    Emote {
        /// Its name, such as `Kappa`.
        code: Cow<'a, str>,
        /// Where the picture is. It comes from strangers as well.
        url: &'a str,
    },
}

/// The pieces of a `markdown`, as far as servers of multistreamer make it: anything else in it is text.
///
/// ```
/// use multistreamer_proto::markdown::{Piece, pieces};
/// let line = r"hi \*you\* ![Kappa](http://cdn/25/1.0)";
/// let [Piece::Text(text), Piece::Emote { code, url }] = &pieces(line)[..] else { panic!() };
/// assert_eq!((&**text, &**code, *url), ("hi *you* ", "Kappa", "http://cdn/25/1.0"));
/// ```
pub fn pieces(markdown: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut at = 0;
    let bytes = markdown.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let found = match byte {
            b'\\' => {
                at += 2;
                continue;
            }
            b'!' if bytes.get(at + 1) == Some(&b'[') => reference(&markdown[at + 1..]).map(|found| (true, found)),
            b'[' => reference(&markdown[at..]).map(|found| (false, found)),
            _ => None,
        };
        let Some((is_emote, (label, url, length))) = found else {
            at += 1;
            continue;
        };
        if from < at {
            pieces.push(Piece::Text(unescape(&markdown[from..at])));
        }
        // What stands in a link's label is the word itself, which the server does not escape there.
        pieces.push(match is_emote {
            true => Piece::Emote { code: unescape(label), url },
            false => Piece::Link { text: Cow::Borrowed(label), url },
        });
        at += length + usize::from(is_emote);
        from = at;
    }
    if from < markdown.len() {
        pieces.push(Piece::Text(unescape(&markdown[from..])));
    }
    pieces
}

/// `[label](url)` at the start of a text: both, and how long it is.
fn reference(text: &str) -> Option<(&str, &str, usize)> {
    let middle = text.find("](")?;
    let label = text.get(1..middle)?;
    // The server's own links say the same twice, whatever brackets are in it.
    let same = text[middle + 2..].strip_prefix(label).is_some_and(|rest| rest.starts_with(')'));
    let end = if same { middle + 2 + label.len() } else { middle + 2 + text[middle + 2..].find(')')? };
    let url = text.get(middle + 2..end)?;
    (!label.contains('\n') || same).then_some((label, url, end + 1))
}

/// Undoes what [`escape`] does to text.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '&']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (plain, length) = if let Some(after) = rest.strip_prefix('\\') {
            match after.chars().next().filter(char::is_ascii_punctuation) {
                Some(c) => (c, 2),
                None => ('\\', 1),
            }
        } else if rest.starts_with("&gt;") {
            ('>', 4)
        } else if rest.starts_with("&lt;") {
            ('<', 4)
        } else {
            ('&', 1)
        };
        out.push(plain);
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_the_real_server_made() {
        // captures/server-12.3/text-markdown
        for (text, made) in [
            ("*", r"\*"),
            ("<", "&lt;"),
            ("~", "~"),
            (r#"><!`*_{}[]()#+-.\~|&"'"#, r#"&gt;&lt;\!\`\*\_\{\}\[\]\(\)\#\+\-\.\\~|&"'"#),
            ("a.b *c* _d_", r"a\.b \*c\* \_d\_"),
            ("http://x.y/z_1", "[http://x.y/z_1](http://x.y/z_1)"),
            ("xhttp://a.b", r"xhttp://a\.b"),
            ("HTTP://a.b", r"HTTP://a\.b"),
            ("http://", "[http://](http://)"),
            ("(http://a.b)", r"\(http://a\.b\)"),
            ("a  b", "a  b"),
            (" a ", " a "),
            ("https://a.b/?q=*&r=<1>", "[https://a.b/?q=*&r=<1>](https://a.b/?q=*&r=<1>)"),
            ("http://a.b\nnext*line", "[http://a.b\nnext*line](http://a.b\nnext*line)"),
            ("&amp;", "&amp;"),
            ("", ""),
        ] {
            assert_eq!(escape(text), made);
        }
    }

    proptest! {
        /// What people see is what was typed, unless they typed what the server leaves looking like its own escapes.
        #[test]
        fn a_line_comes_through(text in "[a-z .*_<>()!\\\\é]{0,30}( https?://[a-z.()/_*]{0,10})?") {
            let shown: String = pieces(&escape(&text)).into_iter().map(|piece| match piece {
                Piece::Text(text) => text.into_owned(),
                Piece::Link { text, .. } => text.into_owned(),
                Piece::Emote { code, .. } => code.into_owned(),
            }).collect();
            prop_assert_eq!(shown, text);
        }

        #[test]
        fn no_markdown_is_too_odd(text in "[\\[\\]()!\\\\&a-z;é\\n]{0,40}|\\PC{0,40}") {
            pieces(&text);
        }
    }
}
