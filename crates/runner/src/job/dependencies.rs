//! The stage that brings the artifacts of other jobs.

use gantry_protocol::payload::Dependency;
use gantry_protocol::{Coordinator, Downloaded, FailureReason};

use super::Job;
use crate::archive::Stop;
use crate::archive::extract::extract;
use crate::outcome::Halt;

impl<C: Coordinator> Job<'_, C> {
    fn dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.payload
            .dependencies
            .iter()
            .filter(|dependency| dependency.artifacts_file.is_some())
    }

    pub(super) async fn download_artifacts(&self) -> Result<(), Halt> {
        if self.dependencies().next().is_none() {
            return Ok(());
        }
        self.stage("download_artifacts", "Downloading artifacts", |stop| async move {
            for dependency in self.dependencies() {
                if self.settings.in_place.is_some() {
                    self.trace.line(&format!(
                        "Artifacts of {} ({}) are where the job has left them",
                        dependency.name, dependency.id
                    ));
                    continue;
                }
                let stop = &stop;
                self.attempt("ARTIFACT_DOWNLOAD_ATTEMPTS", |_| self.download(dependency, stop))
                    .await?;
            }
            Ok(())
        })
        .await
    }

    async fn download(&self, dependency: &Dependency, stop: &Stop) -> Result<(), Halt> {
        let Dependency { id, name, .. } = dependency;
        self.trace
            .notice(&format!("Downloading artifacts for {name} ({id})..."));
        let archive = self.slot.temporary_dir.join(format!("artifacts-{id}.zip"));
        if self.coordinator.download(*id, &archive).await? == Downloaded::Missing {
            self.trace
                .error("Downloading artifacts from coordinator... not found");
            return Err(Halt::Job {
                reason: FailureReason::MissingDependencyFailure,
                message: format!("the artifacts of `{name}` ({id}) are gone"),
            });
        }
        let (limits, stop) = (self.limits(), stop.clone());
        let extracted = self.blocking(move |slot| {
            let extracted = extract(&archive, &slot.project_dir, limits, &stop);
            // The folder is emptied after the job anyway; this only gives the room back earlier.
            let _ = std::fs::remove_file(&archive);
            extracted
        });
        let extracted = extracted.await?;
        extracted.map_err(|error| Halt::system(format!("the artifacts of `{name}` ({id}): {error}")))?;
        self.trace.line("Downloading artifacts from coordinator... ok");
        Ok(())
    }
}
