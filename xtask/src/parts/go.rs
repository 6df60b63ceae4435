//! Programs that Debian does not have and that are written in Go: built here, and kept for all clones of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::program;

pub(super) struct GoProgram {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    module: &'static str,
    version: &'static str,
    package: &'static str,
    linker_flags: &'static str,
}

pub(super) const PROGRAMS: &[GoProgram] = &[
    GoProgram {
        name: "docker-compose",
        purpose: "brings up what is deployed",
        module: "github.com/docker/compose/v2",
        version: "v2.40.3",
        package: "github.com/docker/compose/v2/cmd",
        linker_flags: "-s -w -X github.com/docker/compose/v2/internal.Version=v2.40.3",
    },
    GoProgram {
        name: "versitygw",
        purpose: "the object storage of the backups",
        module: "github.com/versity/versitygw",
        version: "v1.8.0",
        package: "github.com/versity/versitygw/cmd/versitygw",
        linker_flags: "-s -w",
    },
    GoProgram {
        name: "mc",
        purpose: "the client of the object storage",
        module: "github.com/minio/mc",
        version: "v0.0.0-20250313080218-cf909e1063a9",
        package: "github.com/minio/mc",
        linker_flags: "-s -w",
    },
];

/// Returns where a program lies once it is built.
pub(super) fn place(folder: &Path, name: &str) -> PathBuf {
    folder.join("bin").join(name)
}

/// Builds what is not there, one program after the other: each takes all cores.
pub(super) fn make(folder: &Path) -> Result<()> {
    let is_missing = |program: &&GoProgram| !place(folder, program.name).is_file();
    for program in PROGRAMS.iter().filter(is_missing) {
        println!(
            "building {} {}, which takes minutes",
            program.name, program.version
        );
        let start = Instant::now();
        program
            .build(folder)
            .with_context(|| format!("cannot build {}", program.name))?;
        println!("built {} in {:.0} s", program.name, start.elapsed().as_secs_f64());
    }
    Ok(())
}

impl GoProgram {
    /// Builds in a module that takes the program's own `go.mod` along: `go install` refuses a module with replaced
    /// modules, and without the program's sums it would ask for each.
    fn build(&self, folder: &Path) -> Result<()> {
        let go = program::find("go").context("there is no `go`; https://go.dev/dl has it")?;
        let wrapper = tempfile::tempdir()?;
        let source = self.source(&go)?;
        let modules = fs::read_to_string(source.join("go.mod"))?;
        fs::write(wrapper.path().join("go.mod"), without_local_folders(&modules))?;
        fs::write(wrapper.path().join("go.sum"), fs::read(source.join("go.sum"))?)?;
        program::run(
            Command::new(&go)
                .current_dir(wrapper.path())
                .args(["mod", "edit", "-module=parts.test/part"])
                .arg(format!("-require={}@{}", self.module, self.version)),
        )?;
        let place = place(folder, self.name);
        let part = place.with_extension("part");
        fs::create_dir_all(folder.join("bin"))?;
        program::run(
            Command::new(&go)
                .current_dir(wrapper.path())
                .env("CGO_ENABLED", "0")
                .env("GOFLAGS", "-mod=mod -trimpath -buildvcs=false")
                .args(["build", "-ldflags", self.linker_flags, "-o"])
                .arg(&part)
                .arg(self.package),
        )?;
        fs::rename(&part, &place).with_context(|| format!("cannot write {}", place.display()))
    }

    fn source(&self, go: &Path) -> Result<PathBuf> {
        let downloaded = program::output(
            Command::new(go)
                .args(["mod", "download", "-json"])
                .arg(format!("{}@{}", self.module, self.version)),
        )?;
        let downloaded: serde_json::Value = serde_json::from_str(&downloaded)?;
        let folder = downloaded["Dir"]
            .as_str()
            .context("go does not say where the module is")?;
        Ok(folder.into())
    }
}

/// Folders of the module's own repository are not there; what is published under their names is.
fn without_local_folders(modules: &str) -> String {
    let kept = modules.lines().filter(|line| !line.contains("=> ./"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_modules_in_folders_lose_their_replacement() {
        let modules = "module a\n\nreplace (\n\tb => ./b\n\tc => d v1.0.0\n)\n";
        assert_eq!(
            without_local_folders(modules),
            "module a\n\nreplace (\n\tc => d v1.0.0\n)\n"
        );
    }
}
