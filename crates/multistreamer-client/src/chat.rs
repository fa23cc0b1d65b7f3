//! The chat of one stream.

use crate::{AccountId, ChatMessage, Closed, Error, Status};
use dummyload_driver::Handle;
use multistreamer_proto::session::{MultistreamerSession, Reply, SessionCommand};
use std::time::Duration;

/// How long [`Chat::close`] waits for the server.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// A chat that is followed. Clones share the connection; when the last one is dropped, it is closed in good order.
#[derive(Clone, Debug)]
pub struct Chat {
    handle: Handle<MultistreamerSession>,
}

impl Chat {
    pub(crate) fn new(handle: Handle<MultistreamerSession>) -> Self {
        Self { handle }
    }

    /// How the stream is now, and with which accounts.
    ///
    /// # Errors
    /// Every way in which it was not done; so do all calls here. None of them is tried again.
    pub async fn status(&self) -> Result<Status<'static>, Error> {
        match self.call(SessionCommand::Status).await? {
            Reply::Status(status) => Ok(status),
            _ => Err(Error::Ended),
        }
    }

    /// Has this account made able to write into the chat of that one, now and in every later life of the stream. `true` if it
    /// can write now; `false` if that has to wait for the stream to go live, which [`crate::Event::CanWrite`] tells.
    ///
    /// # Errors
    /// See [`Chat::status`]. The server is silent about writers that cannot be made: that is a time-out here.
    pub async fn want_writer(&self, account: AccountId, target: AccountId) -> Result<bool, Error> {
        let reply = self.call(SessionCommand::Want { account, target }).await?;
        Ok(matches!(reply, Reply::CanWrite))
    }

    /// Waits until this account can write into the chat of that one, and has it made able to: now or in a later life of the
    /// stream, whatever happens to the connection in between. The account that is streaming can as soon as it is live, and the
    /// internal chat always.
    ///
    /// # Errors
    /// It could not in this time, or the chat was closed.
    pub async fn wait_for_writer(
        &self,
        account: AccountId,
        target: AccountId,
        patience: Duration,
    ) -> Result<(), Error> {
        self.call(SessionCommand::WaitForWriter { account, target, patience }).await.map(drop)
    }

    /// Whether a line with this account into the chat of that one would go out now.
    ///
    /// # Errors
    /// [`Error::NotTried`] with what is missing.
    pub async fn can_say(&self, account: AccountId, target: AccountId) -> Result<(), Error> {
        self.call(SessionCommand::CanSay { account, target }).await.map(drop)
    }

    /// Wants that no more. The server keeps its writer until the stream ends.
    ///
    /// # Errors
    /// See [`Chat::status`].
    pub async fn forget_writer(&self, account: AccountId, target: AccountId) -> Result<(), Error> {
        self.call(SessionCommand::Forget { account, target }).await.map(drop)
    }

    /// Says a line with this account in the chat of that one, and waits until it comes back. `/me`, `/irc` and `/msg` at its
    /// beginning count.
    ///
    /// # Errors
    /// See [`Chat::status`]. A line that does not come back is a time-out: networks drop what they do not like.
    pub async fn say(
        &self,
        account: AccountId,
        target: AccountId,
        line: impl Into<String>,
    ) -> Result<ChatMessage<'static>, Error> {
        match self.call(SessionCommand::Say { account, target, line: line.into() }).await? {
            Reply::Said(chat) => Ok(*chat),
            _ => Err(Error::Ended),
        }
    }

    /// Says a line in the internal chat, among users of the server.
    ///
    /// # Errors
    /// See [`Chat::say`].
    pub async fn say_internally(&self, line: &str) -> Result<ChatMessage<'static>, Error> {
        self.say(AccountId::IRC, AccountId::IRC, line).await
    }

    /// Does something, as `/me` does.
    ///
    /// # Errors
    /// See [`Chat::say`].
    pub async fn emote(
        &self,
        account: AccountId,
        target: AccountId,
        what: &str,
    ) -> Result<ChatMessage<'static>, Error> {
        self.say(account, target, format!("/me {what}")).await
    }

    /// Says something to one user of the server, wherever that user is.
    ///
    /// # Errors
    /// See [`Chat::say`]. An unknown user is a time-out: the server is silent about it.
    pub async fn whisper(&self, to: &str, text: &str) -> Result<ChatMessage<'static>, Error> {
        self.say_internally(&format!("/msg {to} {text}")).await
    }

    async fn call(&self, command: SessionCommand) -> Result<Reply, Error> {
        self.handle.call(command).await.map_err(Error::from)
    }

    /// Closes the connection and waits for its end, 5 s at most.
    pub async fn close(self) -> Closed {
        self.handle.close(CLOSE_TIME).await
    }
}
