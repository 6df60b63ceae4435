//! The payload of a job: the plan's words in the runner protocol's.

use std::path::Path;

use gantry_language::event::Ref;
use gantry_language::plan;
use gantry_language::plan::{Artifacts, Build, KeepWhen, Work};
use gantry_protocol::FailureReason;
use gantry_protocol::payload::{
    Artifact, ArtifactsFile, Cache, Dependency, DockerOptions, ExecutorOptions, Features, GantryInfo,
    GitInfo, Hook, Image, JobInfo, JobPayload, LocalSubmodule, RunnerInfo, Step, Variable, When,
};

use crate::cache_key::suffixed;
use crate::facts::Submodule;
use crate::handover::{Handover, Leftover};
use crate::persisted;

/// How long a job may take that says nothing about it.
const DEFAULT_TIMEOUT_SECS: u64 = 3600;

/// What GitLab keeps artifacts for that say nothing about it.
const DEFAULT_EXPIRY: &str = "30 days";

/// Format and file name of each report, which the configuration cannot choose.
const REPORTS: &[(&str, &str, &str)] = &[
    ("accessibility", "raw", "gl-accessibility.json"),
    ("annotations", "gzip", "gl-annotations.json"),
    ("api_fuzzing", "raw", "gl-api-fuzzing-report.json"),
    ("browser_performance", "raw", "browser-performance.json"),
    (
        "cluster_image_scanning",
        "raw",
        "gl-cluster-image-scanning-report.json",
    ),
    ("cobertura", "gzip", "cobertura-coverage.xml"),
    ("codequality", "raw", "gl-code-quality-report.json"),
    ("container_scanning", "raw", "gl-container-scanning-report.json"),
    ("coverage_fuzzing", "raw", "gl-coverage-fuzzing.json"),
    ("cyclonedx", "gzip", "gl-sbom.cdx.json"),
    ("dast", "raw", "gl-dast-report.json"),
    ("dependency_scanning", "raw", "gl-dependency-scanning-report.json"),
    ("dotenv", "gzip", ".env"),
    ("jacoco", "gzip", "jacoco-coverage.xml"),
    ("junit", "gzip", "junit.xml"),
    ("license_scanning", "raw", "gl-license-scanning-report.json"),
    ("load_performance", "raw", "load-performance.json"),
    ("lsif", "zip", "lsif.json"),
    ("metrics", "gzip", "metrics.txt"),
    ("performance", "raw", "performance.json"),
    ("repository_xray", "gzip", "gl-repository-xray.json"),
    ("requirements", "raw", "requirements.json"),
    ("requirements_v2", "raw", "requirements_v2.json"),
    ("sarif", "raw", "gl-sarif-report.sarif"),
    ("sast", "raw", "gl-sast-report.json"),
    ("secret_detection", "raw", "gl-secret-detection-report.json"),
    ("terraform", "raw", "tfplan.json"),
];

/// What the engine can tell apart, so that the runner need not fold it into something more general.
const FAILURE_REASONS: &[FailureReason] = &[
    FailureReason::UnknownFailure,
    FailureReason::ScriptFailure,
    FailureReason::RunnerSystemFailure,
    FailureReason::JobExecutionTimeout,
    FailureReason::ImagePullFailure,
    FailureReason::RunnerExternalDependencyFailure,
    FailureReason::RunnerConfigurationError,
    FailureReason::RunnerInterrupted,
    FailureReason::RunnerUnsupported,
    FailureReason::MissingDependencyFailure,
    FailureReason::JobCanceled,
];

