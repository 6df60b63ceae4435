//! What git knows about the current commit and the repository, asked at most once.
//!
//! Planning usually needs two processes: one for the commit at HEAD with its branch and tags, one for the
//! configuration. References are looked up only for the default branch, as files unless git keeps tables.

use std::collections::HashMap;

use crate::command::records;
use crate::project::Repository;
use crate::references::Files;
use crate::{GitError, Project};

/// What is checked out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `None` when HEAD is detached, and without a repository.
    pub branch: Option<String>,
    /// `None` before the first commit, and without a repository.
    pub commit: Option<Commit>,
}

/// Who works here, as git is told; empty where it is told nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub email: String,
}

/// One commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    pub sha: String,
    /// Names of the tags that point at it, in the order of their names.
    pub tags: Vec<String>,
    pub message: String,
    pub author_name: String,
    pub author_email: String,
    /// When it was committed, in ISO 8601: what `CI_COMMIT_TIMESTAMP` holds.
    pub timestamp: String,
}

impl Commit {
    /// The first line of the message.
    pub fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The message after its first line and the blank ones that follow it.
    pub fn description(&self) -> &str {
        self.message
            .split_once('\n')
            .map_or("", |(_, rest)| rest.trim_start_matches('\n'))
    }
}

impl Project {
    /// Asks for the commit at HEAD and for the configuration at the same time: whoever makes a plan needs both, and
    /// each takes git longer to start than to answer.
    pub fn look_around(&self) -> Result<(), GitError> {
        let Some(repository) = &self.repository else {
            return Ok(());
        };
        std::thread::scope(|scope| {
            let configuration = scope.spawn(|| repository.configuration().map(drop));
            repository.head()?;
            configuration.join().expect("BUG: asking git does not panic")
        })
    }

    /// Returns the branch and commit that are checked out.
    pub fn head(&self) -> Result<Head, GitError> {
        match &self.repository {
            Some(repository) => repository.head().cloned(),
            None => Ok(Head::default()),
        }
    }

    /// Returns the branch that others are measured against.
    ///
    /// What `origin/HEAD` points at; else the first existing branch of `init.defaultBranch`, `main` and
    /// `master`, here or at `origin`; else the current one.
    pub fn default_branch(&self) -> Result<Option<String>, GitError> {
        match &self.repository {
            Some(repository) => repository.default_branch(),
            None => Ok(None),
        }
    }

    /// Returns what an annotated tag says; a lightweight one says nothing.
    pub fn tag_message(&self, tag: &str) -> Result<Option<String>, GitError> {
        let Some(repository) = &self.repository else {
            return Ok(None);
        };
        let reference = format!("refs/tags/{tag}");
        let format = "--format=%(objecttype)%00%(refname)%00%(contents)";
        let printed = repository
            .call(["for-each-ref", format, &reference])
            .run()?
            .stdout;
        let printed = String::from_utf8_lossy(&printed);
        let mut fields = printed.splitn(3, '\0');
        let is_it = fields.next() == Some("tag") && fields.next() == Some(&reference);
        Ok(fields
            .next()
            .filter(|_| is_it)
            .map(|message| message.trim_end().to_owned()))
    }

    /// Returns the identity that git is set up with.
    pub fn user(&self) -> Result<User, GitError> {
        let Some(repository) = &self.repository else {
            return Ok(User::default());
        };
        let configuration = repository.configuration()?;
        let get = |key: &str| configuration.get(key).unwrap_or_default().to_owned();
        Ok(User {
            name: get("user.name"),
            email: get("user.email"),
        })
    }

    /// Returns the URL of `origin` without user name and password.
    pub fn remote_url(&self) -> Result<Option<String>, GitError> {
        let Some(repository) = &self.repository else {
            return Ok(None);
        };
        Ok(repository
            .configuration()?
            .get("remote.origin.url")
            .map(without_credentials))
    }

