//! Reset, seed, clock and faults.

use super::{Failure, Outcome, body, span};
use crate::engine::{Engine, LONGEST_ADVANCE};
use crate::fault::Fault;
use crate::peer::{Shared, lock};
use crate::{ClockMode, HttpRequest, Seed};
use dummyload_session::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    seed: Option<u64>,
}

pub(super) fn reset(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let Reset { seed } = body(request)?;
    let seed = seed.map_or(engine.seed, Seed);
    engine.reset(seed);
    Ok(json!({"seed": seed.0}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetSeed {
    seed: u64,
}

pub(super) fn set_seed(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let SetSeed { seed } = body(request)?;
    engine.reset(Seed(seed));
    Ok(json!({"seed": seed}))
}

pub(super) fn clock(engine: &Engine) -> Value {
    let mode = if engine.clock.mode() == ClockMode::Virtual { "virtual" } else { "real" };
    let next = engine.poll_deadline();
    json!({
        "mode": mode, "now": engine.clock.now().since_epoch().as_secs_f64(),
        "next": next.map(|deadline| json!({"at": deadline.at.since_epoch().as_secs_f64(), "why": deadline.why})),
    })
}

/// 10000-01-01T00:00:00Z.
const END_OF_CALENDAR: Duration = Duration::from_secs(253_402_300_800);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    mode: Option<Mode>,
    /// Seconds since the Unix epoch.
    now: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Real,
    Virtual,
}

pub(super) fn set_clock(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let SetClock { mode, now } = body(request)?;
    let mode = match mode {
        Some(Mode::Real) => ClockMode::Real,
        Some(Mode::Virtual) => ClockMode::Virtual,
        None => engine.clock.mode(),
    };
    let now = match now.map(Duration::try_from_secs_f64) {
        None => None,
        Some(Ok(since_epoch)) if since_epoch < END_OF_CALENDAR => Some(Timestamp::new(since_epoch)),
        Some(_) => return Err(Failure::Invalid("`now` is in seconds since 1970, and before the year 10000".into())),
    };
    if now.is_some_and(|now| now < engine.clock.now()) {
        return Err(Failure::Invalid("time never goes back; POST /__mock/reset first starts the world anew".into()));
    }
    engine.set_clock(mode, now);
    Ok(clock(engine))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Value,
}

pub(super) async fn advance(engine: &Shared, request: &HttpRequest) -> Outcome {
    let Advance { by } = body(request)?;
    let by = span(&by)?;
    if by > LONGEST_ADVANCE {
        return Err(Failure::Invalid("at most 366 days at once: advance several times".into()));
    }
    let target = lock(engine).goal(by);
    while !lock(engine).advance(target) {
        tokio::task::yield_now().await;
    }
    Ok(clock(&lock(engine)))
}

pub(super) fn faults(engine: &Engine) -> Value {
    let rules: Vec<Value> = engine
        .faults
        .list()
        .iter()
        .map(|(id, rule)| json!({"id": id, "rule": rule, "struck": rule.struck()}))
        .collect();
    let mut shown = json!({"faults": rules});
    engine.redactor().value(&mut shown);
    shown
}

pub(super) fn add_fault(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let rule: Value = body(request)?;
    let fault = Fault::from_json(&rule).map_err(Failure::Invalid)?;
    Ok(json!({"id": engine.faults.add(fault)}))
}

pub(super) fn remove_fault(engine: &mut Engine, id: &str) -> Outcome {
    let found = id.parse().is_ok_and(|id| engine.faults.remove(id));
    if found { Ok(json!({})) } else { Err(Failure::NotFound(format!("there is no fault rule {id}"))) }
}
