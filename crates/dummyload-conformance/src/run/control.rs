//! The control plane of a mock: start anew, and move the time.

use super::http::Exchange;
use crate::target::{Target, below};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the control plane may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The least that the time moves: time that stands brings nothing about.
const TICK: Duration = Duration::from_millis(1);

/// How to reach it.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    base: url::Url,
    token: Option<String>,
}

impl Control {
    pub(crate) fn of(target: &Target) -> Option<Self> {
        target.admin.as_ref().map(|base| Self { base: base.clone(), token: target.admin_token.clone() })
    }

    /// A call below the base URL.
    pub(crate) fn exchange(&self, method: &str, path: &str, body: String) -> Exchange {
        let token = self.token.iter().map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
        Exchange { method: method.to_owned(), url: below(&self.base, path), headers: token.collect(), body }
    }

    /// Everything back to its first state, all connections cut.
    pub(crate) async fn reset(&self) -> Result<(), String> {
        self.ask("POST", "/reset", "{}".into()).await.map(drop)
    }

    /// Whether there is a control plane at all.
    pub(crate) async fn check(&self) -> Result<(), String> {
        self.ask("GET", "/clock", String::new()).await.map(drop)
    }

    pub(crate) async fn advance(&self, by: Duration) -> Result<(), String> {
        let ms = u64::try_from(by.max(TICK).as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        self.ask("POST", "/clock/advance", json!({"by": ms}).to_string()).await.map(drop)
    }

    /// Moves the time to the next thing that is due, but not beyond `most`. Returns how far.
    pub(crate) async fn advance_to_next(&self, most: Duration) -> Result<Duration, String> {
        let clock = self.ask("GET", "/clock", String::new()).await?;
        let next = clock.pointer("/next/at").and_then(Value::as_f64);
        let until =
            next.zip(clock["now"].as_f64()).and_then(|(next, now)| Duration::try_from_secs_f64(next - now).ok());
        let by = until.map_or(most, |until| until.clamp(TICK, most.max(TICK)));
        self.advance(by).await?;
        Ok(by)
    }

    /// Whether so many pings with this payload have been dealt with, which may take `within`.
    pub(crate) async fn took_pings(&self, payload: &str, count: usize, within: Duration) -> Result<bool, String> {
        let hex: String = payload.bytes().map(|byte| format!("{byte:02x}")).collect();
        let which = json!({"kind": "received", "match": {"ping": hex}});
        let body =
            json!({"match": which, "count": count, "within": u64::try_from(within.as_millis()).unwrap_or(u64::MAX)});
        let answer = self.exchange("POST", "/wait", body.to_string()).run();
        let answer = tokio::time::timeout(PATIENCE, answer).await.map_err(|_| "no answer in time".to_owned())??;
        Ok(answer.status == 200)
    }

    /// Sends a ping to everybody who is connected.
    pub(crate) async fn ping_all(&self, payload: &str) -> Result<(), String> {
        self.ask("POST", "/inject", json!({"to": "all", "ping": payload}).to_string()).await.map(drop)
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> Result<Value, String> {
        let what = format!("the control plane did not carry out {method} {path}");
        let answer = tokio::time::timeout(PATIENCE, self.exchange(method, path, body).run());
        let answer = answer
            .await
            .map_err(|_| format!("{what}: no answer within {PATIENCE:?}"))?
            .map_err(|e| format!("{what}: {e}"))?;
        if answer.status != 200 {
            return Err(format!("{what}: {} {}", answer.status, answer.body));
        }
        serde_json::from_str(&answer.body).map_err(|e| format!("{what}: the answer is not JSON: {e}"))
    }
}
