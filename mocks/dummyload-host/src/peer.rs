//! The task of one WebSocket connection: reads, hands to the engine, drains its outbox, writes.

use crate::engine::{Engine, Opened, Outgoing};
use crate::frame::{FrameReader, Inbound, write_close, write_frame, write_text};
use crate::{Gone, Message, PeerId, Reaction};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The engine, shared by all tasks of a mock.
pub(crate) type Shared = Arc<Mutex<Engine>>;

/// Locks the engine. A panic in a world poisons the lock; the mock goes on, since each input is handled on its own.
pub(crate) fn lock(engine: &Mutex<Engine>) -> MutexGuard<'_, Engine> {
    engine.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a peer has to answer a close frame, and how long its last bytes may take.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// Serves one accepted connection to its end. `early` are bytes that came with the handshake.
pub(crate) async fn serve<S>(engine: Shared, opened: Opened, socket: S, early: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = opened.peer;
    // Tells the engine also when the task is dropped at the end of the server.
    let mut leaving = Leaving { engine: Arc::clone(&engine), peer, why: Gone::ByServer };
    let reader = FrameReader::new(Arc::clone(&opened.manners), early);
    let fragment_bytes = opened.manners.fragment_bytes;
    let mut link = Link { reader, out: Vec::new(), fragment_bytes, deaf: false, socket };
    leaving.why = link.run(&engine, &opened).await;
}

struct Leaving {
    engine: Shared,
    peer: PeerId,
    why: Gone,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        lock(&self.engine).gone(self.peer, self.why.clone());
    }
}

struct Link<S> {
    reader: FrameReader,
    /// Frames on their way; kept, so that its memory is reused.
    out: Vec<u8>,
    /// See [`Manners`](crate::Manners).
    fragment_bytes: Option<usize>,
    /// A fault keeps it open although nothing that comes can be understood.
    deaf: bool,
    socket: S,
}

/// What a batch from the outbox ends with.
enum After {
    GoOn,
    /// A close frame is in the batch.
    Closing,
    HalfClosed,
    Cut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    async fn run(&mut self, engine: &Shared, opened: &Opened) -> Gone {
        let mut batch = Vec::new();
        loop {
            let ended = self.take_in(engine, opened, &mut batch);
            match self.encode(&mut batch) {
                After::GoOn => {}
                After::Closing => return self.close(opened).await,
                After::HalfClosed => return self.half_close(opened).await,
                After::Cut => {
                    let _ = tokio::time::timeout(CLOSE_GRACE, self.flush()).await;
                    return Gone::ByServer;
                }
            }
            if let Some(why) = ended {
                let _ = tokio::time::timeout(CLOSE_GRACE, self.flush()).await;
                let _ = tokio::time::timeout(CLOSE_GRACE, self.socket.shutdown()).await;
                return why;
            }
            tokio::select! {
                biased;
                () = opened.doom.notified() => return Gone::TooSlow,
                written = self.flush() => if written.is_err() { return Gone::Lost },
            }
            tokio::select! {
                lives = self.read() => if !lives { return Gone::Lost },
                () = opened.bell.notified() => {}
            }
        }
    }

    /// Hands everything that has been read to the engine, and takes what is to be sent: one lock for a whole batch.
    fn take_in(&mut self, engine: &Shared, opened: &Opened, batch: &mut Vec<Outgoing>) -> Option<Gone> {
        let mut engine = lock(engine);
        let mut ended = None;
        while !self.deaf
            && let Some(inbound) = self.reader.next()
        {
            let message = match inbound {
                Inbound::Text(text) => Message::Text(text),
                Inbound::NotUtf8(bytes) => Message::NotUtf8(bytes),
                Inbound::Binary(bytes) => Message::Binary(bytes),
                Inbound::Ping(bytes) => Message::Ping(bytes),
                Inbound::Pong(bytes) => Message::Pong(bytes),
                Inbound::Close(code, reason) => {
                    let reason = reason.to_owned();
                    engine.take_outbox(opened.peer, batch);
                    batch.retain(|what| !matches!(what, Outgoing::Close(..) | Outgoing::Cut | Outgoing::HalfClose));
                    self.pend_batch(batch);
                    let reply = opened.manners.close_reply.answer(code, &reason);
                    let reply = reply.map_or(Outgoing::Cut, |(code, reason)| Outgoing::Close(code, reason.to_owned()));
                    return self
                        .finish(engine.ending(opened.peer, reply, "the reply to a close frame"), Gone::Closed(code));
                }
                Inbound::Violation { what, reaction } => {
                    ended = Some((what, reaction));
                    break;
                }
            };
            engine.message(opened.peer, message);
        }
        engine.take_outbox(opened.peer, batch);
        let (what, reaction) = ended?;
        self.pend_batch(batch);
        let how = match reaction {
            Reaction::Close(code) => Outgoing::Close(Some(code), what.clone()),
            _ => Outgoing::Cut,
        };
        self.finish(engine.ending(opened.peer, how, &what), Gone::Violation(what))
    }

