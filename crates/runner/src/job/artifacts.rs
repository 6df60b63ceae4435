//! The stage that hands over what the job leaves behind.
//!
//! One upload each for the archive and for every kind of report. An upload that fails does not keep the others from
//! happening; the first failure is the job's, where nothing failed before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gantry_protocol::payload::Artifact;
use gantry_protocol::{ArtifactUpload, Coordinator, FailureReason};

use super::gate::{self, Weighed};
use super::{Job, applies};
use crate::archive::Stop;
use crate::archive::collect::{Note, Wanted, collect};
use crate::archive::gzip;
use crate::archive::pack::{Level, pack};
use crate::outcome::Halt;

/// File names of reports for which the payload gives none.
const REPORT_NAMES: [(&str, &str); 7] = [
    ("junit", "junit.xml"),
    ("dotenv", ".env"),
    ("cobertura", "cobertura-coverage.xml"),
    ("jacoco", "jacoco-coverage.xml"),
    ("metrics", "metrics.txt"),
    ("cyclonedx", "gl-sbom.cdx.json"),
    ("annotations", "gl-annotations.json"),
];

/// What Gantry keeps in the user's own folder, secrets included.
const OURS: [&str; 2] = [".gantry", ".gantry/**/*"];

/// How the files of an artifact become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Zip,
    Gzip,
    Raw,
}

impl Format {
    fn named(name: &str) -> Option<Format> {
        match name {
            "" | "zip" => Some(Format::Zip),
            "gzip" => Some(Format::Gzip),
            "raw" => Some(Format::Raw),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Format::Zip => "zip",
            Format::Gzip => "gzip",
            Format::Raw => "raw",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Format::Zip => ".zip",
            Format::Gzip => ".gz",
            Format::Raw => "",
        }
    }
}

impl<C: Coordinator> Job<'_, C> {
    /// Returns what a job that went so leaves behind.
    fn artifacts(&self, success: bool) -> impl Iterator<Item = &Artifact> {
        let artifacts = self.payload.artifacts.as_deref().unwrap_or_default();
        artifacts.iter().filter(move |artifact| {
            applies(artifact.when, success) && (artifact.untracked || !artifact.paths.is_empty())
        })
    }

    /// Returns what the artifacts that are to be handed over want of the work tree.
    pub(super) fn wanted_by_artifacts(&self, success: bool) -> Vec<Wanted> {
        let artifacts = self.artifacts(success);
        artifacts
            .map(|artifact| self.wanted_by_artifact(artifact))
            .collect()
    }

    fn wanted_by_artifact(&self, artifact: &Artifact) -> Wanted {
        let expand = |paths: &[String]| -> Vec<String> {
            paths.iter().map(|path| self.variables.expand(path)).collect()
        };
        Wanted {
            project_dir: self.places.project_dir.clone(),
            paths: expand(&artifact.paths),
            exclude: match self.settings.in_place {
                Some(_) => [expand(&artifact.exclude), OURS.map(str::to_owned).into()].concat(),
                None => expand(&artifact.exclude),
            },
            untracked: artifact.untracked,
        }
    }

    /// Hands over artifacts of the files below `root`.
    pub(super) async fn upload_artifacts(&self, success: bool, root: &Path) -> Result<(), Halt> {
        if self.artifacts(success).next().is_none() {
            return Ok(());
        }
        let (name, title) = match success {
            true => (
                "upload_artifacts_on_success",
                "Uploading artifacts for successful job",
            ),
            false => (
                "upload_artifacts_on_failure",
                "Uploading artifacts for failed job",
            ),
        };
        self.stage(name, title, |stop| async move {
            let mut result = Ok(());
            for artifact in self.artifacts(success) {
                match self.upload_artifact(artifact, root, &stop).await {
                    Err(Halt::Aborted) => return Err(Halt::Aborted),
                    uploaded => result = result.and(uploaded),
                }
            }
            result
        })
        .await
    }

    async fn upload_artifact(&self, artifact: &Artifact, root: &Path, stop: &Stop) -> Result<(), Halt> {
        self.trace.notice("Uploading artifacts...");
        let kind = match artifact.artifact_type.as_str() {
            "" => "archive",
            kind => kind,
        };
        let Some(format) = Format::named(&artifact.artifact_format) else {
            return Err(Halt::unsupported(format!(
                "artifact format `{}` is unknown",
                artifact.artifact_format
            )));
        };
        let packing = Packing {
            wanted: self.wanted_by_artifact(artifact),
            root: root.to_owned(),
            format,
            weighed: gate::is_weighed(artifact),
            level: Level::named(&self.variables.text("ARTIFACT_COMPRESSION_LEVEL")),
            to: self.slot.temporary_dir.join(format!("upload{}", format.suffix())),
            environment: self.settings.inherited_environment.clone(),
            stop: stop.clone(),
        };
        let (notes, packed) = self.blocking(move |_| packing.pack()).await?;
        self.tell(&notes);
        let Some(packed) = packed? else {
            self.trace.error("No files to upload");
            return match gate::is_weighed(artifact) {
                true => gate::without_report(kind, &self.variables),
                false => Ok(()),
            };
        };
        let name = self.variables.expand(&artifact.name);
        let upload = ArtifactUpload {
            file_name: file_name(&name, kind, format, packed.only_name.as_deref()),
            artifact_type: kind.to_owned(),
            artifact_format: format.name().to_owned(),
            expire_in: artifact.expire_in.clone(),
            path: packed.path.clone(),
        };
        let uploaded = self.coordinator.upload(&upload).await.map_err(Halt::from);
        // The coordinator may have moved it.
        let _ = fs::remove_file(&packed.path);
        let told = format!("Uploading artifacts as \"{kind}\" to coordinator...");
        match &uploaded {
            Ok(()) => self.trace.line(&format!("{told} ok")),
            Err(halt) => self.trace.error(&format!("{told} {}", halt.message())),
        }
        match &packed.weighed {
            Some(weighed) => uploaded.and_then(|()| self.pass_gate(kind, weighed)),
            None => uploaded,
        }
    }
}

