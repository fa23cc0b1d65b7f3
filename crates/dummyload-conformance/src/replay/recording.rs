//! Recordings: one scenario a file, one JSON object a line, read once and with all mistakes at once.

use super::before::Done;
use super::cut::Cut;
use super::frame::{Frame, Op};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// One recorded scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) clock: Option<i64>,
    pub(super) lines: Vec<Line>,
    /// What the remarks tell about tokens, by placeholder.
    pub(super) tokens: BTreeMap<String, TokenFact>,
    /// What had been done before it began, the oldest first.
    pub(super) before: Vec<Done>,
}

/// What a recording says about a token.
#[derive(Clone, Debug)]
pub(super) struct TokenFact {
    /// Made by the recorder, and not by the server.
    pub(super) own: bool,
    /// The JSON texts, verbatim.
    pub(super) header: String,
    pub(super) payload: String,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    /// Milliseconds since the start.
    pub(super) t: f64,
    pub(super) conn: String,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Open {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        answer: Answer,
    },
    Send(Frame),
    /// A whole message, however many frames it came in; or a control frame.
    Recv(Received),
    Close {
        by_server: bool,
    },
    Request {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: Option<Cut>,
    },
    Answer {
        method: String,
        path: String,
        answer: Answer,
    },
    Remark {
        text: String,
        setup: Vec<Setup>,
        acts: Vec<Value>,
    },
}

/// What came back over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// None where they were not recorded; then they do not matter.
    pub(super) headers: Option<Vec<(String, String)>>,
    pub(super) body: Option<Cut>,
}

#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) op: Op,
    pub(super) payload: Payload,
    /// The lengths of the frames, if there was more than one.
    pub(super) frames: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Payload {
    Text(Cut),
    Bytes(Vec<u8>),
}

/// A call that the recorder made without recording it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) body: Value,
    /// The number that the new thing got.
    pub(super) id: Option<i64>,
}

/// All that is wrong with a recording.
#[derive(Clone, Debug)]
pub struct ReadError {
    mistakes: Vec<String>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("\n"))
    }
}

impl std::error::Error for ReadError {}

impl Scenario {
    /// Reads one file. `name` is what reports call it.
    ///
    /// # Errors
    /// Every line that cannot be read, and why.
    pub fn parse(name: &str, text: &str) -> Result<Self, ReadError> {
        let mut scenario = Self {
            name: name.to_owned(),
            title: String::new(),
            clock: None,
            lines: Vec::new(),
            tokens: BTreeMap::new(),
            before: Vec::new(),
        };
        let mut mistakes = Vec::new();
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if let Err(why) = scenario.line(n + 1, line) {
                mistakes.push(format!("{name}, line {}: {why}", n + 1));
            }
        }
        if scenario.lines.is_empty() && mistakes.is_empty() {
            mistakes.push(format!("{name}: there is nothing in it"));
        }
        if mistakes.is_empty() { Ok(scenario) } else { Err(ReadError { mistakes }) }
    }

    /// The name of the file, without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a scenario of this name is meant by a pattern: a name, or one with `*` and `?`.
    pub fn is_meant(name: &str, pattern: &str) -> bool {
        crate::suite::glob(pattern, name)
    }

    /// What the recorder says that it shows.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The server's time when the recording began, in milliseconds since 1970; `None` if nothing in it depends on the time.
    pub fn clock(&self) -> Option<i64> {
        self.clock
    }

    fn line(&mut self, number: usize, text: &str) -> Result<(), String> {
        let raw: Raw = serde_json::from_str(text).map_err(|e| e.to_string())?;
        self.clock = self.clock.or(raw.clock);
        let (t, conn) = (raw.t, raw.conn.clone());
        let what = match raw.dir.as_str() {
            "open" => raw.open()?,
            "send" => What::Send(raw.frame()?),
            "recv" => {
                let frame = raw.frame()?;
                if self.continued(&conn, &frame, raw.frames) {
                    return Ok(());
                }
                What::Recv(Received::of(frame))
            }
            "close" => What::Close { by_server: raw.by.as_deref() == Some("server") },
            "http-req" => raw.request()?,
            "http-res" => raw.response()?,
            "ctl" => {
                let text = raw.text.clone().unwrap_or_default();
                if let Some(title) = text.strip_prefix("scenario: ") {
                    self.title = title.to_owned();
                }
                self.token(&raw, &text);
                let acts = match raw.act {
                    None => Vec::new(),
                    Some(Value::Array(acts)) => acts,
                    Some(act) => vec![act],
                };
                What::Remark { text, setup: raw.setup.unwrap_or_default(), acts }
            }
            other => {
                return Err(format!("`dir` is {other:?}; there are open, send, recv, close, http-req, http-res, ctl"));
            }
        };
        self.lines.push(Line { number, t, conn, what });
        Ok(())
    }

    /// A frame that goes on with the message before it becomes a part of that.
    fn continued(&mut self, conn: &str, frame: &Frame, folded: Option<usize>) -> bool {
        if frame.op != Op::Continuation {
            return false;
        }
        let before =
            self.lines.iter_mut().rev().filter(|line| line.conn == conn).find_map(|line| match &mut line.what {
                What::Recv(received) if !received.op.is_control() => Some(received),
                _ => None,
            });
        let Some(received) = before.filter(|received| !received.frames.is_empty()) else { return false };
        let text = Cut::lossy(&frame.payload);
        for _ in 0..folded.unwrap_or(1) {
            received.frames.push(frame.length());
            match &mut received.payload {
                Payload::Text(whole) => whole.append(frame.cut.as_ref().unwrap_or(&text)),
                Payload::Bytes(whole) => whole.extend_from_slice(&frame.payload),
            }
        }
        true
    }

    fn token(&mut self, raw: &Raw, text: &str) {
        let (Some(header), Some(payload)) = (&raw.header, &raw.payload) else { return };
        if let Some(end) = text.find('>').filter(|_| text.starts_with('<')) {
            let own = text[end..].contains("made by the recorder");
            let fact = TokenFact { own, header: header.clone(), payload: payload.clone() };
            self.tokens.insert(text[1..end].to_owned(), fact);
        }
    }
}

