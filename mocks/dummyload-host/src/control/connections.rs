//! Looking at connections, ending them, and sending to them.

use super::{Failure, Outcome, body};
use crate::engine::{Engine, Outgoing};
use crate::frame::{NO_CLOSE_CODE, may_close_with};
use crate::{HttpRequest, PeerId};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

pub(super) fn list(engine: &Engine) -> Value {
    let list: Vec<Value> = engine
        .peers
        .iter()
        .map(|(peer, state)| {
            json!({
                "id": peer.0, "who": state.who, "path": state.path, "since": state.since.since_epoch().as_secs_f64(),
                "received": state.received, "sent": state.sent, "ending": state.ending,
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
            let code = code.ok().filter(|code| may_close_with(*code));
            let code = code.ok_or_else(|| Failure::Invalid(NO_CLOSE_CODE.into()))?;
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

/// Exactly one of the members but `to`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Injection {
    to: Option<Value>,
    text: Option<String>,
    #[serde(default, deserialize_with = "given")]
    json: Option<Value>,
    binary: Option<String>,
    raw: Option<String>,
    ping: Option<String>,
    close: Option<CloseHow>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CloseHow {
    Code(u16),
    Frame {
        code: Option<u16>,
        #[serde(default)]
        reason: String,
    },
}

/// A member that is null is there all the same.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

impl Injection {
    fn what(self) -> Result<Outgoing, Failure> {
        let mut all = Vec::new();
        all.extend(self.text.map(|text| Ok(Outgoing::Text(text.into()))));
        all.extend(self.json.map(|value| Ok(Outgoing::Text(value.to_string().into()))));
        all.extend(self.binary.map(|hex| bytes(&hex).map(Outgoing::Binary)));
        all.extend(self.raw.map(|hex| bytes(&hex).map(Outgoing::Raw)));
        all.extend(self.ping.map(|text| match text.len() {
            0..=125 => Ok(Outgoing::Ping(text.into_bytes())),
            _ => Err(Failure::Invalid("a ping has at most 125 bytes".into())),
        }));
        all.extend(self.close.map(|how| {
            let (code, reason) = match how {
                CloseHow::Code(code) => (Some(code), String::new()),
                CloseHow::Frame { code, reason } => (code, reason),
            };
            match code {
                Some(code) if !may_close_with(code) => Err(Failure::Invalid(NO_CLOSE_CODE.into())),
                code => Ok(Outgoing::Close(code, reason)),
            }
        }));
        match (all.pop(), all.is_empty()) {
            (Some(what), true) => what,
            _ => Err(Failure::Invalid(
                "give exactly one of text, json, binary (hex), raw (hex), ping, and close (a code, or \
                 {\"code\":1011,\"reason\":\"..\"})"
                    .into(),
            )),
        }
    }
}

pub(super) fn inject(engine: &mut Engine, request: &HttpRequest) -> Outcome {
    let mut injection: Injection = body(request)?;
    let to = injection.to.take();
    let what = injection.what()?;
    let to: Vec<PeerId> = match &to {
        None => engine.open_peers(),
        Some(Value::String(all)) if all == "all" => engine.open_peers(),
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
