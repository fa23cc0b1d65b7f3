//! The data file.

use super::guard::guarded;
use super::rows::{self, Found};
use crate::world::State;
use dummyload_session::Timestamp;
use redb::{Database, DatabaseError, ReadTransaction, ReadableTable, StorageError, TableDefinition, TableHandle};
use std::fmt;
use std::io;
use std::path::Path;

const TABLE: TableDefinition<'_, &str, &str> = TableDefinition::new("devicehive");
/// The name of the entry that says how the others are to be read, and what it says.
const FORMAT: (&str, &str) = ("format", "1");

/// Bytes of memory for pages of the file: all that is in it is in the state as well.
const CACHE: usize = 4 * 1024 * 1024;

/// Opens the database.
type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send>;

/// An open data file. Nobody else can open it meanwhile.
pub(super) struct Store {
    opener: Opener,
    /// None after a failure, which a database does not get over: it is opened again then.
    database: Option<Database>,
    /// Whether more is missing in the file than the state's changes.
    behind: bool,
}

impl Store {
    /// The file at this place, and what it has; `None` if it is new.
    ///
    /// # Errors
    /// It cannot be used; the text says why and what to do.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Found>)> {
        let path = path.to_owned();
        let shown = path.display().to_string();
        let opener = move || Database::builder().set_cache_size(CACHE).create(&path);
        Self::open_with(Box::new(opener)).map_err(|e| {
            let text = match e.kind() {
                io::ErrorKind::ResourceBusy => {
                    format!("the data file {shown} is in use by another program; end that, or name another file")
                }
                io::ErrorKind::InvalidData => {
                    format!("the data file {shown} cannot be read ({e}): name another file, or remove this one")
                }
                _ => format!("the data file {shown} cannot be opened: {e}"),
            };
            io::Error::new(e.kind(), text)
        })
    }

    pub(super) fn open_with(opener: Opener) -> io::Result<(Self, Option<Found>)> {
        let mut store = Self { opener, database: None, behind: false };
        let found = guarded(|| read(store.database()?)).inspect_err(|_| store.close())?;
        // What cannot be written is known before anybody relies on it.
        store.write(|_| Ok(()))?;
        Ok((store, found))
    }

    fn database(&mut self) -> io::Result<&Database> {
        if self.database.is_none() {
            self.database = Some((self.opener)().map_err(|e| match e {
                DatabaseError::DatabaseAlreadyOpen => io::ErrorKind::ResourceBusy.into(),
                DatabaseError::Storage(e) => failed(e),
                e => invalid(e),
            })?);
        }
        self.database.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Ends the use of the file, which may be damaged.
    fn close(&mut self) {
        let database = self.database.take();
        // Whoever finds a mistake by closing has found it before.
        let _ = guarded(|| {
            drop(database);
            Ok(())
        });
    }

    /// Writes down what has changed since the last time; whether that was something. What could not be written counts as
    /// changed the next time as well.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn update(&mut self, state: &mut State, now: Timestamp) -> io::Result<bool> {
        if self.behind {
            return self.replace(state, now).map(|()| true);
        }
        let changes = state.take_changes();
        if changes.is_empty() {
            return Ok(false);
        }
        let written = self.write(|table| {
            for key in &changes {
                let name = rows::name(key);
                match rows::row(state, key, now) {
                    Some(json) => drop(table.insert(&*name, &*json)?),
                    None => drop(table.remove(&*name)?),
                }
            }
            Ok(())
        });
        if written.is_err() {
            state.put_changes_back(changes);
        }
        written.map(|()| true)
    }

    /// Writes down everything, and nothing else. If that fails, [`Store::update`] does it the next time.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn replace(&mut self, state: &mut State, now: Timestamp) -> io::Result<()> {
        let written = self.write(|table| {
            table.retain(|_, _| false)?;
            table.insert(FORMAT.0, FORMAT.1)?;
            for key in rows::all(state) {
                if let Some(json) = rows::row(state, &key, now) {
                    table.insert(&*rows::name(&key), &*json)?;
                }
            }
            Ok(())
        });
        self.behind = written.is_err();
        state.note_changes();
        written
    }

    /// All of it is in the file afterwards, or nothing.
    fn write(
        &mut self,
        fill: impl FnOnce(&mut redb::Table<'_, &'static str, &'static str>) -> Result<(), StorageError>,
    ) -> io::Result<()> {
        guarded(|| {
            let writing = self.database()?.begin_write().map_err(failed)?;
            fill(&mut writing.open_table(TABLE).map_err(failed)?).map_err(failed)?;
            writing.commit().map_err(failed)
        })
        .inspect_err(|_| self.close())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("behind", &self.behind).finish_non_exhaustive()
    }
}

/// What a file has; `None` if it is new.
fn read(database: &Database) -> io::Result<Option<Found>> {
    let reading = database.begin_read().map_err(failed)?;
    let table = match reading.open_table(TABLE) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return nothing(&reading),
        Err(e) => return Err(invalid(e)),
    };
    let Some(format) = table.get(FORMAT.0).map_err(failed)?.map(|format| format.value().to_owned()) else {
        // It was made, and nothing more.
        return if table.iter().map_err(failed)?.next().is_none() {
            Ok(None)
        } else {
            Err(invalid("it has no format"))
        };
    };
    if format != FORMAT.1 {
        return Err(invalid(format!("it is of the format {format:?}, and this program knows {:?}", FORMAT.1)));
    }
    let mut found = Found::default();
    for entry in table.iter().map_err(failed)? {
        let (name, json) = entry.map_err(failed)?;
        if name.value() != FORMAT.0 {
            found.add(name.value(), json.value()).map_err(|e| invalid(format!("{}: {e}", name.value())))?;
        }
    }
    Ok(Some(found))
}

/// A file without our table is a new one, or somebody else's.
fn nothing(reading: &ReadTransaction) -> io::Result<Option<Found>> {
    let other = reading.list_tables().map_err(failed)?.next().map(|table| table.name().to_owned());
    let multimap = || -> io::Result<_> { Ok(reading.list_multimap_tables().map_err(failed)?.next().is_some()) };
    match other {
        Some(table) => Err(invalid(format!("it is a database of another program, with a table {table:?}"))),
        None if multimap()? => Err(invalid("it is a database of another program")),
        None => Ok(None),
    }
}

fn invalid(what: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// A failure of the database: of the disk, or else of what is in the file.
fn failed(e: impl Into<redb::Error>) -> io::Error {
    match e.into() {
        // A file ends where the database goes on.
        redb::Error::Io(e) if e.kind() != io::ErrorKind::UnexpectedEof => e,
        e => invalid(e),
    }
}
