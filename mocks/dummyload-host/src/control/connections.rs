//! Looking at connections, ending them, and sending to them.

use super::{Failure, Outcome, body};
use crate::engine::{Engine, Outgoing};
use crate::{HttpRequest, PeerId};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn list(engine: &Engine) -> Value {
    let list: Vec<Value> = engine
        .peers
        .iter()
        .map(|(peer, state)| {
            json!({
                "id": peer.0, "who": state.who, "path": state.path, "since": state.since.since_epoch().as_secs_f64(),
                "received": state.received, "sent": state.sent,
            })
        })
        .collect();
    json!({"connections": list})
}

pub(super) fn end(engine: &mut Engine, id: &str, request: &HttpRequest) -> Outcome {
    let peer = id.parse().map(PeerId).map_err(|_| Failure::Invalid(format!("{id:?} is no connection number")))?;
    let how = match request.query_value("mode").as_deref() {
        None | Some("close") => {
            let code = request.query_value("code").map_or(Ok(1000), |code| code.parse());
            let code = code.ok().filter(|code| (1000..=4999).contains(code));
            let code = code.ok_or_else(|| Failure::Invalid("a close code goes from 1000 to 4999".into()))?;
            Outgoing::Close(Some(code), request.query_value("reason").unwrap_or_default())
        }
        Some("cut") => Outgoing::Cut,
        Some("half-close") => Outgoing::HalfClose,
        Some(other) => return Err(Failure::Invalid(format!("mode {other:?} is none of close, cut, half-close"))),
    };
    reach(engine, peer, how).map(|()| json!({}))
}

fn reach(engine: &mut Engine, peer: PeerId, what: Outgoing) -> Result<(), Failure> {
    if engine.inject(peer, what) {
        return Ok(());
    }
    Err(Failure::NotFound(format!("connection {peer} is not open; GET /__mock/connections lists those that are")))
}

#[derive(Deserialize)]
struct Injection {
    #[serde(default)]
    to: Option<Value>,
    #[serde(flatten)]
    what: Injected,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Injected {
    Text(String),
    Json(Value),
    Binary(String),
    Raw(String),
    Ping(String),
    Close {
        code: Option<u16>,
        #[serde(default)]
        reason: String,
    },
}

pub(super) fn inject(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let Injection { to, what } = body(request)?;
    let what = match what {
        Injected::Text(text) => Outgoing::Text(text.into()),
        Injected::Json(value) => Outgoing::Text(value.to_string().into()),
        Injected::Binary(hex) => Outgoing::Binary(bytes(&hex)?),
        Injected::Raw(hex) => Outgoing::Raw(bytes(&hex)?),
        Injected::Ping(text) if text.len() <= 125 => Outgoing::Ping(text.into_bytes()),
        Injected::Ping(_) => return Err(Failure::Invalid("a ping has at most 125 bytes".into())),
        Injected::Close { code, reason } => Outgoing::Close(code, reason),
    };
    let to: Vec<PeerId> = match &to {
        None => engine.peers.keys().copied().collect(),
        Some(Value::String(all)) if all == "all" => engine.peers.keys().copied().collect(),
        Some(id) => vec![PeerId(
            id.as_u64()
                .ok_or_else(|| Failure::Invalid(format!("`to` is {id}; give a connection number, or \"all\"")))?,
        )],
    };
    for peer in &to {
        reach(engine, *peer, what.clone())?;
    }
    Ok(json!({"sent": to.len()}))
}

fn bytes(hex: &str) -> Result<Vec<u8>, Failure> {
    let digits: Option<Vec<u8>> = hex.bytes().map(|c| char::from(c).to_digit(16).map(|digit| digit as u8)).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()),
        _ => Err(Failure::Invalid("bytes are written as pairs of hexadecimal digits, without blanks".into())),
    }
}
