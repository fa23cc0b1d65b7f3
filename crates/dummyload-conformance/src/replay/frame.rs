//! WebSocket frames, also those that no client would send.

use super::cut::Cut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The largest frame that is taken in.
const MAX_FRAME: u64 = 64 << 20;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    Reserved(u8),
}

impl Op {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "continuation" => Self::Continuation,
            "text" => Self::Text,
            "binary" => Self::Binary,
            "close" => Self::Close,
            "ping" => Self::Ping,
            "pong" => Self::Pong,
            _ => Self::of(name.strip_prefix("opcode ")?.parse().ok().filter(|code| *code < 16)?),
        })
    }

    fn of(code: u8) -> Self {
        match code {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            other => Self::Reserved(other),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
            Self::Reserved(code) => code,
        }
    }

    pub(super) fn is_control(self) -> bool {
        self.code() >= 8
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Continuation => "continuation".into(),
            Self::Text => "text".into(),
            Self::Binary => "binary".into(),
            Self::Close => "close".into(),
            Self::Ping => "ping".into(),
            Self::Pong => "pong".into(),
            Self::Reserved(code) => format!("opcode {code}"),
        }
    }
}

/// One frame as it was recorded.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) op: Op,
    pub(super) fin: bool,
    pub(super) rsv: u8,
    pub(super) masked: bool,
    pub(super) payload: Vec<u8>,
    /// The payload, if it was recorded as text.
    pub(super) cut: Option<Cut>,
}

impl Frame {
    /// As long as it was, as far as that is known.
    pub(super) fn length(&self) -> usize {
        match self.cut.as_ref().map(Cut::text) {
            Some(Some(text)) => text.len(),
            _ => self.payload.len(),
        }
    }

    /// Whether a server takes it for a whole message or a sound control frame.
    pub(super) fn is_sound(&self) -> bool {
        self.fin && self.rsv == 0 && self.masked && !matches!(self.op, Op::Reserved(_))
    }

    /// The bytes of a frame with this payload. The mask is always the same: it keeps nothing secret, and a recording is
    /// played alike each time.
    pub(super) fn bytes(&self, payload: &[u8]) -> Vec<u8> {
        const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
        let mut bytes = Vec::with_capacity(payload.len() + 14);
        bytes.push(u8::from(self.fin) << 7 | (self.rsv & 7) << 4 | self.op.code());
        let masked = u8::from(self.masked) << 7;
        match payload.len() {
            short @ 0..=125 => bytes.push(masked | u8::try_from(short).unwrap_or_default()),
            middle if u16::try_from(middle).is_ok() => {
                bytes.push(masked | 126);
                bytes.extend(u16::try_from(middle).unwrap_or_default().to_be_bytes());
            }
            long => {
                bytes.push(masked | 127);
                bytes.extend(u64::try_from(long).unwrap_or_default().to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend(MASK);
            bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            bytes.extend(payload);
        }
        bytes
    }
}

/// A whole message or a control frame that has arrived.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) op: Op,
    pub(super) payload: Vec<u8>,
    /// The lengths of its frames, if it has more than one.
    pub(super) frames: Vec<usize>,
}

impl Message {
    pub(super) fn text(&self) -> Option<&str> {
        if self.op == Op::Text { std::str::from_utf8(&self.payload).ok() } else { None }
    }

    /// The code of a close frame, and its reason.
    pub(super) fn close(payload: &[u8]) -> (Option<u16>, String) {
        match payload {
            [high, low, reason @ ..] => {
                (Some(u16::from_be_bytes([*high, *low])), String::from_utf8_lossy(reason).into_owned())
            }
            _ => (None, String::new()),
        }
    }
}

/// Puts frames together to messages.
#[derive(Default)]
pub(super) struct Reader {
    begun: Option<Message>,
}

impl Reader {
    /// The next message.
    ///
    /// # Errors
    /// The end of the connection, or what is no WebSocket traffic; an empty text for an end in good order.
    pub(super) async fn next(&mut self, io: &mut (impl AsyncRead + Unpin)) -> Result<Message, String> {
        loop {
            let (op, fin, payload) = frame(io).await?;
            if op.is_control() {
                return Ok(Message { op, payload, frames: Vec::new() });
            }
            let message = match (self.begun.take(), op) {
                (Some(mut message), Op::Continuation) => {
                    message.frames.push(payload.len());
                    message.payload.extend(payload);
                    message
                }
                (None, Op::Continuation) => return Err("a continuation of nothing".into()),
                (Some(_), _) => return Err("a new message within an unfinished one".into()),
                (None, op) if fin => return Ok(Message { op, payload, frames: Vec::new() }),
                (None, op) => Message { op, frames: vec![payload.len()], payload },
            };
            if fin {
                return Ok(message);
            }
            self.begun = Some(message);
        }
    }
}

async fn frame(io: &mut (impl AsyncRead + Unpin)) -> Result<(Op, bool, Vec<u8>), String> {
    let gone = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => String::new(),
        _ => format!("{e}"),
    };
    let first = io.read_u8().await.map_err(gone)?;
    let second = io.read_u8().await.map_err(gone)?;
    if first & 0x70 != 0 || second & 0x80 != 0 {
        return Err("a frame of a server that is masked or has reserved bits".into());
    }
    let length = match second {
        126 => u64::from(io.read_u16().await.map_err(gone)?),
        127 => io.read_u64().await.map_err(gone)?,
        short => u64::from(short),
    };
    let length = usize::try_from(length).ok().filter(|_| length <= MAX_FRAME).ok_or("a frame over 64 MiB")?;
    let mut payload = vec![0; length];
    io.read_exact(&mut payload).await.map_err(gone)?;
    Ok((Op::of(first & 15), first & 0x80 != 0, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(op: Op, fin: bool, masked: bool) -> Frame {
        Frame { op, fin, rsv: 0, masked, payload: Vec::new(), cut: None }
    }

    #[tokio::test]
    async fn frames_are_put_together_with_control_frames_between_them() {
        let mut bytes = frame(Op::Text, false, false).bytes(b"ab");
        bytes.extend(frame(Op::Ping, true, false).bytes(b"p"));
        bytes.extend(frame(Op::Continuation, true, false).bytes(&[b'c'; 300]));
        let (mut reader, mut io) = (Reader::default(), &bytes[..]);
        let ping = reader.next(&mut io).await.unwrap();
        assert_eq!((ping.op, ping.payload.as_slice()), (Op::Ping, &b"p"[..]));
        let text = reader.next(&mut io).await.unwrap();
        assert_eq!((text.op, text.frames, text.payload.len()), (Op::Text, vec![2, 300], 302));
        assert_eq!(reader.next(&mut io).await.unwrap_err(), "");
    }

    #[test]
    fn a_client_masks_unless_it_was_recorded_otherwise() {
        let plain = Frame { rsv: 4, ..frame(Op::Reserved(3), true, false) };
        assert_eq!(plain.bytes(b"x"), [0xc3, 1, b'x']);
        assert!(!plain.is_sound());
        assert_eq!(frame(Op::Close, true, true).bytes(&[0, 0]), [0x88, 0x82, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34]);
        assert_eq!(frame(Op::Text, true, true).bytes(&[0; 70_000]).len(), 70_000 + 14);
        assert_eq!(Op::named("opcode 11"), Some(Op::Reserved(11)));
        assert_eq!(Op::named("opcode 16"), None);
    }
}