    /// Ends in this way; or, if it does not end although nothing more can be read, hears nothing any more.
    fn finish(&mut self, how: Option<Outgoing>, why: Gone) -> Option<Gone> {
        match how {
            Some(Outgoing::Close(code, reason)) => write_close(&mut self.out, code, &reason),
            Some(_) => {}
            None => {
                self.deaf = true;
                return None;
            }
        }
        Some(why)
    }

    /// Waits for bytes; whether the connection lives.
    async fn read(&mut self) -> bool {
        if self.deaf {
            return matches!(self.socket.read(&mut [0; 1024]).await, Ok(1..));
        }
        matches!(self.socket.read_buf(self.reader.space()).await, Ok(1..))
    }

    fn pend_batch(&mut self, batch: &mut Vec<Outgoing>) {
        let _ = self.encode(batch);
    }

    fn encode(&mut self, batch: &mut Vec<Outgoing>) -> After {
        for what in batch.drain(..) {
            match what {
                Outgoing::Text(text) => write_text(&mut self.out, text.as_str().as_bytes(), self.fragment_bytes),
                Outgoing::NotUtf8(bytes) => write_text(&mut self.out, &bytes, self.fragment_bytes),
                Outgoing::Binary(bytes) => write_frame(&mut self.out, OpCode::Data(Data::Binary), &bytes),
                Outgoing::Ping(bytes) => write_frame(&mut self.out, OpCode::Control(Control::Ping), &bytes),
                Outgoing::Pong(bytes) => write_frame(&mut self.out, OpCode::Control(Control::Pong), &bytes),
                Outgoing::Raw(bytes) => self.out.extend_from_slice(&bytes),
                Outgoing::Close(code, reason) => {
                    write_close(&mut self.out, code, &reason);
                    return After::Closing;
                }
                Outgoing::HalfClose => return After::HalfClosed,
                Outgoing::Cut => return After::Cut,
            }
        }
        After::GoOn
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.socket.write_all(&self.out).await?;
            self.out.clear();
            if self.out.capacity() > 64 * 1024 {
                self.out = Vec::new();
            }
        }
        Ok(())
    }

    /// Sends the close frame and, if the manners say so, waits for the peer's, so that the peer sees a clean end.
    async fn close(&mut self, opened: &Opened) -> Gone {
        let ending = async {
            self.flush().await?;
            if opened.manners.awaits_close {
                self.await_close().await?;
            }
            self.socket.shutdown().await
        };
        tokio::select! {
            () = opened.doom.notified() => {}
            _ = tokio::time::timeout(CLOSE_GRACE, ending) => {}
        }
        Gone::ByServer
    }

    /// Reads until the peer's close frame, or its end.
    async fn await_close(&mut self) -> io::Result<()> {
        loop {
            while let Some(inbound) = self.reader.next() {
                if matches!(inbound, Inbound::Close(..) | Inbound::Violation { .. }) {
                    return Ok(());
                }
            }
            if self.socket.read_buf(self.reader.space()).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Ends the sending side and goes on reading until the peer leaves; nothing that it says is heard.
    async fn half_close(&mut self, opened: &Opened) -> Gone {
        let ending = async {
            self.flush().await?;
            self.socket.shutdown().await?;
            let mut sink = Vec::new();
            while self.socket.read_buf(&mut sink).await? > 0 {
                sink.clear();
            }
            io::Result::Ok(())
        };
        tokio::select! {
            () = opened.doom.notified() => {}
            _ = ending => {}
        }
        Gone::ByServer
    }
}
