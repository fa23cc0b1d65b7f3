//! How a server behaves below its messages.

use std::time::Duration;

/// The recorded or documented behaviour of one real server on the frame level. Servers differ in it, so it is data, and
/// the host has no protocol's name in its code. `Default` is a well-behaved server after RFC 6455.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manners {
    /// The largest message taken in, in bytes.
    pub max_message: usize,
    /// The largest single frame of a message, in bytes, for servers that count those.
    pub max_frame: usize,
    /// What follows a larger message or frame.
    pub on_too_big: Reaction,
    /// What follows a text message or close reason that is not UTF-8.
    pub on_bad_utf8: Reaction,
    /// What follows a frame that breaks RFC 6455: unmasked, reserved bits or opcodes, bad control frames, wrong order.
    pub on_bad_frame: Reaction,
    /// The reasons that a close frame names for what broke; `{}` stands for the number in question (an opcode, a length, the
    /// limit). What is not listed gets the host's own words.
    pub reasons: &'static [(Offence, &'static str)],
    /// How messages in several frames are put together.
    pub fragments: Fragments,
    /// The largest frame that is sent, in bytes: a longer message goes out in several.
    pub fragment_bytes: Option<usize>,
    /// Whether code and reason of a close frame are looked at; otherwise any will do.
    pub checks_closes: bool,
    /// What answers a close frame.
    pub close_reply: CloseReply,
    /// Whether the server, having sent a close frame of its own, waits for the peer's before it ends the TCP connection.
    pub awaits_close: bool,
    /// Whether a ping is answered by a pong.
    pub answers_pings: bool,
    /// A ping is sent when nothing has come from the peer for so long.
    pub ping_after_silence: Option<Duration>,
    /// The payload of that ping.
    pub ping_payload: Vec<u8>,
    /// What becomes of a peer that does not read what it is sent.
    pub slow_reader: SlowReader,
    /// The close code and reason at the end of the server; `None` ends the TCP connection without a close frame.
    pub shutdown: Option<(u16, &'static str)>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            max_message: 1024 * 1024,
            max_frame: usize::MAX,
            on_too_big: Reaction::Close(1009),
            on_bad_utf8: Reaction::Close(1007),
            on_bad_frame: Reaction::Close(1002),
            reasons: &[],
            fragments: Fragments::Reassemble,
            fragment_bytes: None,
            checks_closes: true,
            close_reply: CloseReply::Echo,
            awaits_close: true,
            answers_pings: true,
            ping_after_silence: None,
            ping_payload: Vec::new(),
            slow_reader: SlowReader::Cut,
            shutdown: Some((1001, "the server is going down")),
        }
    }
}

/// What a server does about a bad frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// It closes with this code.
    Close(u16),
    /// It ends the TCP connection without a close frame.
    Cut,
    /// It takes the message all the same. Only for texts that are not UTF-8; anything else is cut.
    Deliver,
}

/// How a frame or message can break the rules of RFC 6455, or of the manners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Offence {
    /// A frame of a client is not masked.
    Unmasked,
    /// Reserved bits are set; the number has them as 4, 2 and 1.
    ReservedBits,
    /// An opcode that RFC 6455 does not define; the number is that opcode.
    ReservedOpcode,
    /// A ping, pong or close frame that is not final.
    FragmentedControl,
    /// A ping, pong or close frame of more than 125 bytes.
    LongControl,
    /// A continuation without a beginning.
    LoneContinuation,
    /// A new message before the last one was finished.
    Interrupted,
    /// A close frame of one byte.
    HalfCloseCode,
    /// A close code that may not be sent; the number is that code.
    CloseCode,
    /// A text or close reason that is not UTF-8; the number is the first wrong byte's place.
    NotUtf8,
    /// A message or frame over the limit; the number is that limit.
    TooBig,
    /// A header that cannot be read at all.
    Unreadable,
}

impl Offence {
    /// What the host says about it.
    fn words(self) -> &'static str {
        match self {
            Self::Unmasked => "a frame of a client is not masked",
            Self::ReservedBits => "a reserved bit is set, although no extension was agreed on",
            Self::ReservedOpcode => "there is no opcode {}",
            Self::FragmentedControl => "a control frame is fragmented",
            Self::LongControl => "a control frame has more than 125 bytes",
            Self::LoneContinuation => "a continuation without a beginning",
            Self::Interrupted => "a new message before the last one was finished",
            Self::HalfCloseCode => "a close frame with half a code",
            Self::CloseCode => "{} is no close code: it is 1000 to 1003, 1007 to 1014, or 3000 to 4999",
            Self::NotUtf8 => "a text is not UTF-8 from byte {} on",
            Self::TooBig => "a message of more than {} bytes",
            Self::Unreadable => "a frame header that cannot be read",
        }
    }
}

impl Manners {
    /// What follows an offence, and the reason that goes with it.
    pub(crate) fn react(&self, offence: Offence, number: u64) -> (Reaction, String) {
        let reaction = match offence {
            Offence::TooBig => self.on_too_big,
            Offence::NotUtf8 => self.on_bad_utf8,
            _ => self.on_bad_frame,
        };
        let listed = self.reasons.iter().find(|(listed, _)| *listed == offence);
        let reason = listed.map_or(offence.words(), |(_, reason)| reason);
        (reaction, reason.replace("{}", &number.to_string()))
    }
}

/// What becomes of a peer whose messages pile up because it does not read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowReader {
    /// Its connection is cut when more waits than [`Limits::queue_bytes`](crate::Limits::queue_bytes).
    Cut,
    /// When more than so many bytes wait, it gets what waits and nothing further, and is not heard any more; its connection
    /// stays open.
    Mute(usize),
}

/// How a server puts fragmented messages together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fragments {
    /// As RFC 6455 says: nothing is delivered before the last fragment.
    Reassemble,
    /// As RFC 6455 says, but unfinished text that already is one whole JSON document is delivered at once: for servers
    /// whose clients forget to set the FIN bit.
    EagerJson,
    /// Not at all: the first fragment is taken as the whole message, and continuations are passed over, also lone ones.
    FirstAlone,
}

/// What a server answers to a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReply {
    /// A close frame with the same code.
    Echo,
    /// A close frame with the same code and reason; with 1000 where the peer gave no code.
    EchoAll,
    /// A close frame without code.
    Empty,
    /// Nothing but the end of the TCP connection.
    None,
}
