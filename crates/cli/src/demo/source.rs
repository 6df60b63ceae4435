//! Where the application comes from.

use std::path::{Path, PathBuf};

use super::arguments::DemoArgs;
use crate::error::CommandError;

/// A checkout of gantry, which is where `apps/voting` lies, or a program that is built already.
#[derive(Debug)]
pub(super) struct Source {
    /// `None` where there is only a program.
    pub(super) checkout: Option<PathBuf>,
    pub(super) program: Option<PathBuf>,
}

/// Where this gantry was compiled.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

impl Source {
    pub(super) fn find(args: &DemoArgs) -> Result<Source, CommandError> {
        let program = args.voting.as_deref().map(program).transpose()?;
        let named = args.source.as_deref();
        let checkout = checkout(named.unwrap_or(Path::new(BUILT_FROM)));
        match (&checkout, &program, named) {
            (None, _, Some(named)) => Err(CommandError::usage(format!(
                "`{}` is no checkout of gantry: it has no `apps/voting`",
                named.display()
            ))),
            (None, None, None) => Err(CommandError::usage(
                "the sources that this gantry was built from are gone, and with them the application",
            )
            .hint("name a checkout of gantry with --source")
            .hint("name a `voting` that is built already with --voting")),
            (Some(_), None, _) => find_cargo().map(|()| Source { checkout, program }),
            (_, Some(_), _) => Ok(Source { checkout, program }),
        }
    }

    /// Where compiled files are shared with those of gantry itself.
    pub(super) fn target(&self) -> Option<PathBuf> {
        let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let own = self.checkout.as_ref().map(|checkout| checkout.join("target"));
        named.and_then(|named| std::path::absolute(named).ok()).or(own)
    }
}

fn checkout(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let is_one = ["apps/voting/Cargo.toml", "Cargo.toml", "Cargo.lock"]
        .iter()
        .all(|file| folder.join(file).is_file());
    is_one.then_some(folder)
}

fn program(path: &Path) -> Result<PathBuf, CommandError> {
    let found = path.canonicalize().ok().filter(|path| path.is_file());
    found.ok_or_else(|| CommandError::usage(format!("there is no program `{}`", path.display())))
}

fn find_cargo() -> Result<(), CommandError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("cargo").is_file()) {
        return Ok(());
    }
    Err(CommandError::world("cargo was not found in PATH")
        .hint("install Rust; it is what compiles the application")
        .hint("or name a `voting` that is built already with --voting"))
}