/// Tells whether there is a regular file; one that is only linked to may lie anywhere.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Returns the name under which an artifact is handed over.
fn file_name(name: &str, kind: &str, format: Format, only_name: Option<&str>) -> String {
    let base = name
        .trim()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let base = match (name.trim(), base) {
        ("", _) => {
            let known = REPORT_NAMES
                .iter()
                .find(|(report, _)| *report == kind)
                .map(|(_, name)| *name);
            match (kind, known, only_name) {
                ("archive", ..) => "artifacts",
                (_, Some(known), _) => known,
                (_, None, Some(only)) => only,
                (kind, None, None) => kind,
            }
        }
        (_, "" | "." | "..") => "default",
        (_, base) => base,
    };
    format!("{base}{}", format.suffix())
}

/// One artifact on its way to a single file.
struct Packing {
    wanted: Wanted,
    root: PathBuf,
    format: Format,
    /// Whether the file is a security report.
    weighed: bool,
    level: Level,
    to: PathBuf,
    environment: Vec<(String, String)>,
    stop: Stop,
}

struct Packed {
    path: PathBuf,
    /// The base name of the file, where there is only one.
    only_name: Option<String>,
    weighed: Option<Weighed>,
}

impl Packing {
    /// Packs what is wanted; `None` where there is nothing.
    fn pack(&self) -> (Vec<Note>, Result<Option<Packed>, Halt>) {
        let root = &self.root;
        let collected = collect(root, &self.wanted, &self.environment, &self.stop);
        let (mut notes, paths) = (collected.notes, collected.paths);
        if paths.is_empty() {
            return (notes, Ok(None));
        }
        let mut files = paths.iter().filter(|path| is_file(&root.join(path)));
        let only = files.next().filter(|_| files.next().is_none()).cloned();
        let only_name = only
            .as_deref()
            .and_then(|path| path.rsplit('/').next())
            .map(str::to_owned);
        let failed = |error: String| Halt::system(format!("cannot pack the artifacts: {error}"));
        let written = match self.format {
            Format::Zip => File::create(&self.to)
                .map_err(|error| failed(error.to_string()))
                .and_then(|file| {
                    let skipped = pack(root, &paths, self.level, file, &self.stop);
                    let skipped = skipped.map_err(|error| failed(error.to_string()))?;
                    notes.extend(
                        skipped
                            .into_iter()
                            .map(|text| Note::Warning(format!("left out: {text}"))),
                    );
                    Ok(Some(self.to.clone()))
                }),
            Format::Gzip => File::create(&self.to)
                .and_then(|file| gzip::pack(root, &paths, file, &self.stop))
                .map(|count| (count > 0).then(|| self.to.clone()))
                .map_err(|error| failed(error.to_string())),
            Format::Raw => match &only {
                // A copy: the coordinator may move what it is given, and another artifact may want the file too.
                Some(path) => fs::copy(root.join(path), &self.to)
                    .map(|_| Some(self.to.clone()))
                    .map_err(|error| failed(error.to_string())),
                None => Err(Halt::Job {
                    reason: FailureReason::ScriptFailure,
                    message: format!("a raw artifact is exactly one file, not {}", paths.len()),
                }),
            },
        };
        (
            notes,
            written.map(|path| path.map(|path| self.packed(path, only_name))),
        )
    }

    fn packed(&self, path: PathBuf, only_name: Option<String>) -> Packed {
        Packed {
            // Before the coordinator may have it.
            weighed: self.weighed.then(|| gate::weigh(&path)),
            path,
            only_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_uploads() {
        for (name, kind, format, expected) in [
            ("", "archive", Format::Zip, "artifacts.zip"),
            ("build-main", "archive", Format::Zip, "build-main.zip"),
            ("feature/x", "archive", Format::Zip, "x.zip"),
            ("/", "archive", Format::Zip, "default.zip"),
            ("..", "archive", Format::Zip, "default.zip"),
            ("junit.xml", "junit", Format::Gzip, "junit.xml.gz"),
            ("", "junit", Format::Gzip, "junit.xml.gz"),
            ("", "dotenv", Format::Gzip, ".env.gz"),
            ("", "sast", Format::Raw, "report.json"),
        ] {
            assert_eq!(file_name(name, kind, format, Some("report.json")), expected);
        }
    }
}