    /// Returns the upstream of the current branch, as `origin/main`, if it has one and it was fetched.
    pub fn upstream(&self) -> Result<Option<String>, GitError> {
        let Some(repository) = &self.repository else {
            return Ok(None);
        };
        let Some(branch) = &repository.head()?.branch else {
            return Ok(None);
        };
        if repository
            .configuration()?
            .get(&format!("branch.{branch}.merge"))
            .is_none()
        {
            return Ok(None);
        }
        // An upstream that is configured and was never fetched makes git fail, and is none to us.
        let asked = repository
            .call(["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"])
            .line();
        match asked {
            Ok(name) => Ok(Some(name)),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The repository's and the user's configuration, as git merges it.
#[derive(Debug)]
pub(crate) struct Configuration(HashMap<String, String>);

impl Configuration {
    /// The last value of a key; section and name in lower case, the part between as it was written.
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl Repository {
    pub(crate) fn head(&self) -> Result<&Head, GitError> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = self.read_head()?;
        Ok(self.head.get_or_init(|| head))
    }

    fn read_head(&self) -> Result<Head, GitError> {
        let call = self.call([
            "log",
            "--max-count=1",
            "--no-color",
            "--encoding=UTF-8",
            "--decorate=full",
            "--decorate-refs=HEAD",
            "--decorate-refs=refs/heads/",
            "--decorate-refs=refs/tags/",
            "--format=%H%x00%an%x00%ae%x00%cI%x00%D%x00%B%x00",
            "HEAD",
            "--",
        ]);
        let printed = match call.run() {
            Ok(printed) => printed.stdout,
            Err(error @ GitError::Failed { .. }) => return self.head_without_commit().map_err(|_| error),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&printed);
        let fields: Vec<&str> = text.split('\0').collect();
        let &[sha, author_name, author_email, timestamp, decorations, message, _] = fields.as_slice() else {
            return Err(GitError::Unexpected {
                command: "log".into(),
                output: text.into_owned(),
            });
        };
        let decorations = || decorations.split(", ");
        let mut tags: Vec<String> = decorations()
            .filter_map(|name| name.strip_prefix("tag: refs/tags/"))
            .map(str::to_owned)
            .collect();
        tags.sort();
        Ok(Head {
            branch: decorations()
                .find_map(|name| name.strip_prefix("HEAD -> refs/heads/"))
                .map(str::to_owned),
            commit: Some(Commit {
                sha: sha.to_owned(),
                tags,
                message: message.to_owned(),
                author_name: author_name.to_owned(),
                author_email: author_email.to_owned(),
                // Git before 2.45 writes `+00:00` where later ones write `Z`.
                timestamp: timestamp.replace("+00:00", "Z"),
            }),
        })
    }

    /// The branch a first commit would start.
    fn head_without_commit(&self) -> Result<Head, GitError> {
        let name = self.call(["symbolic-ref", "HEAD"]).line()?;
        let exists = self
            .call(["rev-parse", "--verify", "--quiet", &name])
            .answer()?
            .is_some();
        if exists {
            return Err(GitError::UnknownReference { reference: name });
        }
        Ok(Head {
            branch: name.strip_prefix("refs/heads/").map(str::to_owned),
            commit: None,
        })
    }

    fn configuration(&self) -> Result<&Configuration, GitError> {
        if let Some(configuration) = self.configuration.get() {
            return Ok(configuration);
        }
        let listed = self.call(["config", "--list", "-z"]).run()?.stdout;
        let listed = records(&listed).map(|record| {
            let record = String::from_utf8_lossy(record);
            let (key, value) = record.split_once('\n').unwrap_or((&record, "true"));
            (key.to_owned(), value.to_owned())
        });
        let configuration = Configuration(listed.collect());
        Ok(self.configuration.get_or_init(|| configuration))
    }

    pub(crate) fn default_branch(&self) -> Result<Option<String>, GitError> {
        if let Some(branch) = self.origin_head() {
            return Ok(Some(branch));
        }
        let configured = self.configuration()?.get("init.defaultbranch");
        let candidates: Vec<&str> = configured.into_iter().chain(["main", "master"]).collect();
        let found = match Files::of(&self.directory.common) {
            Some(files) => candidates.into_iter().find(|name| files.has_branch(name)),
            None => self.first_branch(&candidates)?,
        };
        match found {
            Some(name) => Ok(Some(name.to_owned())),
            None => Ok(self.head()?.branch.clone()),
        }
    }

    /// Asks git which of these branches is there.
    fn first_branch<'n>(&self, candidates: &[&'n str]) -> Result<Option<&'n str>, GitError> {
        let patterns = candidates.iter().flat_map(|name| {
            [
                format!("refs/heads/{name}"),
                format!("refs/remotes/origin/{name}"),
            ]
        });
        let arguments = ["for-each-ref", "--format=%(refname)"]
            .map(str::to_owned)
            .into_iter()
            .chain(patterns);
        let listed = self.call(arguments).run()?.stdout;
        let listed = String::from_utf8_lossy(&listed);
        let exists = |name: &&&str| {
            listed.lines().any(|reference| {
                let short = reference.strip_prefix("refs/heads/");
                short.or_else(|| reference.strip_prefix("refs/remotes/origin/")) == Some(**name)
            })
        };
        Ok(candidates.iter().find(exists).copied())
    }

    /// A symbolic reference is always a file of its own, never packed; with git's `reftable` there is none
    /// to read, and the default branch is found by its name.
    fn origin_head(&self) -> Option<String> {
        let content = std::fs::read_to_string(self.directory.common.join("refs/remotes/origin/HEAD")).ok()?;
        Some(
            content
                .trim_end()
                .strip_prefix("ref: refs/remotes/origin/")?
                .to_owned(),
        )
    }
}

/// Removes `user:password@` from a URL; `git@host:path` keeps its user, which is part of the address.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn credentials_leave_a_url_and_nothing_else_does() {
        let cases = [
            (
                "https://user:secret@example.org/a/b.git",
                "https://example.org/a/b.git",
            ),
            (
                "https://token@example.org:8443/a/b@c.git",
                "https://example.org:8443/a/b@c.git",
            ),
            ("https://a:p@ss@example.org", "https://example.org"),
            ("https://example.org/a/b", "https://example.org/a/b"),
            ("ssh://git@example.org/a/b.git", "ssh://example.org/a/b.git"),
            ("git@example.org:a/b.git", "git@example.org:a/b.git"),
            ("/srv/git/a.git", "/srv/git/a.git"),
        ];
        for (url, expected) in cases {
            assert_eq!(without_credentials(url), expected);
        }
    }
}
