//! Keeps the access token fresh: one refresh at a time, whoever asks (dossier 4.5).

use crate::wire::Wire;
use crate::{AccountError, Grant, StoreError, TokenStore};
use dummyload_session::Secret;
use shelly_proto::http::{ExchangeCode, HttpError, Refresh, Tokens};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long before its end an access token is no longer begun with. The socket asks for the next one much earlier.
const TOO_SHORT: u64 = 30;
/// How many refusals without a reason in a row count as one with a reason: they have been seen to pass by themselves
/// (dossier 5).
const PATIENCE: u32 = 3;

/// The tokens of an account.
#[derive(Debug)]
pub(crate) struct Keeper {
    store: Arc<dyn TokenStore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    grant: Grant,
    unexplained: u32,
}

/// Seconds since 1970.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(crate) async fn load(store: &Arc<dyn TokenStore>) -> Result<Option<Grant>, AccountError> {
    let store = Arc::clone(store);
    off_thread(move || store.load()).await
}

async fn save(store: &Arc<dyn TokenStore>, grant: &Grant) -> Result<(), AccountError> {
    let (store, grant) = (Arc::clone(store), grant.clone());
    off_thread(move || store.save(&grant)).await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, AccountError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(AccountError::Store),
        Err(_) => Err(AccountError::Store(StoreError::new("the store has failed"))),
    }
}

/// Exchanges a code for a grant, and keeps it.
pub(crate) async fn exchange(
    wire: &Wire,
    store: &Arc<dyn TokenStore>,
    client_id: &str,
    code: &Secret<String>,
) -> Result<Grant, AccountError> {
    let server = wire.server_of(code)?;
    let tokens = wire.call(&server, &ExchangeCode::new(client_id, code.expose())).await?;
    let mut grant = Grant::new(client_id, "");
    grant.code = Some(code.clone());
    let grant = renewed(&grant, tokens);
    wire.server_of(&grant.access_token)?;
    save(store, &grant).await?;
    Ok(grant)
}

/// A grant with the tokens of an answer. A refresh token that is not in it stays (dossier 4.5).
fn renewed(grant: &Grant, tokens: Tokens) -> Grant {
    let now = unix_now();
    let lifetime = tokens.lifetime(i64::try_from(now).unwrap_or(i64::MAX));
    Grant {
        client_id: grant.client_id.clone(),
        access_token: tokens.access_token,
        expires_at: Some(now.saturating_add(lifetime)),
        refresh_token: tokens.refresh_token.or_else(|| grant.refresh_token.clone()),
        code: grant.code.clone(),
    }
}

impl Keeper {
    pub(crate) fn new(store: Arc<dyn TokenStore>, grant: Grant) -> Self {
        Self { store, state: Mutex::new(State { grant, unexplained: 0 }) }
    }

    /// An access token that still lives, and how long.
    pub(crate) async fn token(&self, wire: &Wire) -> Result<(Secret<String>, Option<Duration>), AccountError> {
        let mut state = self.state.lock().await;
        let left = left(&state.grant);
        if left.is_some_and(|left| left.as_secs() < TOO_SHORT) {
            match self.renew(wire, &mut state).await {
                // It is not over yet.
                Err(error) if left.is_some_and(|left| !left.is_zero()) => {
                    tracing::warn!("the access token could not be replaced yet: {error}");
                }
                renewed => renewed?,
            }
        }
        Ok(current(&state.grant))
    }

    /// Another access token than this one, which is not taken or ends soon.
    pub(crate) async fn other_than(
        &self,
        wire: &Wire,
        token: &Secret<String>,
    ) -> Result<(Secret<String>, Option<Duration>), AccountError> {
        let mut state = self.state.lock().await;
        // Who had to wait for the lock finds it done.
        if state.grant.access_token == *token {
            self.renew(wire, &mut state).await?;
        }
        Ok(current(&state.grant))
    }

    async fn renew(&self, wire: &Wire, state: &mut State) -> Result<(), AccountError> {
        let tokens = match ask(wire, &state.grant).await {
            Err(AccountError::Service(HttpError::Unexplained { status })) => {
                state.unexplained += 1;
                return Err(match state.unexplained {
                    PATIENCE.. => AccountError::LogInAgain,
                    _ => AccountError::Service(HttpError::Unexplained { status }),
                });
            }
            tokens => tokens?,
        };
        state.unexplained = 0;
        let grant = renewed(&state.grant, tokens);
        wire.server_of(&grant.access_token)?;
        state.grant = grant;
        if let Err(error) = save(&self.store, &state.grant).await {
            tracing::warn!("{error}; the new ones are used all the same");
        }
        Ok(())
    }
}

fn left(grant: &Grant) -> Option<Duration> {
    Some(Duration::from_secs(grant.expires_at?.saturating_sub(unix_now())))
}

fn current(grant: &Grant) -> (Secret<String>, Option<Duration>) {
    (grant.access_token.clone(), left(grant))
}

/// Asks for new tokens: with the refresh token, and if that is not taken, with the code.
async fn ask(wire: &Wire, grant: &Grant) -> Result<Tokens, AccountError> {
    let server = wire.server_of(&grant.access_token)?;
    if let Some(token) = &grant.refresh_token {
        let call = Refresh::new(&grant.client_id, token.expose());
        match wire.call(&server, &call).await {
            Err(AccountError::Service(HttpError::TokenRejected { .. } | HttpError::Refused { .. })) => {}
            answer => return answer,
        }
    }
    let Some(code) = &grant.code else { return Err(AccountError::LogInAgain) };
    match wire.call(&server, &ExchangeCode::new(&grant.client_id, code.expose())).await {
        Err(AccountError::Service(HttpError::TokenRejected { .. } | HttpError::Refused { .. })) => {
            Err(AccountError::LogInAgain)
        }
        answer => answer,
    }
}
