//! The stages before anything of the job's own: its variables, the executor, the temporary files.

use std::path::Path;

use gantry_protocol::Coordinator;
use gantry_protocol::payload::{JobPayload, Variable};

use super::Job;
use crate::executor::{Environment, Kind, Places};
use crate::outcome::Halt;
use crate::refuse;
use crate::variables::plain;

/// Returns all variables of a job in their order: the runner's, the payload's, and the runner's last words.
pub(crate) fn runner_variables(
    payload: &JobPayload,
    slot_number: usize,
    kind: Kind,
    places: &Places,
    limit_secs: u64,
) -> Vec<Variable> {
    let mut list = first_words(payload, slot_number, places, limit_secs);
    list.extend(payload.variables.iter().cloned());
    list.extend(last_words(kind, places));
    list
}

/// Returns the variables that the payload may replace.
fn first_words(payload: &JobPayload, slot_number: usize, places: &Places, limit_secs: u64) -> Vec<Variable> {
    let mut list = vec![
        plain("CI_BUILDS_DIR", path(&places.builds_root)),
        plain("CI_PROJECT_DIR", path(&places.project_dir)),
        plain("CI_CONCURRENT_ID", slot_number.to_string()),
        plain("CI_CONCURRENT_PROJECT_ID", slot_number.to_string()),
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
    list
}

/// Returns those that nothing replaces.
pub(crate) fn last_words(kind: Kind, places: &Places) -> [Variable; 4] {
    let sharing = match kind {
        Kind::Shell => "CI_SHARED_ENVIRONMENT",
        #[cfg(feature = "docker")]
        Kind::Docker => "CI_DISPOSABLE_ENVIRONMENT",
    };
    [
        plain(sharing, "true"),
        plain("CI_RUNNER_VERSION", env!("CARGO_PKG_VERSION")),
        plain("CI_RUNNER_EXECUTABLE_ARCH", executable_arch()),
        plain("RUNNER_TEMP_PROJECT_DIR", path(&places.temporary_dir)),
    ]
}

fn path(path: &Path) -> String {
    path.display().to_string()
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
    pub(super) async fn prepare<E: Environment>(&self, environment: &mut E) -> Result<(), Halt> {
        self.trace
            .header(&format!("Running with gantry {}", env!("CARGO_PKG_VERSION")));
        self.trace.header(&format!("  on {}", self.settings.name));
        self.warn_of_variables();
        refuse::check(self.payload, &self.variables)?;
        self.check_gate()?;
        let title = format!("Preparing the \"{}\" executor", E::NAME);
        self.stage("prepare_executor", &title, |stop| async {
            let stop = stop;
            environment.prepare(&self.variables, &stop).await
        })
        .await?;
        self.stage("prepare_script", "Preparing environment", |_| async {
            self.trace.line(&format!("Running on {}...", self.settings.name));
            let files = self.variables.files().into_iter();
            let files = files.map(|(path, content)| (path, content.to_owned()));
            environment.write_files(files.collect()).await
        })
        .await
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
}
