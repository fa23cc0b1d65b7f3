//! What people type (dossier 4.4).

use crate::AccountId;
use crate::message::{ChatKind, Say};

/// A line as somebody types it, with its command understood as the web chat and the server do.
///
/// ```
/// use multistreamer_proto::Line;
/// assert_eq!(Line::parse("/msg bob hello there"), Line::Whisper { to: "bob", text: "hello there" });
/// assert_eq!(Line::parse("/me waves"), Line::Emote("waves"));
/// assert_eq!(Line::parse("/irc only us"), Line::Internal("only us"));
/// assert_eq!(Line::parse("hello /me"), Line::Text("hello /me"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line<'a> {
    /// Said to the chat of the account.
    Text(&'a str),
    /// `/me`: what the writer does. Clients make an emote of it; the server would send the line as it is.
    Emote(&'a str),
    /// `/irc`: said to the internal chat, whatever account is chosen.
    Internal(&'a str),
    /// `/msg`: said to one user of the server, in the internal chat.
    Whisper {
        /// The user's name; with a blank too many it is empty, and reaches nobody.
        to: &'a str,
        /// What is said.
        text: &'a str,
    },
}

impl<'a> Line<'a> {
    /// Understands a line. Commands count at its beginning only, and in small letters.
    pub fn parse(line: &'a str) -> Self {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "/me" if !rest.is_empty() => Self::Emote(rest),
            "/irc" => Self::Internal(rest),
            "/msg" => {
                let (to, text) = rest.split_once(' ').unwrap_or((rest, ""));
                Self::Whisper { to, text }
            }
            _ => Self::Text(line),
        }
    }
}

impl Say<'static> {
    /// What a line typed with this account into the chat of that one makes a client send: `/me` becomes an emote, everything
    /// else is left to the server (dossier 4.4).
    pub fn from_line(account: AccountId, target: AccountId, line: &str) -> Self {
        match Line::parse(line) {
            Line::Emote(text) => Self::new(ChatKind::Emote, account, target, text),
            _ => Self::new(ChatKind::Text, account, target, line),
        }
    }
}
