//! What a session is asked for, and what it tells.

use crate::{AccountId, Chat, Other, Status, ViewCount};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use dummyload_session::{ConnectFailure, Timestamp};

/// What a program asks of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionCommand {
    /// Tell how the stream is, now.
    Status,
    /// Want this account to be able to write into the chat of that one, in this life of the stream and in each later one.
    Want {
        /// Who is to write.
        account: AccountId,
        /// In whose chat.
        target: AccountId,
    },
    /// Want the same, and wait until it is so: through the end of the stream, lost connections, and writers that the server does
    /// not make.
    WaitForWriter {
        /// Who is to write.
        account: AccountId,
        /// In whose chat.
        target: AccountId,
        /// How long to wait.
        patience: Duration,
    },
    /// Want that no more. The server keeps its writer until the stream ends.
    Forget {
        /// Who was to write.
        account: AccountId,
        /// In whose chat.
        target: AccountId,
    },
    /// Tell whether a line with this account into the chat of that one would go out now; else the error says what is missing.
    CanSay {
        /// Who would say it; 0 in the internal chat.
        account: AccountId,
        /// In whose chat; 0 for the internal one.
        target: AccountId,
    },
    /// Say a line. `/me`, `/irc` and `/msg` at its beginning count.
    Say {
        /// Who says it; 0 in the internal chat.
        account: AccountId,
        /// In whose chat; 0 for the internal one.
        target: AccountId,
        /// The line.
        line: String,
    },
}

/// Why a command was not tried. The server itself would not have said a word (dossier 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no connection at the moment. Nothing is kept for later but wanted writers.
    NotConnected,
    /// The session has ended.
    Ended,
    /// More than [`super::MAX_IN_FLIGHT`] requests wait.
    Busy,
    /// The line is empty, or a `/msg` names nobody. The server would end the connection, or drop it.
    Nothing,
    /// The line is too long: its Markdown can be twice as long, and the server cannot send what is over 65,535 bytes.
    TooLong {
        /// The most bytes.
        most: usize,
    },
    /// Posts on networks are not allowed in this session; see [`super::SessionConfig::allow_posting`].
    NotAllowed,
    /// The last status does not show this account.
    UnknownAccount(AccountId),
    /// The stream is not live on this account.
    NotLive(AccountId),
    /// This account cannot write: its network takes none, or this user may not.
    NotWritable(AccountId),
    /// The two accounts are on different networks. Asking the real server for such a writer stops its chat altogether
    /// (dossier 4.2).
    OtherNetwork,
    /// The account has no writer in that chat yet: want it, and wait for it.
    NoWriter,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("not connected: wait for the session to be ready"),
            Self::Ended => f.write_str("the session has ended: start another one"),
            Self::Busy => f.write_str("too many requests wait"),
            Self::Nothing => f.write_str("there is nothing to say, or nobody to say it to"),
            Self::TooLong { most } => write!(f, "the line is too long: {most} bytes are the most"),
            Self::NotAllowed => {
                f.write_str("posting on networks is not allowed in this session: allow it in its configuration")
            }
            Self::UnknownAccount(account) => write!(f, "the stream shows no account {account}"),
            Self::NotLive(account) => write!(f, "the stream is not live on account {account}"),
            Self::NotWritable(account) => write!(f, "account {account} cannot be written with by this user"),
            Self::OtherNetwork => f.write_str("the two accounts are on different networks"),
            Self::NoWriter => f.write_str("the account cannot write there yet: want a writer, and wait for it"),
        }
    }
}

impl core::error::Error for CommandError {}

/// What a request that was done brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// How the stream is.
    Status(Status<'static>),
    /// The account can write there.
    CanWrite,
    /// Remembered: asked for as soon as the stream is live and both accounts are there. [`Event::CanWrite`] tells when.
    Noted,
    /// It is in the chat: this came back.
    Said(Box<Chat<'static>>),
}

/// The server never refuses anything; there is no message for it (dossier 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl core::error::Error for Refusal {}

/// What happens without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The first status of a connection has come: the session is ready.
    Ready,
    /// The server does not take the token for this stream: unknown, or without the right to its chat, or there is no such
    /// stream; it tells none of them apart (dossier 3). The session has ended.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// There is no connection (any more).
    Disconnected {
        /// Why.
        why: Disconnect,
        /// When the next attempt follows.
        retry_at: Timestamp,
    },
    /// How the stream is, also when it was asked for.
    Status(Status<'static>),
    /// This account can write into the chat of that one from now on, to the end of this life of the stream.
    CanWrite {
        /// Who can write.
        account: AccountId,
        /// In whose chat.
        target: AccountId,
    },
    /// The stream has ended, and with it all writers. Those that are wanted are asked for when it is live again.
    StreamEnded,
    /// How many are watching.
    ViewCount(ViewCount<'static>),
    /// What somebody says, also what this session has said.
    Chat(Box<Chat<'static>>),
    /// Something that was injected from elsewhere, or that is not known.
    Other(Other<'static>),
    /// A text that is no message, or a binary one. The connection goes on.
    Unrecognised {
        /// The text as it came; for a binary message, as far as it is text.
        raw: String,
    },
    /// The session has ended as asked.
    Ended,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnect {
    /// None came about.
    Connect(ConnectFailure),
    /// The server closed it; it never says why.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
    },
    /// It broke off: also what the server does about a message that it cannot read (dossier 5).
    Lost,
    /// The server no longer answers.
    Silence,
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(failure) => failure.fmt(f),
            Self::Closed { code: Some(code) } => write!(f, "the server closed the connection ({code})"),
            Self::Closed { code: None } => f.write_str("the server closed the connection"),
            Self::Lost => f.write_str("the connection broke off"),
            Self::Silence => f.write_str("the server no longer answers"),
        }
    }
}
