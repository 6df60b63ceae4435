//! The stages before anything of the job's own: its variables, the executor, the temporary files.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use gantry_protocol::Coordinator;
use gantry_protocol::payload::{JobPayload, Variable};

use super::Job;
use crate::outcome::Halt;
use crate::refuse;
use crate::shell::Shell;
use crate::slot::Slot;
use crate::variables::plain;

/// Returns all variables of a job in their order: the runner's, the payload's, and the runner's last words.
pub(crate) fn runner_variables(payload: &JobPayload, slot: &Slot, limit_secs: u64) -> Vec<Variable> {
    let path = |path: &Path| path.display().to_string();
    let mut list = vec![
        plain("CI_BUILDS_DIR", path(&slot.builds_root)),
        plain("CI_PROJECT_DIR", path(&slot.project_dir)),
        plain("CI_CONCURRENT_ID", slot.number.to_string()),
        plain("CI_CONCURRENT_PROJECT_ID", slot.number.to_string()),
        plain("CI_SERVER", "yes"),
        plain("CI_JOB_STATUS", "running"),
        plain("CI_JOB_TIMEOUT", limit_secs.to_string()),
    ];
    if let Some(image) = payload.image.as_ref().filter(|image| !image.name.is_empty()) {
        list.push(Variable {
            raw: false,
            ..plain("CI_JOB_IMAGE", image.name.as_str())
        });
    }
    list.extend(payload.variables.iter().cloned());
    list.extend([
        plain("CI_SHARED_ENVIRONMENT", "true"),
        plain("CI_RUNNER_VERSION", env!("CARGO_PKG_VERSION")),
        plain("CI_RUNNER_EXECUTABLE_ARCH", executable_arch()),
        plain("RUNNER_TEMP_PROJECT_DIR", path(&slot.temporary_dir)),
    ]);
    list
}

/// Returns this machine's kind in the words of `gitlab-runner`.
fn executable_arch() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("{os}/{arch}")
}

impl<C: Coordinator> Job<'_, C> {
    pub(super) async fn prepare(&self) -> Result<Shell, Halt> {
        self.trace
            .header(&format!("Running with gantry {}", env!("CARGO_PKG_VERSION")));
        self.trace.header(&format!("  on {}", self.settings.name));
        self.warn_of_variables();
        refuse::check(self.payload, &self.variables)?;
        let shell = self
            .stage(
                "prepare_executor",
                "Preparing the \"shell\" executor",
                |_| async {
                    self.trace.line("Using Shell (bash) executor...");
                    self.warn_of_containers();
                    Shell::find(self.settings).map_err(|error| Halt::system(error.to_string()))
                },
            )
            .await?;
        self.stage("prepare_script", "Preparing environment", |_| async {
            self.trace.line(&format!("Running on {}...", self.settings.name));
            let files = self.variables.files();
            let files: Vec<(PathBuf, String)> = files
                .into_iter()
                .map(|(path, content)| (path, content.to_owned()))
                .collect();
            let written = self.blocking(move |_| write_files(&files)).await?;
            written.map_err(|error| Halt::system(format!("cannot write a file variable: {error}")))
        })
        .await?;
        Ok(shell)
    }

    fn warn_of_variables(&self) {
        for name in self.variables.unusable_names() {
            self.trace.warning(&format!(
                "variable `{name}` has a name that no shell can export, left out"
            ));
        }
        for name in &self.unmaskable {
            self.trace
                .warning(&format!("variable `{name}` is too short to be masked"));
        }
    }

    fn warn_of_containers(&self) {
        if let Some(image) = self.payload.image.as_ref().filter(|image| !image.name.is_empty()) {
            self.trace.warning(&format!(
                "the shell executor has no images: `{}` is not used",
                image.name
            ));
        }
        for service in &self.payload.services {
            self.trace.warning(&format!(
                "the shell executor has no services: `{}` is not started",
                service.name
            ));
        }
    }
}

fn write_files(files: &[(PathBuf, String)]) -> io::Result<()> {
    for (path, content) in files {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content.as_bytes())?;
    }
    Ok(())
}
