//! `voting restore`.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::output::say;
use crate::archive;
use crate::domain::{Profile, Tally};
use crate::settings::{Backends, Election};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    election: Election,
    #[command(flatten)]
    backends: Backends,
}

pub(super) async fn run(options: &Options) -> Result<(), CommandError> {
    let profile = options.election.profile;
    let store = options.backends.store(profile)?;
    let tally = restore_file(&store, &options.file, profile).await?;
    say(&summary("restored", &options.file, &tally, profile));
    Ok(())
}

/// Restores a backup, and fails unless the store then holds what was counted when the backup was made.
pub(super) async fn restore_file(
    store: &Store,
    file: &Path,
    profile: &'static Profile,
) -> Result<Tally, CommandError> {
    let input = File::open(file).map_err(|source| CommandError::File {
        path: file.display().to_string(),
        source,
    })?;
    let unreadable = |source| CommandError::Archive {
        path: file.display().to_string(),
        source,
    };
    let (header, mut records) = archive::Reader::begin(input).map_err(unreadable)?;
    header.check_profile(profile).map_err(unreadable)?;
    Ok(store.restore(&header, &mut records).await?)
}

pub(super) fn summary(what: &str, file: &Path, tally: &Tally, profile: &Profile) -> String {
    let counts: Vec<String> = tally
        .listed(profile)
        .map(|(key, count)| format!("{key} {count}"))
        .collect();
    format!(
        "{what} {}: {} votes ({})",
        file.display(),
        tally.total(),
        counts.join(", ")
    )
}
