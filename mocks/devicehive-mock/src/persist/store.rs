//! The data file.

use super::rows::{self, Found};
use crate::world::State;
use dummyload_session::Timestamp;
use redb::{Database, DatabaseError, ReadableTable, TableDefinition};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

const TABLE: TableDefinition<'_, &str, &str> = TableDefinition::new("devicehive");
/// The name of the entry that says how the others are to be read, and what it says.
const FORMAT: (&str, &str) = ("format", "1");

/// Bytes of memory for pages of the file: all that is in it is in the state as well.
const CACHE: usize = 4 * 1024 * 1024;

/// An open data file. Nobody else can open it meanwhile.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    path: PathBuf,
}

impl Store {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let shown = path.display();
        let database = Database::builder().set_cache_size(CACHE).create(path).map_err(|e| match e {
            DatabaseError::DatabaseAlreadyOpen => io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("the data file {shown} is in use by another program; end that, or name another file"),
            ),
            DatabaseError::Storage(redb::StorageError::Io(e)) if e.kind() != io::ErrorKind::InvalidData => {
                io::Error::new(e.kind(), format!("the data file {shown} cannot be opened: {e}"))
            }
            e => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the data file {shown} cannot be read ({e}): name another file, or remove this one"),
            ),
        })?;
        Ok(Self { database, path: path.to_owned() })
    }

    /// What the file has; `None` if it is new.
    pub(super) fn read(&self) -> io::Result<Option<Found>> {
        let failed = |e: &dyn Display| {
            let text = format!("the data file {} cannot be read: {e}", self.path.display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        let reading = self.database.begin_read().map_err(|e| failed(&e))?;
        let table = match reading.open_table(TABLE) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(e) => return Err(failed(&e)),
        };
        let format = table.get(FORMAT.0).map_err(|e| failed(&e))?;
        let format = format.map(|format| format.value().to_owned()).unwrap_or_default();
        if format != FORMAT.1 {
            return Err(failed(&format!("it is of the format {format:?}, and this program knows {:?}", FORMAT.1)));
        }
        let mut found = Found::default();
        for entry in table.iter().map_err(|e| failed(&e))? {
            let (name, json) = entry.map_err(|e| failed(&e))?;
            if name.value() != FORMAT.0 {
                found.add(name.value(), json.value()).map_err(|e| failed(&format!("{}: {e}", name.value())))?;
            }
        }
        Ok(Some(found))
    }

    /// Writes down what has changed since the last time.
    pub(super) fn update(&self, state: &mut State, now: Timestamp) -> io::Result<()> {
        let changes = state.take_changes();
        if changes.is_empty() {
            return Ok(());
        }
        let writing = self.database.begin_write().map_err(failed)?;
        {
            let mut table = writing.open_table(TABLE).map_err(failed)?;
            for key in &changes {
                let name = rows::name(key);
                match rows::row(state, key, now) {
                    Some(json) => drop(table.insert(&*name, &*json).map_err(failed)?),
                    None => drop(table.remove(&*name).map_err(failed)?),
                }
            }
        }
        writing.commit().map_err(failed)
    }

    /// Writes down everything, and nothing else.
    pub(super) fn replace(&self, state: &State, now: Timestamp) -> io::Result<()> {
        let writing = self.database.begin_write().map_err(failed)?;
        writing.delete_table(TABLE).map_err(failed)?;
        {
            let mut table = writing.open_table(TABLE).map_err(failed)?;
            table.insert(FORMAT.0, FORMAT.1).map_err(failed)?;
            for key in rows::all(state) {
                if let Some(json) = rows::row(state, &key, now) {
                    table.insert(&*rows::name(&key), &*json).map_err(failed)?;
                }
            }
        }
        writing.commit().map_err(failed)
    }
}

fn failed(e: impl Into<redb::Error>) -> io::Error {
    io::Error::other(e.into().to_string())
}
