//! What a user asks the JSON API.

use crate::config::{ChatBuilder, Multistreamer};
use crate::{Account, AccountId, ApiError, Profile, ServerMessage, Stream, StreamId, StreamStatus};
use dummyload_driver::Http;
use dummyload_session::Secret;
use multistreamer_proto::http::{
    Call, GetAccount, GetAccounts, GetProfile, GetStream, GetStreams, GetUsers, Inject, PatchStream, User as UserEntry,
};

/// A user that is logged in.
#[derive(Clone, Debug)]
pub struct User {
    server: Multistreamer,
    token: Secret<String>,
}

pub(crate) async fn call<C: Call>(http: &Http, base: &str, call: &C) -> Result<C::Answer, ApiError> {
    let request = call.request();
    tracing::debug!("{request}");
    let url = Secret::new(format!("{base}{}", request.target.expose()));
    let sending = http.send(request.method.as_str(), &url, &request.headers, request.body);
    let answer = sending.await.map_err(ApiError::Http)?;
    Ok(call.answer(answer.status, &answer.body)?)
}

impl User {
    pub(crate) fn new(server: Multistreamer, token: Secret<String>) -> Self {
        Self { server, token }
    }

    async fn call<C: Call>(&self, request: &C) -> Result<C::Answer, ApiError> {
        call(self.server.http(), self.server.base(), request).await
    }

    /// The token, to be kept for the next time.
    pub fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Who this is.
    ///
    /// # Errors
    /// A token that is not taken, a refusal, or nobody there; so do all calls here.
    pub async fn profile(&self) -> Result<Profile, ApiError> {
        self.call(&GetProfile::new(self.token.clone())).await
    }

    /// All users of the server.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn users(&self) -> Result<Vec<UserEntry>, ApiError> {
        self.call(&GetUsers::new(self.token.clone())).await
    }

    /// The accounts that are one's own or shared with one. The unmodified real server fails at this.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn accounts(&self) -> Result<Vec<Account>, ApiError> {
        self.call(&GetAccounts::new(self.token.clone())).await
    }

    /// One account.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn account(&self, account: AccountId) -> Result<Account, ApiError> {
        self.call(&GetAccount::new(self.token.clone(), account)).await
    }

    /// The streams that are one's own or shared with one.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn streams(&self) -> Result<Vec<Stream>, ApiError> {
        self.call(&GetStreams::new(self.token.clone())).await
    }

    /// One stream.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn stream(&self, stream: StreamId) -> Result<Stream, ApiError> {
        self.call(&GetStream::new(self.token.clone(), stream)).await
    }

    /// Goes live on all accounts of a stream, or ends that. Going live is public.
    ///
    /// # Errors
    /// See [`User::profile`]; a network that says no is a refusal.
    pub async fn set_live(&self, stream: StreamId, live: bool) -> Result<StreamStatus, ApiError> {
        self.call(&PatchStream::new(self.token.clone(), stream).pushing(live)).await
    }

    /// Shows a message to everybody in the chat of a stream, as it is.
    ///
    /// # Errors
    /// See [`User::profile`].
    pub async fn inject(&self, stream: StreamId, message: ServerMessage<'static>) -> Result<(), ApiError> {
        self.call(&Inject::new(self.token.clone(), stream, message)).await
    }

    /// The status and chat of a stream.
    pub fn chat(&self, stream: StreamId) -> ChatBuilder {
        ChatBuilder::new(self.server.clone(), stream, &self.token)
    }
}