impl Received {
    fn of(frame: Frame) -> Self {
        let frames = if frame.fin { Vec::new() } else { vec![frame.length()] };
        let payload = match frame.cut {
            Some(cut) => Payload::Text(cut),
            None if frame.op == Op::Text => match String::from_utf8(frame.payload) {
                Ok(text) => Payload::Text(Cut::whole(&text)),
                Err(e) => Payload::Bytes(e.into_bytes()),
            },
            None => Payload::Bytes(frame.payload),
        };
        Self { op: frame.op, payload, frames }
    }
}

/// A line as it stands there. What is not described in `docs/replay.md` is a mistake, so that nothing is passed over in
/// silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    t: f64,
    conn: String,
    #[serde(rename = "user")]
    _user: Option<String>,
    dir: String,
    method: Option<String>,
    path: Option<String>,
    req_headers: Option<BTreeMap<String, String>>,
    res_headers: Option<BTreeMap<String, String>>,
    headers: Option<BTreeMap<String, String>>,
    status: Option<u16>,
    body: Option<String>,
    body_length: Option<usize>,
    body_chunked: Option<String>,
    body_truncated_from: Option<usize>,
    #[serde(rename = "error_text")]
    _error_text: Option<String>,
    op: Option<String>,
    text: Option<String>,
    text_length: Option<usize>,
    hex: Option<String>,
    #[serde(rename = "payload_bytes")]
    _payload_bytes: Option<usize>,
    fin: Option<bool>,
    rsv: Option<u8>,
    masked: Option<bool>,
    code: Option<u16>,
    reason: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    frames: Option<usize>,
    frame_length: Option<usize>,
    #[serde(rename = "t_last")]
    _t_last: Option<f64>,
    by: Option<String>,
    clock: Option<i64>,
    setup: Option<Vec<Setup>>,
    act: Option<Value>,
    header: Option<String>,
    payload: Option<String>,
}

impl Raw {
    fn open(self) -> Result<What, String> {
        let answer = Answer {
            status: self.status.ok_or("an `open` line needs the `status` of the answer")?,
            body: self.answer_body()?,
            headers: self.res_headers.map(|headers| headers.into_iter().collect()),
        };
        Ok(What::Open {
            method: self.method.unwrap_or_else(|| "GET".into()),
            path: self.path.ok_or("an `open` line needs a `path`")?,
            headers: pairs(self.req_headers),
            answer,
        })
    }

    fn request(self) -> Result<What, String> {
        Ok(What::Request {
            method: self.method.ok_or("an `http-req` line needs a `method`")?,
            path: self.path.ok_or("an `http-req` line needs a `path`")?,
            headers: pairs(self.headers),
            body: self.body.map(|body| Cut::read(&body, self.body_length)),
        })
    }

    fn response(self) -> Result<What, String> {
        let answer = Answer {
            status: self.status.ok_or("an `http-res` line needs a `status`")?,
            body: self.answer_body()?,
            headers: self.headers.map(|headers| headers.into_iter().collect()),
        };
        Ok(What::Answer {
            method: self.method.ok_or("an `http-res` line needs a `method`")?,
            path: self.path.ok_or("an `http-res` line needs a `path`")?,
            answer,
        })
    }

    fn answer_body(&self) -> Result<Option<Cut>, String> {
        if let Some(chunked) = &self.body_chunked {
            return Ok(Some(unchunked(chunked)?));
        }
        let length = self.body_length.or(self.body_truncated_from);
        Ok(self.body.as_ref().map(|body| Cut::read(body, length)))
    }

