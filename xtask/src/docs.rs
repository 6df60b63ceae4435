//! `cargo xtask docs`: the pages of `docs/` that are generated, today one: which test shows which requirement.

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::requirements;

pub(crate) const USAGE: &str = "[--check]

  --check   write nothing; fail when a page differs, a test names an unknown requirement, or a requirement
            that was shown is shown no longer";

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let only_check = arguments.flag("--check");
    arguments.finish()?;
    if only_check { check() } else { write() }
}

pub(crate) fn check() -> Result<()> {
    for file in requirements::generate()? {
        let found = std::fs::read_to_string(&file.path).unwrap_or_default();
        if found != file.content {
            bail!(
                "{} is out of date; `cargo xtask docs` writes it",
                file.path.display()
            );
        }
    }
    Ok(())
}

fn write() -> Result<()> {
    for file in requirements::generate()? {
        std::fs::write(&file.path, file.content)?;
        println!("wrote {}", file.path.display());
    }
    Ok(())
}
