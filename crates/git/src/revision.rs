//! Files of a repository at any of its refs, without a checkout.

use crate::command::records;
use crate::{GitError, Project};

/// A commit whose files can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// Returns the commit's id.
    pub fn sha(&self) -> &str {
        &self.0
    }
}

impl Project {
    /// Returns the commit that a branch, a tag or an id means; a branch of the remote will do where there is no local
    /// one. `None` where there is no such ref.
    pub fn revision(&self, name: &str) -> Result<Option<Revision>, GitError> {
        let candidates = [
            format!("refs/heads/{name}"),
            format!("refs/tags/{name}"),
            format!("refs/remotes/origin/{name}"),
            name.to_owned(),
        ];
        for candidate in candidates {
            let call = self.git.call(
                &self.root,
                [
                    "rev-parse",
                    "--verify",
                    "--quiet",
                    "--end-of-options",
                    &format!("{candidate}^{{commit}}"),
                ],
            );
            if let Some(printed) = call.answer()? {
                return Ok(Some(Revision(
                    String::from_utf8_lossy(&printed).trim_end().to_owned(),
                )));
            }
        }
        Ok(None)
    }

    /// Returns the commit that git itself reads in a text such as `HEAD~2`; `None` where there is none.
    pub fn revision_as_written(&self, text: &str) -> Result<Option<Revision>, GitError> {
        let commit = format!("{text}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let printed = self.git.call(&self.root, arguments).answer()?;
        Ok(printed.map(|sha| Revision(String::from_utf8_lossy(&sha).trim_end().to_owned())))
    }

    /// Returns the paths of all files of a commit, from the project's folder.
    pub fn paths_at(&self, revision: &Revision) -> Result<Vec<String>, GitError> {
        let call = self
            .git
            .call(&self.root, ["ls-tree", "-r", "-z", "--name-only", revision.sha()]);
        let output = call.run()?;
        let paths = records(&output.stdout).map(|path| String::from_utf8_lossy(path).into_owned());
        Ok(paths.collect())
    }

    /// Returns the content of a file of a commit; `None` where there is no such file.
    pub fn file_at(&self, revision: &Revision, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let object = format!("{}:./{path}", revision.sha());
        let found = self.git.call(
            &self.root,
            ["rev-parse", "--verify", "--quiet", "--end-of-options", &object],
        );
        let Some(id) = found.answer()? else {
            return Ok(None);
        };
        let id = String::from_utf8_lossy(&id).trim_end().to_owned();
        let kind = self.git.call(&self.root, ["cat-file", "-t", &id]).line()?;
        if kind != "blob" {
            return Ok(None);
        }
        Ok(Some(
            self.git.call(&self.root, ["cat-file", "blob", &id]).run()?.stdout,
        ))
    }

    /// Returns the names of all tags.
    pub fn tags(&self) -> Result<Vec<String>, GitError> {
        let call = self.git.call(
            &self.root,
            ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags"],
        );
        let output = call.run()?;
        let names = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        Ok(names)
    }
}
