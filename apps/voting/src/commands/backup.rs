//! `voting backup`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::output::say;
use crate::settings::{Backends, Election};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The file to write, gzipped; it is there only when it is whole
    file: PathBuf,
    #[command(flatten)]
    election: Election,
    #[command(flatten)]
    backends: Backends,
}

pub(super) async fn run(options: &Options) -> Result<(), CommandError> {
    let store = options.backends.store(options.election.profile)?;
    let failed = |source| CommandError::File {
        path: options.file.display().to_string(),
        source,
    };
    let folder = match options.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut output = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let header = store.dump(BufWriter::new(&mut output)).await?;
    persist(output, &options.file).map_err(failed)?;
    say(&format!(
        "wrote {}: {} votes, {} waiting",
        options.file.display(),
        header.tally().total(),
        header.waiting
    ));
    Ok(())
}

/// Renames the file when the disk has it.
fn persist(output: tempfile::NamedTempFile, file: &Path) -> Result<File, std::io::Error> {
    output.as_file().sync_all()?;
    Ok(output.persist(file)?)
}
