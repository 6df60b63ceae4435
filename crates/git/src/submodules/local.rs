//! Snapshots of the submodules that the user has checked out.

use std::path::Path;

use super::{Submodule, gitmodules};
use crate::directory::GitDirectory;
use crate::project::Repository;
use crate::snapshot::LeftOut;
use crate::{GitError, Project};

/// Takes a snapshot of each submodule that is checked out, into stores below `store`.
///
/// One that cannot be read is named among `left_out`: a job that does not want it can do without.
pub(crate) fn take(
    repository: &Repository,
    store: &Path,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Submodule>, GitError> {
    // A folder of a repository has submodules without the file that says what they are.
    if repository.is_part() || !gitmodules::is_there(&repository.top) {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for registered in gitmodules::read(repository.call(gitmodules::ARGUMENTS))? {
        let top = repository.top.join(&registered.path);
        if GitDirectory::of_work_tree(&top).is_none() {
            continue;
        }
        let store = store
            .join("modules")
            .join(registered.path.replace('%', "%25").replace('/', "%2F"));
        let taken =
            Project::open_with(repository.git.clone(), &top).and_then(|project| project.snapshot(&store));
        match taken {
            Ok(snapshot) => {
                all.extend(snapshot.submodules.into_iter().map(|nested| Submodule {
                    path: format!("{}/{}", registered.path, nested.path),
                    ..nested
                }));
                all.push(Submodule {
                    path: registered.path,
                    repository: snapshot.repository,
                    commit: snapshot.commit,
                    overlay_tree: snapshot.overlay_tree,
                });
            }
            Err(GitError::NotInstalled) => return Err(GitError::NotInstalled),
            Err(problem) => left_out.push(LeftOut::Submodule {
                path: registered.path,
                problem: problem.to_string(),
            }),
        }
    }
    Ok(all)
}
