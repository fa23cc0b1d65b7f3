//! A world that is kept in a file, so that what was answered is there after a restart, also after `kill -9`.
//!
//! The file is a redb database with one table: what a thing is called, and the thing as JSON. Each input to the world is one
//! transaction, committed before its answers go out.

mod guard;
mod rows;
mod store;

use crate::world::{DeviceHiveWorld, State};
use crate::{Options, WorldFile};
use dummyload_host::{
    Admission, CallId, ControlError, Cx, Gone, HttpRequest, HttpResponse, Message, Party, PeerId, Problem, ProblemKind,
    Seed, World,
};
use dummyload_session::{Deadline, Timestamp};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use store::Store;

/// A [`DeviceHiveWorld`] whose state is in a file as well.
#[derive(Debug)]
pub(crate) struct Kept {
    world: DeviceHiveWorld,
    options: Options,
    store: Store,
    path: PathBuf,
    /// The state that the file had, until the world begins.
    found: Option<rows::Found>,
    /// Why the file has not all that it should have.
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    text: String,
    /// How many changes were waiting to be written when that was last told.
    told: usize,
}

impl Kept {
    /// The world of a data file, or of `file` if that is new.
    ///
    /// # Errors
    /// The data file cannot be used; the text says why and what to do.
    pub(crate) fn open(path: &Path, file: WorldFile) -> io::Result<Self> {
        let (store, found) = Store::open(path)?;
        Ok(Self::new(path, file, store, found))
    }

    fn new(path: &Path, file: WorldFile, store: Store, found: Option<rows::Found>) -> Self {
        let options = file.options.clone();
        let world = DeviceHiveWorld::new(file);
        Self { world, options, store, path: path.to_owned(), found, trouble: None }
    }

    /// Writes down what an input has changed, before anybody hears of it. If that fails, the mock goes on, since the clients
    /// of a test are not to blame; it says so wherever somebody may look, and tries again with every further input.
    fn keep(&mut self, cx: &mut Cx<'_>) {
        let changes = self.world.state.change_count();
        let written = self.store.update(&mut self.world.state, cx.now());
        // What changes nothing loses nothing, and is no problem of its own.
        let is_news = self.trouble.as_ref().is_none_or(|trouble| trouble.told != changes);
        self.note(changes, &written);
        if let Some(trouble) = self.trouble.as_ref().filter(|_| is_news) {
            let text = trouble.text.clone();
            cx.problem(Party::World, Problem::new(ProblemKind::Tolerated, "data-not-kept", "the data file", text));
        }
    }

    /// Notes, and tells once, whether the file is whole.
    fn note(&mut self, changes: usize, written: &io::Result<bool>) {
        match written {
            Ok(false) => {}
            Ok(true) => {
                if self.trouble.take().is_some() {
                    tracing::warn!(
                        "the data file {} could be written again; nothing is missing in it",
                        self.path.display()
                    );
                }
            }
            Err(e) => {
                let text = format!(
                    "the data file {} could not be written: {e}; what changes now is lost at the end of the program, unless \
                     it can be written before",
                    self.path.display()
                );
                if self.trouble.is_none() {
                    tracing::error!("{text}");
                }
                self.trouble = Some(Trouble { text, told: changes });
            }
        }
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
        let written = self.store.replace(&mut self.world.state, now);
        self.note(0, &written.map(|()| true));
    }

    fn snapshot(&self, now: Timestamp) -> Value {
        let mut shown = self.world.snapshot(now);
        if let Value::Object(shown) = &mut shown {
            let kept = self.trouble.is_none();
            shown.insert("data".to_owned(), json!({"file": self.path.display().to_string(), "kept": kept}));
        }
        shown
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.as_ref().map(|trouble| trouble.text.clone())
    }

    fn unreadable(&self, status: u16, why: &str) -> HttpResponse {
        self.world.unreadable(status, why)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        self.world.secret_names()
    }

    fn secret_values(&self) -> Vec<String> {
        self.world.secret_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dummyload_host::{Mock, MockBuilder, Query};
    use redb::{Database, StorageBackend};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};

