//! Where tokens are kept between two runs of a program.

use dummyload_session::Secret;
use serde_json::{Map, Value};
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a login has brought, and all that is needed to go on without another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The client that it was given to.
    pub client_id: String,
    /// Opens the socket and the HTTP calls, for some hours.
    pub access_token: Secret<String>,
    /// When the access token ends, in seconds since 1970 by this machine's clock; `None` if that is not known.
    pub expires_at: Option<u64>,
    /// Brings the next access token.
    pub refresh_token: Option<Secret<String>>,
    /// The authorization code, which brings the next access token too (dossier 4.5).
    pub code: Option<Secret<String>>,
}

impl Grant {
    /// An access token alone, which nothing can replace when it ends.
    pub fn new(client_id: impl Into<String>, access_token: impl Into<String>) -> Self {
        let access_token = Secret::new(access_token.into());
        Self { client_id: client_id.into(), access_token, expires_at: None, refresh_token: None, code: None }
    }

    /// As JSON, secrets and all.
    pub fn to_json(&self) -> Secret<String> {
        let mut members = Map::new();
        members.insert("client_id".to_owned(), self.client_id.as_str().into());
        members.insert("access_token".to_owned(), self.access_token.expose().as_str().into());
        if let Some(at) = self.expires_at {
            members.insert("expires_at".to_owned(), at.into());
        }
        for (name, secret) in [("refresh_token", &self.refresh_token), ("code", &self.code)] {
            if let Some(secret) = secret {
                members.insert(name.to_owned(), secret.expose().as_str().into());
            }
        }
        Secret::new(Value::Object(members).to_string())
    }

    /// Reads what [`Grant::to_json`] wrote.
    ///
    /// # Errors
    /// It is something else. The error holds nothing of the text.
    pub fn from_json(json: &str) -> Result<Self, StoreError> {
        let value: Value = serde_json::from_str(json).map_err(|_| StoreError::new("it is no JSON"))?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let wanted = |name: &str| text(name).ok_or_else(|| StoreError::new(format!("the member {name} is missing")));
        Ok(Self {
            client_id: wanted("client_id")?,
            access_token: wanted("access_token")?.into(),
            expires_at: value["expires_at"].as_u64(),
            refresh_token: text("refresh_token").map(Secret::new),
            code: text("code").map(Secret::new),
        })
    }
}

/// Tokens could not be read or kept. Holds nothing of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(String);

impl StoreError {
    /// For this reason.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tokens cannot be read or kept: {}", self.0)
    }
}

impl std::error::Error for StoreError {}

/// Keeps tokens. Called off the async threads, so it may wait for a disk or a database.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// What was kept last; `None` if nothing was.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&self) -> Result<Option<Grant>, StoreError>;

    /// Keeps this instead of what was kept before.
    ///
    /// # Errors
    /// It cannot be kept; what was kept before should still be there then.
    fn save(&self, grant: &Grant) -> Result<(), StoreError>;
}

/// Keeps tokens as long as the program runs.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Option<Grant>>);

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> Result<Option<Grant>, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn save(&self, grant: &Grant) -> Result<(), StoreError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(grant.clone());
        Ok(())
    }
}

/// Keeps tokens in a file that only its owner can read (mode 0600, on systems that have modes). A file is replaced as a
/// whole, so that a crash leaves the old one or the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// A file, which need not be there yet; its folder must.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn error(&self, why: impl fmt::Display) -> StoreError {
        StoreError::new(format!("{}: {why}", self.0.display()))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        // Beside it, since only within one file system a file can be replaced at once.
        let mut name = self.0.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.0.with_file_name(name);
        // One that a crash has left may have another mode.
        match std::fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.0)
    }
}

impl TokenStore for FileStore {
    fn load(&self) -> Result<Option<Grant>, StoreError> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Grant::from_json(&text).map(Some).map_err(|StoreError(why)| self.error(why)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.error(e)),
        }
    }

    fn save(&self, grant: &Grant) -> Result<(), StoreError> {
        self.replace(grant.to_json().expose()).map_err(|e| self.error(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        let mut grant = Grant::new("shelly-diy", "secret-access");
        grant.expires_at = Some(7);
        grant.refresh_token = Some("secret-refresh".to_owned().into());
        grant
    }

    #[test]
    fn grants_come_back_and_show_nothing() {
        let grant = grant();
        assert_eq!(Grant::from_json(grant.to_json().expose()), Ok(grant.clone()));
        assert!(!format!("{grant:?}").contains("secret-"));
        for json in ["", "secret-", "[]", r#"{"client_id":"x","access_token":7,"refresh_token":"secret-"}"#] {
            let error = Grant::from_json(json).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret-"));
        }
    }

    /// A folder that is gone with this value.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("shelly-client-{}-{name}", std::process::id()));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_its_owners_alone_and_replaced_as_a_whole() {
        let folder = Folder::new("file");
        let store = FileStore::new(folder.0.join("tokens.json"));
        assert_eq!(store.load(), Ok(None));
        store.save(&grant()).unwrap();
        assert_eq!(store.load(), Ok(Some(grant())));
        // What a crash has left, readable by all.
        std::fs::write(folder.0.join("tokens.json.new"), "half of a").unwrap();
        let other = Grant::new("other", "token");
        store.save(&other).unwrap();
        assert_eq!(store.load(), Ok(Some(other)));
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(store.path()).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(store.path(), "{\"access_token\":\"secret-\"").unwrap();
        let error = store.load().unwrap_err().to_string();
        assert!(error.contains("tokens.json: it is no JSON") && !error.contains("secret-"), "{error}");
        let nowhere = FileStore::new(folder.0.join("missing").join("tokens.json"));
        assert!(nowhere.save(&grant()).is_err());
        assert_eq!(nowhere.load(), Ok(None));
    }
}
