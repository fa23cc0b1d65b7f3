//! WebSocket frames of the server side, without IO: bytes in, messages out, and the reverse.
//!
//! The headers are tungstenite's; putting messages together is done here, because real servers differ from RFC 6455 in
//! ways that [`Manners`] lists and that a library rightly does not offer.

use crate::{CloseReply, Fragments, Manners, Offence, Reaction};
use std::io::Cursor;
use std::sync::Arc;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, FrameHeader};

/// What one step of [`FrameReader::next`] gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inbound<'a> {
    Text(&'a str),
    NotUtf8(&'a [u8]),
    Binary(&'a [u8]),
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    /// A close frame; the text is empty if there was none.
    Close(Option<u16>, &'a str),
    Violation {
        what: String,
        reaction: Reaction,
    },
}

/// Cuts a stream of bytes into frames and puts them together to messages.
#[derive(Debug)]
pub(crate) struct FrameReader {
    manners: Arc<Manners>,
    buffer: Vec<u8>,
    /// Where the next frame starts in `buffer`.
    at: usize,
    /// The message begun by an unfinished frame.
    partial: Option<Partial>,
    /// The message last finished from several frames; kept so that it can be lent.
    whole: Vec<u8>,
}

#[derive(Debug)]
struct Partial {
    text: bool,
    data: Vec<u8>,
    /// What came before `data` is handed out already, under [`Fragments::EagerJson`].
    delivered: bool,
    /// How often `data` was looked at for a whole document.
    tries: u8,
}

/// A document in so many pieces is no forgotten FIN bit, and looking at it with each piece would cost the square.
const MOST_TRIES: u8 = 32;

impl Partial {
    fn is_whole_json(&mut self) -> bool {
        let may_end = self.text && matches!(self.data.trim_ascii_end().last(), Some(b'}' | b']'));
        if !may_end || self.tries >= MOST_TRIES {
            return false;
        }
        self.tries += 1;
        is_json(&self.data)
    }
}

/// Bytes asked of the kernel at once (see docs/performance.md for the measurement).
const READ_SIZE: usize = 8 * 1024;

impl FrameReader {
    /// A reader; `early` are bytes that came with the handshake.
    pub(crate) fn new(manners: Arc<Manners>, early: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(READ_SIZE.max(early.len()));
        buffer.extend_from_slice(early);
        Self { manners, buffer, at: 0, partial: None, whole: Vec::new() }
    }

    /// The buffer to read more bytes into, behind what is there. Room for at least one read is made.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.at);
        self.at = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 8 * READ_SIZE {
            self.buffer = Vec::new(); // an idle connection gives back what a large message took
        }
        let spare = self.buffer.capacity() - self.buffer.len();
        if spare < READ_SIZE / 4 {
            self.buffer.reserve(READ_SIZE);
        }
        &mut self.buffer
    }

    /// The next message or control frame; `None` if more bytes are needed.
    pub(crate) fn next(&mut self) -> Option<Inbound<'_>> {
        match self.frame() {
            Ok(None) => None,
            Ok(Some(found)) => Some(self.lend(&found)),
            Err((offence, number)) => {
                let (reaction, what) = self.manners.react(offence, number);
                Some(Inbound::Violation { what, reaction })
            }
        }
    }

    /// Takes frames until one gives something to hand out.
    fn frame(&mut self) -> Result<Option<Found>, Broken> {
        loop {
            let mut cursor = Cursor::new(&self.buffer[self.at..]);
            let opcode = self.buffer.get(self.at).map_or(0, |first| first & 0x0f);
            let header = FrameHeader::parse(&mut cursor).map_err(|_| match opcode {
                3..=7 | 11..=15 => (Offence::ReservedOpcode, u64::from(opcode)),
                _ => (Offence::Unreadable, 0),
            })?;
            let Some((header, length)) = header else { return Ok(None) };
            self.check(&header, length)?;
            let from = self.at + cursor.position() as usize;
            // `check` has bounded the length by the largest message.
            let to = from + length as usize;
            if self.buffer.len() < to {
                return Ok(None);
            }
            if let Some(mask) = header.mask {
                unmask(&mut self.buffer[from..to], mask);
            }
            self.at = to;
            if let Some(found) = self.assemble(&header, from, to)? {
                return Ok(Some(found));
            }
        }
    }

    fn check(&self, header: &FrameHeader, length: u64) -> Result<(), Broken> {
        let bad = |offence| Err((offence, 0));
        if header.rsv1 || header.rsv2 || header.rsv3 {
            let bits = u64::from(header.rsv1) * 4 + u64::from(header.rsv2) * 2 + u64::from(header.rsv3);
            return Err((Offence::ReservedBits, bits));
        }
        if header.mask.is_none() {
            return bad(Offence::Unmasked);
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final => bad(Offence::FragmentedControl),
            OpCode::Control(_) if length > 125 => bad(Offence::LongControl),
            OpCode::Data(Data::Continue) if self.partial.is_none() && !self.first_alone() => {
                bad(Offence::LoneContinuation)
            }
            OpCode::Data(Data::Text | Data::Binary) if self.partial.is_some() => bad(Offence::Interrupted),
            OpCode::Data(_) => {
                let before = self.partial.as_ref().map_or(0, |partial| partial.data.len());
                if length > self.manners.max_frame as u64 {
                    return Err((Offence::TooBig, self.manners.max_frame as u64));
                }
                if length.saturating_add(before as u64) > self.manners.max_message as u64 {
                    return Err((Offence::TooBig, self.manners.max_message as u64));
                }
                Ok(())
            }
            OpCode::Control(_) => Ok(()),
        }
    }

    fn assemble(&mut self, header: &FrameHeader, from: usize, to: usize) -> Result<Option<Found>, Broken> {
        let data = match header.opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Found::Ping(from, to))),
            OpCode::Control(Control::Pong) => return Ok(Some(Found::Pong(from, to))),
            OpCode::Control(_) => return self.close(from, to).map(Some),
            OpCode::Data(data) => data,
        };
        if self.first_alone() && data == Data::Continue {
            return Ok(None);
        }
        if self.partial.is_none() && (header.is_final || self.first_alone()) {
            return match data {
                Data::Text => self.text(Found::Text(from, to), &self.buffer[from..to]).map(Some),
                _ => Ok(Some(Found::Binary(from, to))),
            };
        }
        let text = data == Data::Text;
        let partial =
            self.partial.get_or_insert_with(|| Partial { text, data: Vec::new(), delivered: false, tries: 0 });
        partial.data.extend_from_slice(&self.buffer[from..to]);
        if header.is_final {
            let Some(partial) = self.partial.take() else { return Ok(None) };
            if partial.delivered && partial.data.trim_ascii().is_empty() {
                return Ok(None); // the end of what was handed out before
            }
            self.whole = partial.data;
            if !partial.text {
                return Ok(Some(Found::WholeBinary));
            }
            return self.text(Found::WholeText, &self.whole).map(Some);
        }
        if self.manners.fragments == Fragments::EagerJson && partial.is_whole_json() {
            // The next "continuation" of such a client is a new message, so the collected text starts afresh.
            self.whole = std::mem::take(&mut partial.data);
            partial.delivered = true;
            partial.tries = 0;
            return Ok(Some(Found::WholeText));
        }
        Ok(None)
    }

    fn first_alone(&self) -> bool {
        self.manners.fragments == Fragments::FirstAlone
    }

    fn close(&self, from: usize, to: usize) -> Result<Found, Broken> {
        match &self.buffer[from..to] {
            [] => Ok(Found::Close(None, to, to)),
            [_] => Err((Offence::HalfCloseCode, 0)),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if self.manners.checks_closes {
                    if !may_close_with(code) {
                        return Err((Offence::CloseCode, code.into()));
                    }
                    self.utf8(reason)?;
                }
                Ok(Found::Close(Some(code), from + 2, to))
            }
        }
    }

    fn utf8(&self, bytes: &[u8]) -> Result<(), Broken> {
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(e) => Err((Offence::NotUtf8, e.valid_up_to() as u64)),
        }
    }

    /// What a text is found to be, by its bytes.
    fn text(&self, found: Found, bytes: &[u8]) -> Result<Found, Broken> {
        match (self.utf8(bytes), self.manners.on_bad_utf8) {
            (Ok(()), _) => Ok(found),
            (Err(_), Reaction::Deliver) => Ok(match found {
                Found::Text(from, to) => Found::NotUtf8(from, to),
                _ => Found::WholeNotUtf8,
            }),
            (Err(e), _) => Err(e),
        }
    }

    fn lend(&self, found: &Found) -> Inbound<'_> {
        // The texts were checked when they were found; a second check is cheaper than an unsafe block is dear.
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        match *found {
            Found::Text(from, to) => Inbound::Text(text(&self.buffer[from..to])),
            Found::NotUtf8(from, to) => Inbound::NotUtf8(&self.buffer[from..to]),
            Found::WholeNotUtf8 => Inbound::NotUtf8(&self.whole),
            Found::Binary(from, to) => Inbound::Binary(&self.buffer[from..to]),
            Found::Ping(from, to) => Inbound::Ping(&self.buffer[from..to]),
            Found::Pong(from, to) => Inbound::Pong(&self.buffer[from..to]),
            Found::Close(code, from, to) => Inbound::Close(code, text(&self.buffer[from..to])),
            Found::WholeText => Inbound::Text(text(&self.whole)),
            Found::WholeBinary => Inbound::Binary(&self.whole),
        }
    }
}

