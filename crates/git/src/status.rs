//! What `git status --porcelain=v2` tells about a work tree, in one process.

use crate::GitError;
use crate::command::{Call, records};

/// The state of a work tree against its HEAD.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// `None` before the first commit.
    pub(crate) head: Option<String>,
    /// The short name of the current branch's upstream, if one is configured.
    pub(crate) upstream: Option<String>,
    /// Paths that differ from HEAD, relative to the top of the work tree.
    pub(crate) entries: Vec<Entry>,
    /// Untracked repositories inside the work tree; git does not look into them.
    pub(crate) nested_repositories: Vec<Vec<u8>>,
    /// Folders git had no permission to look into.
    pub(crate) unreadable_folders: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The index differs from HEAD, and the file is as the index says.
    Staged,
    /// The file is not what the index says.
    Written,
    /// The index has it, the work tree does not.
    Deleted,
    Untracked,
}

/// The arguments for the call that [`Status::read`] understands.
pub(crate) const ARGUMENTS: [&str; 9] = [
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    // Counting commits up to a distant upstream takes long, and nobody asks.
    "--no-ahead-behind",
    "--untracked-files=all",
    "--no-renames",
    // A submodule at another commit counts; what is uncommitted inside it does not.
    "--ignore-submodules=dirty",
    "--",
];

impl Status {
    pub(crate) fn read(call: Call) -> Result<Status, GitError> {
        let printed = call.run()?;
        let mut status = Status::default();
        for record in records(&printed.stdout) {
            status.take(record).ok_or_else(|| GitError::Unexpected {
                command: "status".into(),
                output: String::from_utf8_lossy(record).into_owned(),
            })?;
        }
        status.unreadable_folders = printed.stderr.lines().filter_map(unreadable_folder).collect();
        Ok(status)
    }

    fn take(&mut self, record: &[u8]) -> Option<()> {
        let (kind, rest) = (record.first()?, record.get(2..)?);
        match kind {
            b'#' => self.take_header(rest),
            // <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>
            b'1' => self.take_entry(rest, 7, |fields| match fields[0].get(1)? {
                b'.' => Some(Change::Staged),
                b'D' => Some(Change::Deleted),
                _ => Some(Change::Written),
            })?,
            // <XY> <sub> <m1> <m2> <m3> <mW> <h1> <h2> <h3> <path>, unmerged
            b'u' => self.take_entry(rest, 9, |fields| {
                Some(if fields[5] == b"000000" {
                    Change::Deleted
                } else {
                    Change::Written
                })
            })?,
            b'?' if rest.ends_with(b"/") => self.nested_repositories.push(rest.to_vec()),
            b'?' => self.entries.push(Entry {
                path: rest.to_vec(),
                change: Change::Untracked,
            }),
            _ => return None,
        }
        Some(())
    }

    fn take_header(&mut self, header: &[u8]) {
        let header = String::from_utf8_lossy(header);
        match header.split_once(' ') {
            Some(("branch.oid", "(initial)")) => self.head = None,
            Some(("branch.oid", sha)) => self.head = Some(sha.to_owned()),
            Some(("branch.upstream", name)) => self.upstream = Some(name.to_owned()),
            _ => {}
        }
    }

    fn take_entry(
        &mut self,
        record: &[u8],
        fields_before_path: usize,
        change: impl Fn(&[&[u8]]) -> Option<Change>,
    ) -> Option<()> {
        let fields: Vec<&[u8]> = record
            .splitn(fields_before_path + 1, |byte| *byte == b' ')
            .collect();
        let path = fields.get(fields_before_path)?.to_vec();
        self.entries.push(Entry {
            path,
            change: change(&fields)?,
        });
        Some(())
    }
}

/// Reads `warning: could not open directory 'data/': Permission denied`.
fn unreadable_folder(line: &str) -> Option<String> {
    let rest = line.strip_prefix("warning: could not open directory '")?;
    let (folder, _) = rest.rsplit_once("': ")?;
    Some(folder.to_owned())
}