impl Handover<'_> {
    /// Returns what the runner gets.
    ///
    /// # Panics
    ///
    /// A job that triggers a pipeline has nothing for a runner.
    pub fn payload(&self) -> JobPayload {
        let Work::Build(build) = &self.job.work else {
            panic!("BUG: trigger job `{}` was handed to a runner", self.job.name);
        };
        let build = &build.with_default_inputs();
        let timeout = seconds(self.job.timeout_secs.unwrap_or(DEFAULT_TIMEOUT_SECS));
        JobPayload {
            id: self.attempt.0,
            token: self.token.to_owned(),
            allow_git_fetch: true,
            job_info: self.job_info(),
            git_info: self.git_info(),
            runner_info: RunnerInfo { timeout },
            variables: persisted::variables(self).into_iter().map(variable).collect(),
            steps: steps(build, timeout),
            image: build.image.as_ref().map(image),
            services: build.services.iter().map(service).collect(),
            artifacts: artifacts(build.artifacts.as_ref()),
            cache: self.caches(build),
            credentials: Vec::new(),
            dependencies: self
                .dependencies
                .iter()
                .filter_map(|from| self.dependency(from))
                .collect(),
            features: Features {
                trace_sections: true,
                failure_reasons: FAILURE_REASONS
                    .iter()
                    .map(|reason| reason.as_str().to_owned())
                    .collect(),
                token_mask_prefixes: Vec::new(),
            },
            hooks: hooks(build),
            gantry: Some(GantryInfo {
                local_repository: Some(self.repository()),
                overlay_tree: self.facts.checkout.overlay_tree.clone(),
                project: self.facts.checkout.project.as_deref().map(shown),
                submodules: self.facts.checkout.submodules.iter().map(submodule).collect(),
            }),
        }
    }

    fn repository(&self) -> String {
        shown(&self.facts.checkout.repository)
    }

    fn job_info(&self) -> JobInfo {
        JobInfo {
            id: self.attempt.0,
            name: self.job.name.clone(),
            stage: self.job.stage.clone(),
            pipeline_id: self.run.0,
            project_id: self.facts.project.id,
            project_name: self.facts.project.name.clone(),
            project_full_path: self.facts.project.path.clone(),
            time_in_queue_seconds: 0.0,
            project_jobs_running_on_instance_runners_count: "+Inf".to_owned(),
        }
    }

    /// The whole history is at hand in the repository, so nothing has to be fetched and the depth is full.
    fn git_info(&self) -> GitInfo {
        let commit = &self.facts.checkout.commit;
        let sha256 = commit.len() == 64;
        GitInfo {
            repo_url: self.repository(),
            repo_object_format: if sha256 { "sha256" } else { "sha1" }.to_owned(),
            git_ref: self.facts.git_ref.name().to_owned(),
            sha: commit.clone(),
            before_sha: "0".repeat(commit.len()),
            ref_type: match self.facts.git_ref {
                Ref::Tag(_) => "tag",
                Ref::Branch(_) | Ref::MergeRequest { .. } => "branch",
            }
            .to_owned(),
            refspecs: Vec::new(),
            depth: 0,
            protected: Some(self.facts.protected),
        }
    }

    fn caches(&self, build: &Build) -> Vec<Cache> {
        let suffixed = |key: &str, cache| suffixed(key, cache, self.facts.protected);
        build
            .cache
            .iter()
            .zip(self.cache_keys)
            .map(|(cache, key)| Cache {
                key: suffixed(key, cache),
                untracked: cache.untracked,
                policy: cache.policy.clone(),
                paths: cache.paths.clone(),
                when: keep(cache.when),
                fallback_keys: cache
                    .fallback_keys
                    .iter()
                    .map(|key| suffixed(key, cache))
                    .collect(),
            })
            .collect()
    }

    /// The token that authorises a download is that of the job that downloads.
    fn dependency(&self, from: &Leftover) -> Option<Dependency> {
        let archive = from.archive.as_ref()?;
        Some(Dependency {
            id: from.attempt.0,
            name: from.job.clone(),
            token: self.token.to_owned(),
            artifacts_file: Some(ArtifactsFile {
                filename: archive.file_name.clone(),
                size: archive.size_bytes,
            }),
        })
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn submodule(submodule: &Submodule) -> LocalSubmodule {
    LocalSubmodule {
        path: submodule.path.clone(),
        repository: shown(&submodule.repository),
        commit: submodule.commit.clone(),
        overlay_tree: submodule.overlay_tree.clone(),
    }
}

pub(crate) fn variable(variable: gantry_language::variables::Variable) -> Variable {
    Variable {
        key: variable.key,
        value: variable.value,
        public: !variable.masked,
        masked: variable.masked,
        file: variable.file,
        raw: variable.raw,
    }
}

/// There is no step for a release: nobody here can create one, so that it is recorded instead.
fn steps(build: &Build, timeout: i64) -> Vec<Step> {
    let mut steps = vec![Step {
        name: "script".to_owned(),
        script: [build.before_script.as_slice(), &build.script].concat(),
        timeout,
        when: When::OnSuccess,
        allow_failure: false,
    }];
    if !build.after_script.is_empty() {
        steps.push(Step {
            name: "after_script".to_owned(),
            script: build.after_script.clone(),
            timeout,
            when: When::Always,
            allow_failure: true,
        });
    }
    steps
}

fn hooks(build: &Build) -> Vec<Hook> {
    let script = &build.pre_get_sources_script;
    let hook = || Hook {
        name: "pre_get_sources_script".to_owned(),
        script: script.clone(),
    };
    if script.is_empty() {
        Vec::new()
    } else {
        vec![hook()]
    }
}

fn image(image: &plan::Image) -> Image {
    let docker = DockerOptions {
        platform: image.platform.clone(),
        user: image.user.clone(),
    };
    Image {
        name: image.name.clone(),
        entrypoint: image.entrypoint.clone(),
        pull_policy: (!image.pull_policy.is_empty()).then(|| image.pull_policy.clone()),
        executor_opts: (docker != DockerOptions::default())
            .then_some(ExecutorOptions { docker: Some(docker) }),
        ..Image::default()
    }
}

fn service(service: &plan::Service) -> Image {
    Image {
        alias: service.alias.clone(),
        command: (!service.command.is_empty()).then(|| service.command.clone()),
        variables: service
            .variables
            .iter()
            .map(|(key, value)| Variable {
                key: key.clone(),
                value: value.clone(),
                public: true,
                ..Variable::default()
            })
            .collect(),
        ..image(&service.image)
    }
}

/// Returns the archive and the reports of a job, or `None` where it keeps nothing.
fn artifacts(artifacts: Option<&Artifacts>) -> Option<Vec<Artifact>> {
    let artifacts = artifacts?;
    let expire_in = artifacts
        .expire_in
        .clone()
        .unwrap_or_else(|| DEFAULT_EXPIRY.to_owned());
    let archive = (!artifacts.paths.is_empty() || artifacts.untracked).then(|| Artifact {
        name: artifacts.name.clone().unwrap_or_default(),
        untracked: artifacts.untracked,
        paths: artifacts.paths.clone(),
        exclude: artifacts.exclude.clone(),
        when: keep(artifacts.when),
        expire_in: expire_in.clone(),
        artifact_type: "archive".to_owned(),
        artifact_format: "zip".to_owned(),
    });
    let reports = artifacts
        .reports
        .iter()
        .map(|(kind, paths)| report(kind, paths, &expire_in));
    let all: Vec<Artifact> = archive.into_iter().chain(reports).collect();
    (!all.is_empty()).then_some(all)
}

fn report(kind: &str, paths: &[String], expire_in: &str) -> Artifact {
    let Some((_, format, name)) = REPORTS.iter().find(|(known, ..)| *known == kind) else {
        panic!("BUG: the plan has a report `{kind}`, which the language should have refused");
    };
    Artifact {
        name: (*name).to_owned(),
        untracked: false,
        paths: paths.to_vec(),
        exclude: Vec::new(),
        when: When::Always,
        expire_in: expire_in.to_owned(),
        artifact_type: kind.to_owned(),
        artifact_format: (*format).to_owned(),
    }
}

fn keep(when: KeepWhen) -> When {
    match when {
        KeepWhen::OnSuccess => When::OnSuccess,
        KeepWhen::OnFailure => When::OnFailure,
        KeepWhen::Always => When::Always,
    }
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
