//! The objects behind a project's files: what cache keys that follow files are made of.

use crate::command::records;
use crate::{GitError, Project, Snapshot};

/// A file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Relative to the project's root.
    pub path: String,
    pub id: String,
}

/// A record is `<mode> blob <id>\t<path>`; submodules are commits, and are no files.
fn blob(record: &[u8]) -> Option<Blob> {
    let record = String::from_utf8_lossy(record);
    let (facts, path) = record.split_once('\t')?;
    let id = facts.split(' ').skip_while(|fact| *fact != "blob").nth(1)?;
    Some(Blob {
        path: path.to_owned(),
        id: id.to_owned(),
    })
}

impl Project {
    /// Returns all files of a snapshot with the ids of their contents, by path.
    pub fn blobs(&self, snapshot: &Snapshot) -> Result<Vec<Blob>, GitError> {
        let tree = snapshot.overlay_tree.as_deref().unwrap_or(&snapshot.commit);
        let call = self
            .git
            .call(&snapshot.repository, ["ls-tree", "-r", "-z", "--full-tree", tree]);
        Ok(records(&call.run()?.stdout).filter_map(blob).collect())
    }

    /// Returns the content of a file of a snapshot; `None` where it has no such file.
    pub fn content(&self, snapshot: &Snapshot, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let found = self.blobs(snapshot)?.into_iter().find(|blob| blob.path == path);
        let Some(Blob { id, .. }) = found else {
            return Ok(None);
        };
        let call = self.git.call(&snapshot.repository, ["cat-file", "blob", &id]);
        Ok(Some(call.run()?.stdout))
    }

    /// Returns the last commit of HEAD's history that touched a path; `None` where none did.
    pub fn last_commit_of(&self, path: &str) -> Result<Option<String>, GitError> {
        if self.head()?.commit.is_none() {
            return Ok(None);
        }
        let call = self
            .git
            .call(&self.root, ["log", "-1", "--format=%H", "HEAD", "--", path]);
        let shown = String::from_utf8_lossy(&call.run()?.stdout).trim_end().to_owned();
        Ok(Some(shown).filter(|sha| !sha.is_empty()))
    }
}
