//! A login at the cloud's own page: there, and back again (dossier 4.1, 4.3).

use crate::{Account, Builder, ConnectError};
use shelly_proto::{Callback, authorize_url};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// A login that has begun. It knows the callback that belongs to it.
pub struct Login {
    builder: Builder,
    url: String,
    state: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

impl Login {
    pub(crate) fn new(builder: Builder, page: &str, client_id: &str, redirect_uri: &str) -> Self {
        // A keyed hash with keys of the operating system's: nobody else can know it, and it needs no encoding.
        let state = format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1));
        let url = authorize_url(page, client_id, redirect_uri, Some(&state));
        Self { builder, url, state }
    }

    /// The address to send a person to. It holds no secret but the state, which is only good for this login.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes the address that the browser was sent back to, or its path with the query, and gets the tokens. They are kept
    /// in the store.
    ///
    /// # Errors
    /// It has no code, belongs to another login, or its code is not taken.
    pub async fn finish(&self, callback: &str) -> Result<Account, ConnectError> {
        let callback = Callback::parse(callback).map_err(ConnectError::Callback)?;
        if !callback.has_state(&self.state) {
            return Err(ConnectError::ForeignCallback);
        }
        self.builder.exchange_code(callback.code.into_exposed()).await
    }
}