/// Whether a close frame may carry this code (RFC 6455 section 7.4).
pub(crate) fn may_close_with(code: u16) -> bool {
    CloseCode::from(code).is_allowed()
}

pub(crate) const NO_CLOSE_CODE: &str = "a close code is 1000 to 1003, 1007 to 1014, or 3000 to 4999";

/// What broke, with the number in question.
type Broken = (Offence, u64);

/// Where a message lies: in the buffer from here to there, or in the collected one.
enum Found {
    Text(usize, usize),
    NotUtf8(usize, usize),
    Binary(usize, usize),
    Ping(usize, usize),
    Pong(usize, usize),
    Close(Option<u16>, usize, usize),
    WholeText,
    WholeNotUtf8,
    WholeBinary,
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

fn unmask(data: &mut [u8], mask: [u8; 4]) {
    if mask == [0; 4] {
        return;
    }
    let word = u32::from_ne_bytes(mask);
    let word = u64::from(word) << 32 | u64::from(word);
    let mut chunks = data.chunks_exact_mut(8);
    for chunk in &mut chunks {
        if let Ok(eight) = <[u8; 8]>::try_from(&*chunk) {
            chunk.copy_from_slice(&(u64::from_ne_bytes(eight) ^ word).to_ne_bytes());
        }
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// Writes one unmasked, unfragmented frame behind what is in `out`.
pub(crate) fn write_frame(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8]) {
    write_part(out, opcode, payload, true);
}

fn write_part(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8], is_final: bool) {
    let header = FrameHeader { opcode, is_final, ..FrameHeader::default() };
    // Writing to a Vec cannot fail.
    let _ = header.format(payload.len() as u64, out);
    out.extend_from_slice(payload);
}

/// Writes a text message, in frames of at most so many bytes.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &[u8], fragment_bytes: Option<usize>) {
    let most = fragment_bytes.unwrap_or(usize::MAX).max(1);
    let mut rest = text;
    let mut opcode = OpCode::Data(Data::Text);
    while rest.len() > most {
        let (part, after) = rest.split_at(most);
        write_part(out, opcode, part, false);
        (rest, opcode) = (after, OpCode::Data(Data::Continue));
    }
    write_part(out, opcode, rest, true);
}

