//! The store's own secret, with which digests of the user's secrets are made.
//!
//! A plain digest of a short secret can be guessed by whoever reads the database. With a key that lies beside it, in
//! a file that only its owner may read, a copy of the database alone gives nothing away. Where the key is lost
//! nothing else is: what was digested with it no longer compares equal, that is all.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::StoreError;
use crate::lock;
use crate::open::{Reader, Store};

/// 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Makes a key of known bytes.
    pub fn new(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Shows nothing of it.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Reader {
    /// Returns the store's key, if it has one. What is no key counts as none.
    pub fn key(&self) -> Result<Option<Key>, StoreError> {
        let path = self.folder().key();
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes.try_into().ok().map(Key)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io(&path, source)),
        }
    }
}

impl Store {
    /// Returns the store's key, which is made where there is none.
    pub fn make_key(&self) -> Result<Key, StoreError> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        lock::exclusively(&self.folder().path().join("opening"), || {
            if let Some(key) = self.key()? {
                return Ok(key);
            }
            let path = self.folder().key();
            create(&path).map_err(|source| StoreError::io(&path, source))
        })
    }
}

fn create(path: &Path) -> io::Result<Key> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let partial = path.with_extension("partial");
    let mut file = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    Ok(Key(bytes))
}
