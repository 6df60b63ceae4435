//! `voting seed`: the two files that the load test posts.

use std::path::PathBuf;

use clap::Args;

use super::CommandError;
use super::output::say;
use crate::domain::Profile;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the files `posta` and `postb` are written
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Whose options the files vote for
    #[arg(long, env = "VOTING_PROFILE", default_value = "cats-dogs")]
    profile: &'static Profile,
}

pub(super) fn run(options: &Options) -> Result<(), CommandError> {
    for (name, key) in ["posta", "postb"].into_iter().zip(options.profile.keys) {
        let path = options.directory.join(name);
        std::fs::write(&path, format!("vote={key}")).map_err(|source| CommandError::File {
            path: path.display().to_string(),
            source,
        })?;
        say(&format!("wrote {}", path.display()));
    }
    Ok(())
}
