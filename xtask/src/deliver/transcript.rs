//! The page of a delivery, as `docs/` has it.

use std::path::Path;

use anyhow::{Context, Result};

use super::journal::Journal;
use crate::marked;

/// Writes the steps and the table into their places in the page.
pub(super) fn write(page: &Path, journal: &Journal, table: &str) -> Result<()> {
    let steps = format!("```text\n{}{}\n```", journal.lines(), journal.total());
    marked::write(page, "steps", &steps)?;
    marked::write(page, "requirements", &format!("```text\n{table}```"))
        .with_context(|| format!("cannot write the transcript {}", page.display()))
}