/// Writes a close frame. A reason without a code cannot be sent; one of over 123 bytes is cut.
pub(crate) fn write_close(out: &mut Vec<u8>, code: Option<u16>, reason: &str) {
    let mut payload = Vec::new();
    if let Some(code) = code {
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let frame = CloseFrame { code: code.into(), reason: reason[..end].into() };
        payload.extend_from_slice(&u16::from(frame.code).to_be_bytes());
        payload.extend_from_slice(frame.reason.as_bytes());
    }
    write_frame(out, OpCode::Control(Control::Close), &payload);
}

impl CloseReply {
    /// The code and reason to answer with, or `None` where no frame is sent.
    pub(crate) fn answer(self, code: Option<u16>, reason: &str) -> Option<(Option<u16>, &str)> {
        match self {
            Self::Echo => Some((code, "")),
            Self::EchoAll => Some((code.or(Some(1000)), reason)),
            Self::Empty => Some((None, "")),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let mut out = vec![first];
        match payload.len() {
            n @ 0..=125 => out.push(0x80 | n as u8),
            n @ 126..=65535 => {
                out.push(0x80 | 126);
                out.extend_from_slice(&(n as u16).to_be_bytes());
            }
            n => {
                out.push(0x80 | 127);
                out.extend_from_slice(&(n as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(&mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
        out
    }

    /// All messages in `bytes`, fed in pieces of `step` bytes.
    fn read(manners: Manners, bytes: &[u8], step: usize) -> Vec<String> {
        let mut reader = FrameReader::new(Arc::new(manners), &[]);
        let mut seen = Vec::new();
        for piece in bytes.chunks(step) {
            reader.space().extend_from_slice(piece);
            while let Some(inbound) = reader.next() {
                let violation = matches!(inbound, Inbound::Violation { .. });
                seen.push(match inbound {
                    Inbound::Text(text) => format!("text {text}"),
                    Inbound::NotUtf8(bytes) => format!("not utf-8 {}", bytes.len()),
                    Inbound::Binary(bytes) => format!("binary {}", bytes.len()),
                    Inbound::Ping(bytes) => format!("ping {}", bytes.len()),
                    Inbound::Pong(bytes) => format!("pong {}", bytes.len()),
                    Inbound::Close(code, reason) => format!("close {code:?} {reason}"),
                    Inbound::Violation { what, reaction } => format!("{reaction:?}: {what}"),
                });
                if violation {
                    return seen;
                }
            }
        }
        seen
    }

    const M: [u8; 4] = [1, 2, 3, 4];

    #[test]
    fn messages_and_control_frames_between_fragments() {
        let bytes = [
            masked(0x81, b"one", M),
            masked(0x01, b"tw", M),
            masked(0x89, b"!", M),
            masked(0x80, b"o", M),
            masked(0x82, &[0; 70_000], M),
            masked(0x88, b"\x03\xe8bye", M),
        ]
        .concat();
        for step in [1, 3, 4096, 100_000] {
            let seen = read(Manners::default(), &bytes, step);
            assert_eq!(seen, ["text one", "ping 1", "text two", "binary 70000", "close Some(1000) bye"]);
        }
    }

    #[test]
    fn a_message_that_never_ends_is_delivered_when_it_is_json() {
        let bytes = [masked(0x01, b"{\"a\":1}", M), masked(0x00, b"{\"b\"", M), masked(0x00, b":2}", M)].concat();
        let eager = Manners { fragments: Fragments::EagerJson, ..Manners::default() };
        assert_eq!(read(eager, &bytes, 5), ["text {\"a\":1}", "text {\"b\":2}"]);
        assert!(read(Manners::default(), &bytes, 5).is_empty());
        // A client that remembers FIN in the end: an empty last frame ends what was delivered, a full one is news.
        let ended = [masked(0x01, b"[1]", M), masked(0x80, b"\n", M), masked(0x01, b"[2]", M), masked(0x80, b"[3]", M)]
            .concat();
        let eager = Manners { fragments: Fragments::EagerJson, ..Manners::default() };
        assert_eq!(read(eager.clone(), &ended, 64), ["text [1]", "text [2]", "text [3]"]);
        // In very many pieces it is put together as by everybody else.
        let mut pieces = masked(0x01, b"[", M);
        (0..100).for_each(|_| pieces.extend(masked(0x00, b"[]]", M)));
        pieces.extend(masked(0x80, b"", M));
        assert_eq!(read(eager, &pieces, 64), ["text [[]]".to_owned(), format!("text {}", "[]]".repeat(99))]);
    }

    #[test]
    fn a_server_may_take_what_is_no_text_and_know_no_fragments() {
        let manners = Manners {
            on_bad_utf8: Reaction::Deliver,
            fragments: Fragments::FirstAlone,
            on_bad_frame: Reaction::Cut,
            checks_closes: false,
            ..Manners::default()
        };
        let bytes = [
            masked(0x80, b"lone", M),
            masked(0x81, b"\xff", M),
            masked(0x01, b"one", M),
            masked(0x89, b"!", M),
            masked(0x00, b"lost", M),
            masked(0x01, b"two", M),
            masked(0x80, b"too", M),
            masked(0x81, b"three", M),
            masked(0x88, b"\x03\xed\xff", M),
        ]
        .concat();
        let seen = read(manners, &bytes, 7);
        assert_eq!(seen, ["not utf-8 1", "text one", "ping 1", "text two", "text three", "close Some(1005) "]);
    }

    #[test]
    fn what_breaks_the_rules_gets_the_reaction_of_the_manners() {
        let manners = || Manners { max_message: 10, on_bad_frame: Reaction::Cut, ..Manners::default() };
        let cases: [(&[u8], &str); 9] = [
            (&masked(0x81, &[b'x'; 11], M), "Close(1009): a message of more than 10 bytes"),
            (&masked(0x81, b"\xff", M), "Close(1007): a text is not UTF-8 from byte 0 on"),
            (&masked(0xc1, b"x", M), "Cut: a reserved bit is set, although no extension was agreed on"),
            (&[0x81, 1, b'x'], "Cut: a frame of a client is not masked"),
            (&masked(0x80, b"x", M), "Cut: a continuation without a beginning"),
            (&masked(0x09, b"x", M), "Cut: a control frame is fragmented"),
            (&masked(0x89, &[0; 126], M), "Cut: a control frame has more than 125 bytes"),
            (&masked(0x88, &[3], M), "Cut: a close frame with half a code"),
            (
                &masked(0x88, b"\x03\xed", M),
                "Cut: 1005 is no close code: it is 1000 to 1003, 1007 to 1014, or 3000 to 4999",
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(manners(), bytes, 1024), [expected]);
        }
        assert!(read(manners(), &masked(0x83, b"x", M), 1024)[0].starts_with("Cut: "));
        let huge = [0x82, 0x80 | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        assert_eq!(read(manners(), &huge, 1024), ["Close(1009): a message of more than 10 bytes"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 1usize..50) {
            read(Manners { max_message: 64, ..Manners::default() }, &bytes, step);
        }

        #[test]
        fn any_text_comes_through(text in "\\PC{0,300}", mask in any::<[u8; 4]>(), step in 1usize..400) {
            prop_assert_eq!(read(Manners::default(), &masked(0x81, text.as_bytes(), mask), step), [format!("text {text}")]);
        }
    }
}