    /// A disk that can be full.
    #[derive(Clone, Debug, Default)]
    struct Disk {
        bytes: Arc<Mutex<Vec<u8>>>,
        full: Arc<AtomicBool>,
    }

    impl Disk {
        fn writable(&self) -> io::Result<()> {
            match self.full.load(Ordering::Relaxed) {
                true => Err(io::ErrorKind::StorageFull.into()),
                false => Ok(()),
            }
        }

        fn kept(&self) -> io::Result<Kept> {
            let disk = self.clone();
            let opener = move || Database::builder().create_with_backend(disk.clone());
            let (store, found) = Store::open_with(Box::new(opener))?;
            Ok(Kept::new(Path::new("test.redb"), WorldFile::demo(), store, found))
        }

        async fn start(&self) -> Mock {
            MockBuilder::default().virtual_clock().start(Box::new(self.kept().unwrap())).await.unwrap()
        }
    }

    impl StorageBackend for Disk {
        fn len(&self) -> io::Result<u64> {
            Ok(self.bytes.lock().unwrap().len() as u64)
        }

        fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
            let bytes = self.bytes.lock().unwrap();
            let from = usize::try_from(offset).unwrap();
            bytes.get(from..from + len).map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.writable()?;
            self.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
            Ok(())
        }

        fn sync_data(&self, _: bool) -> io::Result<()> {
            self.writable()
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.writable()?;
            let from = usize::try_from(offset).unwrap();
            self.bytes.lock().unwrap()[from..from + data.len()].copy_from_slice(data);
            Ok(())
        }
    }

    fn insert(mock: &Mock, command: &str) {
        mock.control("command", &json!({"device": "pump-1", "command": command})).unwrap();
    }

    fn not_kept(mock: &Mock) -> usize {
        mock.count(&Query::problem("data-not-kept"))
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_told_and_written_later() {
        let disk = Disk::default();
        let mock = disk.start().await;
        insert(&mock, "first");
        assert_eq!((not_kept(&mock), &mock.state()["data"]["kept"]), (0, &json!(true)));
        disk.full.store(true, Ordering::Relaxed);
        insert(&mock, "second");
        insert(&mock, "third");
        assert_eq!((not_kept(&mock), &mock.state()["data"]["kept"]), (2, &json!(false)));
        let problem = mock.journal(&Query::problem("data-not-kept")).remove(0);
        let text = problem["problem"].as_str().unwrap();
        assert!(text.starts_with("the data file test.redb could not be written: ") && text.contains("lost"), "{text}");
        // What changes nothing loses nothing.
        mock.control("demo", &json!({})).unwrap();
        assert_eq!(not_kept(&mock), 2);
        disk.full.store(false, Ordering::Relaxed);
        insert(&mock, "fourth");
        assert_eq!(
            (not_kept(&mock), &mock.state()["data"]["kept"], &mock.state()["commands"]),
            (2, &json!(true), &json!(4))
        );
        mock.stop().await;
        let mock = disk.start().await;
        assert_eq!(mock.state()["commands"], 4);
    }

    #[tokio::test]
    async fn a_reset_that_cannot_be_written_is_made_up_for_as_well() {
        let disk = Disk::default();
        let mock = disk.start().await;
        insert(&mock, "first");
        disk.full.store(true, Ordering::Relaxed);
        mock.reset();
        assert_eq!(mock.state()["data"]["kept"], false);
        disk.full.store(false, Ordering::Relaxed);
        insert(&mock, "second");
        assert_eq!(mock.state()["data"]["kept"], true);
        mock.stop().await;
        assert_eq!(disk.start().await.state()["commands"], 1, "only what came after the reset");
    }

    #[test]
    fn a_disk_that_is_full_already_is_an_error() {
        let disk = Disk::default();
        drop(disk.kept().unwrap());
        disk.full.store(true, Ordering::Relaxed);
        assert_eq!(disk.kept().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_world_says_whether_it_is_well() {
        let disk = Disk::default();
        let mut kept = disk.kept().unwrap();
        assert_eq!(kept.trouble(), None);
        disk.full.store(true, Ordering::Relaxed);
        kept.reset(Seed::default(), Timestamp::ZERO);
        assert!(kept.trouble().unwrap().contains("could not be written"));
    }
}
