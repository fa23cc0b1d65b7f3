//! What is waited for. The protocol has no request ids and no refusals, so an answer is found by what it repeats.

use super::writers::Pair;
use crate::{AccountId, Chat, ChatKind, PersonId};
use alloc::string::String;

/// One request.
#[derive(Debug)]
pub(super) enum InFlight {
    /// A status; `asked` by the program.
    Status { asked: bool },
    /// A writer that the program waits for.
    Writer(Pair),
    /// A writer that the program waits for, whatever comes between.
    Wish(Pair),
    /// A line on its way to come back.
    Line(Line),
}

/// Something that was said.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) kind: ChatKind,
    pub(super) account: AccountId,
    /// In whose chat it comes back.
    pub(super) target: AccountId,
    /// The name that it comes back under, if that is known.
    pub(super) name: Option<String>,
    /// For whom it is.
    pub(super) to: Option<String>,
    pub(super) text: String,
}

impl Line {
    /// Whether this is the line coming back (dossier 4.5). Another client of the same user may say the same; then the one that
    /// comes first counts for both. Networks show names in other letters than accounts have them, and YouTube an emote as a text
    /// between asterisks (dossier 4.4).
    pub(super) fn is(&self, chat: &Chat<'_>) -> bool {
        let from = chat.from.as_ref();
        let name = from.and_then(|from| from.name.as_deref());
        let is_user = from.is_some_and(|from| matches!(from.id, Some(PersonId::Number(_))));
        let to = chat.to.as_ref().and_then(|to| to.name.as_deref());
        let is_said = chat.kind == self.kind && chat.text.as_deref() == Some(&self.text);
        chat.account_id == Some(self.target)
            && (is_said || self.is_starred(chat))
            && to == self.to.as_deref()
            && self.name.as_deref().is_none_or(|own| name.is_some_and(|name| name.eq_ignore_ascii_case(own)))
            && (self.target != AccountId::IRC || is_user)
    }

    fn is_starred(&self, chat: &Chat<'_>) -> bool {
        let inside = || chat.text.as_deref()?.strip_prefix('*')?.strip_suffix('*');
        self.target != AccountId::IRC
            && (self.kind, chat.kind) == (ChatKind::Emote, ChatKind::Text)
            && inside() == Some(&self.text)
    }
}
