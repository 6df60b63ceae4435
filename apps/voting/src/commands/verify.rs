//! `voting verify`: is a backup worth its name?

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::output::say;
use super::restore::{self, restore_file};
use crate::embedded::{Place, Reader};
use crate::settings::{Election, SetupError};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The backup
    file: PathBuf,
    /// Fail when fewer votes were restored
    #[arg(long, value_name = "VOTES", default_value_t = 0)]
    at_least: i64,
    /// Write the number of restored votes into a file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    election: Election,
}

pub(super) async fn run(options: &Options) -> Result<(), CommandError> {
    let scratch = tempfile::tempdir().map_err(|source| CommandError::File {
        path: std::env::temp_dir().display().to_string(),
        source,
    })?;
    let place = Place::new(scratch.path(), options.election.profile);
    let store = Store::Embedded(Reader::open(&place).map_err(SetupError::from)?);
    let restored = restore_file(&store, &options.file, options.election.profile).await?;
    let votes = restored.total();
    if let Some(report) = &options.report {
        write_report(report, votes)?;
    }
    if votes < options.at_least {
        return Err(CommandError::TooFewVotes {
            found: votes,
            wanted: options.at_least,
        });
    }
    say(&restore::summary(
        "verified",
        &options.file,
        &restored,
        options.election.profile,
    ));
    Ok(())
}

fn write_report(path: &Path, votes: i64) -> Result<(), CommandError> {
    use std::io::Write as _;
    File::create(path)
        .and_then(|mut file| writeln!(file, "{votes}"))
        .map_err(|source| CommandError::File {
            path: path.display().to_string(),
            source,
        })
}
