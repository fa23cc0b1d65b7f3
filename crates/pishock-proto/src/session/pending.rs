//! Requests in flight, and how replies find them: there is no request id (dossier 4.2).

use super::Refusal;
use crate::message::decode_client;
use crate::{Channel, Dialect, Envelope, V1Reply};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_session::{MatchedBy, RequestTable, RequestToken};

/// One request.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) kind: Kind,
    /// Whether the program asked for it, and is told its end.
    pub(super) asked: bool,
    /// The text as it goes out.
    pub(super) text: String,
    /// Whether it has gone out; only stops wait for a connection.
    pub(super) sent: bool,
}

/// What a request waits for.
#[derive(Debug)]
pub(super) enum Kind {
    Ping,
    Publish,
    /// A pulse of a held order.
    Pulse(RequestToken),
    /// One of the stops of a [`super::SessionCommand::StopAll`].
    GroupStop(RequestToken),
    Subscribe(Progress),
    /// So many replies can come, but the first one counts (dossier 4.2).
    Unsubscribe(usize),
}

impl Kind {
    fn operation(&self) -> &'static str {
        match self {
            Self::Ping => "PING",
            Self::Publish | Self::Pulse(_) | Self::GroupStop(_) => "PUBLISH",
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
        }
    }
}

/// How far a SUBSCRIBE has come: it is answered once for each channel.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) left: Vec<Channel>,
    pub(super) granted: Vec<Channel>,
    pub(super) refused: Vec<(Channel, Refusal)>,
}

impl Progress {
    pub(super) fn of(channels: Vec<Channel>) -> Self {
        Self { left: channels, ..Self::default() }
    }

    /// Takes in one reply. Gives back the channel that it refuses, if it does.
    pub(super) fn advance(&mut self, message: &str, refusal: Option<&Refusal>) -> Option<Channel> {
        let channel = self.next(message)?;
        match refusal {
            None => {
                self.granted.push(channel);
                None
            }
            Some(refusal) => {
                self.refused.push((channel.clone(), refusal.clone()));
                Some(channel)
            }
        }
    }

    /// The channel that a reply is about: the one it names, else the next in order. A reply about a channel that has been
    /// answered already came twice and is about none.
    fn next(&mut self, message: &str) -> Option<Channel> {
        let words = message.split(|c: char| c.is_whitespace() || "'\"".contains(c));
        let named = words
            .map(|word| Channel::parse(word.trim_end_matches('.')))
            .find(|channel| matches!(channel, Channel::Ping(_) | Channel::Log(_)));
        let at = match named {
            Some(named) => self.left.iter().position(|channel| *channel == named)?,
            None => 0,
        };
        (at < self.left.len()).then(|| self.left.remove(at))
    }
}

fn sent(table: &RequestTable<InFlight>) -> impl Iterator<Item = (RequestToken, &InFlight)> {
    table.iter().map(|(token, request)| (token, &request.data)).filter(|(_, request)| request.sent)
}

/// The request that a V2 reply answers. A whole echo of something that is not in flight belongs to nothing: it is late,
/// or came twice. Without a whole echo the order decides.
pub(super) fn of_envelope(table: &RequestTable<InFlight>, reply: &Envelope<'_>) -> Option<(RequestToken, MatchedBy)> {
    let echo = &*reply.original.text();
    let echoed = |(token, _)| (token, MatchedBy::Echo);
    if echo == "PING" {
        return sent(table).find(|(_, request)| matches!(request.kind, Kind::Ping)).map(echoed);
    }
    if let Some(found) = sent(table).find(|(_, request)| request.text == echo) {
        return Some(echoed(found));
    }
    if let Ok(message) = decode_client(Dialect::V2, echo) {
        // Written again by the broker, with other spaces or another order of members (dossier 4.1).
        let same = |request: &InFlight| decode_client(Dialect::V2, &request.text).is_ok_and(|sent| sent == message);
        return sent(table).find(|(_, request)| same(request)).map(echoed);
    }
    sent(table).next().map(|(token, _)| (token, MatchedBy::Order))
}

/// The request that a V1 reply answers: the oldest one of the operation that it names.
pub(super) fn of_v1(table: &RequestTable<InFlight>, reply: &V1Reply<'_>) -> Option<(RequestToken, MatchedBy)> {
    let any = reply.command.eq_ignore_ascii_case("ERROR");
    let fits = |request: &InFlight| any || request.kind.operation().eq_ignore_ascii_case(&reply.command);
    sent(table).find(|(_, request)| fits(request)).map(|(token, _)| (token, MatchedBy::Order))
}