    /// What a close frame holds (RFC 6455, 5.5.1).
    fn closing(&self) -> Result<Vec<u8>, String> {
        let reason = self.reason.as_deref().unwrap_or_default();
        match self.code {
            Some(code) => Ok([&code.to_be_bytes(), reason.as_bytes()].concat()),
            None if reason.is_empty() => Ok(Vec::new()),
            None => Err("a close frame with a `reason` has a `code` as well".into()),
        }
    }

    fn frame(&self) -> Result<Frame, String> {
        let op = match self.op.as_deref() {
            None => Op::Text,
            Some(name) => Op::named(name).ok_or_else(|| format!("there is no `op` {name:?}"))?,
        };
        let (payload, cut) = match (&self.text, &self.hex) {
            (Some(text), None) => {
                let cut = Cut::read(text, self.text_length.or(self.frame_length));
                (text.clone().into_bytes(), Some(cut))
            }
            (None, Some(hex)) => (bytes(hex)?, None),
            (None, None) if op == Op::Close => (self.closing()?, None),
            _ => return Err("a frame has either `text` or `hex`, or a close frame `code` and `reason`".into()),
        };
        Ok(Frame {
            op,
            fin: self.fin.unwrap_or(true),
            rsv: self.rsv.unwrap_or(0),
            masked: self.masked.unwrap_or(true),
            payload,
            cut,
        })
    }
}

fn pairs(headers: Option<BTreeMap<String, String>>) -> Vec<(String, String)> {
    headers.unwrap_or_default().into_iter().collect()
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<_>>().ok_or_else(|| format!("{hex:?} is no row of pairs of hexadecimal digits"))
}

/// A body that was recorded with its chunks, the last of which may be cut.
fn unchunked(text: &str) -> Result<Cut, String> {
    let wrong = || format!("{text:?} is no chunked body");
    let (mut whole, mut rest) = (String::new(), text);
    loop {
        let (length, after) = rest.split_once("\r\n").ok_or_else(wrong)?;
        let length = usize::from_str_radix(length.trim(), 16).map_err(|_| wrong())?;
        if length == 0 {
            return Ok(Cut::whole(&whole));
        }
        let Some(chunk) = after.get(..length) else {
            whole += after;
            let length = whole.chars().count() + length - after.len();
            return Ok(Cut::begun(&whole, length));
        };
        whole += chunk;
        rest = after[length..].strip_prefix("\r\n").ok_or_else(wrong)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(unchunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), Ok(Cut::whole("abcde")));
        assert_eq!(unchunked("ff\r\nabc"), Ok(Cut::begun("abc", 255)));
        assert!(unchunked("abc").is_err() && unchunked("3\r\nabcd").is_err());
    }

    #[test]
    fn a_close_frame_is_told_by_its_code() {
        let frame = |members: &str| {
            let text = format!(r#"{{"t":0,"conn":"a","dir":"recv","op":"close"{members}}}"#);
            let mut scenario = Scenario::parse("x", &text).map_err(|e| e.to_string())?;
            match scenario.lines.remove(0).what {
                What::Recv(Received { op: Op::Close, payload: Payload::Bytes(bytes), .. }) => Ok(bytes),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(frame(r#","code":1001,"reason":"bye""#).unwrap(), b"\x03\xe9bye");
        assert_eq!(frame(r#","code":1001,"reason":"bye","hex":"03e9627965""#).unwrap(), b"\x03\xe9bye");
        assert_eq!(frame(r#","code":1000"#).unwrap(), b"\x03\xe8");
        assert_eq!(frame("").unwrap(), b"");
        let error: Result<Vec<u8>, String> = frame(r#","reason":"bye""#);
        assert!(error.unwrap_err().contains("a close frame with a `reason` has a `code` as well"));
    }

    #[test]
    fn a_message_in_several_frames_is_one() {
        let text = r#"{"t":0,"conn":"a","dir":"recv","op":"text","text":"ab","fin":false}
{"t":1,"conn":"a","dir":"recv","op":"ping","hex":""}
{"t":2,"conn":"a","dir":"recv","op":"continuation","text":"c...c","fin":false,"text_length":9,"frames":2,"frame_length":9}
{"t":3,"conn":"a","dir":"recv","op":"continuation","text":"d"}"#;
        let scenario = Scenario::parse("x", text).unwrap();
        let [Line { what: What::Recv(message), .. }, Line { what: What::Recv(ping), .. }] = scenario.lines.as_slice()
        else {
            panic!("{:?}", scenario.lines)
        };
        assert_eq!((message.frames.as_slice(), ping.op), (&[2, 9, 9, 1][..], Op::Ping));
        assert!(
            matches!(&message.payload, Payload::Text(text) if text.text() == Some(&format!("ab{}d", "c".repeat(18))))
        );
    }
}
