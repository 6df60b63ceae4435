//! What the result of a job depends on, as digests that can be stored with its attempt and compared later.
//!
//! All of them are keyed with the store's own [`Key`], so that a copy of the database tells nothing about the values
//! of variables, secret or not. (HMAC over SHA-1, by RFC 2104: without the key nobody can make two texts meet.)
//! Ids, tokens and times, which are new for every attempt, are not covered.

use std::fmt::{self, Write};

use gantry_language::plan::{PlanHash, PlannedJob};
use gantry_language::variables::{Layers, Variable, for_job};
use gantry_store::Key;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::downstream::UPSTREAM_IDS;
use crate::facts::Checkout;
use crate::handover::Leftover;

/// Changes when what is covered does; a fingerprint of another version equals none.
const VERSION: u32 = 1;

/// The digests of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    version: u32,
    /// The job as it is planned, the keys of its caches, and the child that it starts.
    definition: String,
    /// The commit, what is laid over it, and the same of submodules.
    files: String,
    /// Every variable with its value and attributes, those of dotenv reports included.
    variables: String,
    /// Which jobs left an archive for it.
    needs: String,
}

/// The first thing that differs between two fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Definition,
    Files,
    Variables,
    Needs,
    /// Not of the fingerprint: where a job runs is told by the options of its run.
    Executor,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Definition => "its definition has changed",
            Change::Files => "the files have changed",
            Change::Variables => "its variables have changed",
            Change::Needs => "it gets the artifacts of other jobs",
            Change::Executor => "another executor ran it",
        })
    }
}

/// Everything that goes into a fingerprint.
pub(crate) struct Ingredients<'a> {
    pub(crate) job: &'a PlannedJob,
    pub(crate) cache_keys: &'a [String],
    /// What a trigger job starts, where that is known before anything runs.
    pub(crate) child: Option<&'a PlanHash>,
    pub(crate) checkout: &'a Checkout,
    pub(crate) layers: &'a Layers,
    pub(crate) dependencies: &'a [Leftover],
}

impl Ingredients<'_> {
    pub(crate) fn fingerprint(&self, key: &Key) -> Fingerprint {
        let archives = self.dependencies.iter().filter_map(|from| {
            let archive = from.archive.as_ref()?;
            Some([
                from.job.clone(),
                archive.file_name.clone(),
                archive.size_bytes.to_string(),
            ])
        });
        let Checkout {
            commit,
            overlay_tree,
            submodules,
            ..
        } = self.checkout;
        let submodules = submodules.iter().flat_map(|submodule| {
            let overlay = submodule.overlay_tree.clone().unwrap_or_default();
            [submodule.path.clone(), submodule.commit.clone(), overlay]
        });
        Fingerprint {
            version: VERSION,
            definition: digest(
                key,
                std::iter::once(self.job.definition())
                    .chain(self.cache_keys.iter().cloned())
                    .chain(self.child.map(ToString::to_string)),
            ),
            files: digest(
                key,
                std::iter::once(commit.clone())
                    .chain(overlay_tree.clone())
                    .chain(submodules),
            ),
            variables: digest(key, self.variables().into_iter().flat_map(described)),
            needs: digest(key, archives.flatten()),
        }
    }

    fn variables(&self) -> Vec<Variable> {
        let dotenv: Vec<Variable> = self
            .dependencies
            .iter()
            .flat_map(|from| &from.variables)
            .map(|variable| Variable::new(variable.key.as_str(), variable.value.as_str()))
            .collect();
        let mut variables = for_job(self.layers, self.job, &[], &dotenv);
        variables.retain(|variable| !UPSTREAM_IDS.contains(&variable.key.as_str()));
        variables
    }
}

impl Fingerprint {
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("BUG: a fingerprint cannot be written as JSON")
    }

    /// Reads a fingerprint that was stored; one of another version is none.
    pub(crate) fn read(text: &str) -> Option<Fingerprint> {
        let read: Fingerprint = serde_json::from_str(text).ok()?;
        (read.version == VERSION).then_some(read)
    }

    /// Returns what has changed since an earlier fingerprint.
    pub(crate) fn change_since(&self, earlier: &Fingerprint) -> Option<Change> {
        let differs = |of: fn(&Fingerprint) -> &String| of(self) != of(earlier);
        if differs(|print| &print.definition) {
            Some(Change::Definition)
        } else if differs(|print| &print.files) {
            Some(Change::Files)
        } else if differs(|print| &print.variables) {
            Some(Change::Variables)
        } else {
            differs(|print| &print.needs).then_some(Change::Needs)
        }
    }
}

fn described(variable: Variable) -> [String; 3] {
    let flags = format!("{}{}{}", variable.masked, variable.file, variable.raw);
    [variable.key, flags, variable.value]
}

/// Returns the keyed digest of a list of texts; no two lists are written alike.
fn digest(key: &Key, texts: impl IntoIterator<Item = String>) -> String {
    let mut inner = Sha1::new_with_prefix(pad(key, 0x36));
    for text in texts {
        inner.update(text.len().to_be_bytes());
        inner.update(text);
    }
    let outer = Sha1::new_with_prefix(pad(key, 0x5c)).chain_update(inner.finalize());
    outer.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The key as a block of the hash, laid over a constant.
fn pad(key: &Key, constant: u8) -> [u8; 64] {
    let mut block = [constant; 64];
    for (byte, key) in block.iter_mut().zip(key.bytes()) {
        *byte ^= key;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new([byte; 32])
    }

    fn of(texts: &[&str]) -> String {
        digest(&key(1), texts.iter().map(ToString::to_string))
    }

    #[test]
    fn lists_that_join_to_the_same_text_differ() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["abc"]), of(&["abc", ""]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
    }

    #[test]
    fn another_key_gives_another_digest() {
        let secret = || vec!["correct horse".to_owned()];
        assert_ne!(digest(&key(1), secret()), digest(&key(2), secret()));
    }

    #[test]
    fn the_digest_is_that_of_rfc_2104() {
        // printf '\0\0\0\0\0\0\0\2hi' | openssl dgst -sha1 -mac HMAC -macopt hexkey:0101…01
        assert_eq!(of(&["hi"]), "9cd027b1d1d826d8b94c290ae82ab6bffe469889");
    }

    #[test]
    fn a_fingerprint_is_read_back_unless_another_version_wrote_it() {
        let print = Fingerprint {
            version: VERSION,
            definition: "a".to_owned(),
            files: "b".to_owned(),
            variables: "c".to_owned(),
            needs: "d".to_owned(),
        };
        assert_eq!(Fingerprint::read(&print.to_text()), Some(print.clone()));
        let newer = Fingerprint { version: 99, ..print };
        assert_eq!(Fingerprint::read(&newer.to_text()), None);
        assert_eq!(Fingerprint::read("nonsense"), None);
    }
}
