//! A world that is kept in a file, so that what was answered is there after a restart, also after `kill -9`.
//!
//! The file is a redb database with one table: what a thing is called, and the thing as JSON. Each input to the world is one
//! transaction, committed before its answers go out.

mod rows;
mod store;

use crate::world::{DeviceHiveWorld, State};
use crate::{Options, WorldFile};
use dummyload_host::{
    Admission, CallId, ControlError, Cx, Gone, HttpRequest, Message, Party, PeerId, Problem, ProblemKind, Seed, World,
};
use dummyload_session::{Deadline, Timestamp};
use serde_json::Value;
use std::io;
use std::path::Path;
use store::Store;

/// A [`DeviceHiveWorld`] whose state is in a file as well.
#[derive(Debug)]
pub(crate) struct Kept {
    world: DeviceHiveWorld,
    options: Options,
    store: Store,
    /// The state that the file had, until the world begins.
    found: Option<rows::Found>,
}

impl Kept {
    /// The world of a data file, or of `file` if that is new.
    ///
    /// # Errors
    /// The data file cannot be used; the text says why and what to do.
    pub(crate) fn open(path: &Path, file: WorldFile) -> io::Result<Self> {
        let store = Store::open(path)?;
        let found = store.read()?;
        Ok(Self { options: file.options.clone(), world: DeviceHiveWorld::new(file), store, found })
    }

    /// Writes down what an input has changed, before anybody hears of it.
    fn keep(&mut self, cx: &mut Cx<'_>) {
        if let Err(e) = self.store.update(&mut self.world.state, cx.now()) {
            let text = format!("the data file could not be written, so the last change will be lost: {e}");
            tracing::error!("{text}");
            cx.problem(Party::World, Problem::new(ProblemKind::Tolerated, "data-not-kept", "the data file", text));
        }
    }

    fn state(&mut self) -> &mut State {
        &mut self.world.state
    }
}

impl World for Kept {
    fn listening(&mut self, base_url: &str) {
        self.world.listening(base_url);
    }

    fn websocket_versions(&self) -> &'static [&'static str] {
        self.world.websocket_versions()
    }

    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let admission = self.world.handshake(cx, peer, request);
        self.keep(cx);
        admission
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        self.world.message(cx, peer, message);
        self.keep(cx);
    }

    fn gone(&mut self, cx: &mut Cx<'_>, peer: PeerId, why: Gone) {
        self.world.gone(cx, peer, why);
        self.keep(cx);
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        self.world.http(cx, call, request);
        self.keep(cx);
    }

    fn hung_up(&mut self, cx: &mut Cx<'_>, call: CallId) {
        self.world.hung_up(cx, call);
        self.keep(cx);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        self.world.deadline(cx);
        self.keep(cx);
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.world.poll_deadline()
    }

    fn control(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError> {
        let answer = self.world.control(cx, verb, body);
        self.keep(cx);
        answer
    }

    fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        self.world.verbs()
    }

    /// The first time, what the file has comes back. Afterwards it is forgotten, as all else is.
    fn reset(&mut self, seed: Seed, now: Timestamp) {
        self.world.reset(seed, now);
        if let Some(found) = self.found.take() {
            let mut state = State::new(self.options.clone());
            found.restore(&mut state, now);
            self.world.state = state;
        }
        if let Err(e) = self.store.replace(&self.world.state, now) {
            tracing::error!("the data file could not be written: {e}");
        }
        self.state().note_changes();
    }

    fn snapshot(&self, now: Timestamp) -> Value {
        self.world.snapshot(now)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        self.world.secret_names()
    }

    fn secret_values(&self) -> Vec<String> {
        self.world.secret_values()
    }
}
