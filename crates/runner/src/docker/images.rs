//! Getting images onto the engine's machine, as their pull policies want it.
//!
//! Policies are tried in turn until one succeeds. An image that is there already is fetched only by `always`, and is
//! then used by its id, so that a tag which moves meanwhile changes nothing for the job.

use std::time::Duration;

use bollard::models::ImageInspect;
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt;
use gantry_protocol::FailureReason;
use gantry_protocol::payload::Image;
use tokio::time::sleep;

use super::credentials::Credentials;
use super::engine::{Engine, is_missing};
use super::error::{DockerError, api_message, reason_of_pull};
use super::reference::Reference;
use super::settings::PullPolicy;
use crate::archive::Stop;
use crate::trace::Trace;

/// How often a pull is tried that fails for no fault of the job's.
const PULLS: u32 = 3;
const PULL_PAUSE: Duration = Duration::from_secs(2);

/// An image that is to be used.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// With its variables expanded.
    pub(super) name: String,
    pub(super) platform: Option<String>,
    pub(super) policies: Vec<PullPolicy>,
}

impl Request {
    pub(super) fn new(
        image: &Image,
        expand: impl Fn(&str) -> String,
        default_policies: &[PullPolicy],
    ) -> Result<Request, DockerError> {
        let name = expand(&image.name).trim().to_owned();
        if name.is_empty() {
            return Err(DockerError::EmptyImage(image.name.clone()));
        }
        let options = image
            .executor_opts
            .as_ref()
            .and_then(|options| options.docker.as_ref());
        let platform = options
            .and_then(|options| options.platform.as_deref())
            .map(expand)
            .filter(|platform| !platform.is_empty());
        let policies = match image.pull_policy.as_deref() {
            None | Some([]) => default_policies.to_vec(),
            Some(names) => names
                .iter()
                .map(|name| PullPolicy::named(name).ok_or_else(|| DockerError::PullPolicy(name.clone())))
                .collect::<Result<_, _>>()?,
        };
        Ok(Request {
            name,
            platform,
            policies,
        })
    }
}

/// An image that is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Obtained {
    pub(super) id: String,
    pub(super) user: String,
    /// TCP ports, lowest first.
    pub(super) ports: Vec<u16>,
    digest: Option<String>,
}

impl Obtained {
    fn of(inspected: ImageInspect) -> Obtained {
        let config = inspected.config.unwrap_or_default();
        let ports = config.exposed_ports.unwrap_or_default();
        let mut ports: Vec<u16> = ports.iter().filter_map(|port| tcp_port(port)).collect();
        ports.sort_unstable();
        Obtained {
            id: inspected.id.unwrap_or_default(),
            user: config.user.unwrap_or_default(),
            ports,
            digest: inspected.repo_digests.unwrap_or_default().into_iter().next(),
        }
    }
}

/// Reads `5432/tcp`, or `5432` alone.
fn tcp_port(text: &str) -> Option<u16> {
    match text.split_once('/') {
        Some((port, "tcp")) => port.parse().ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// Whoever gets images for a job.
pub(super) struct Images<'j> {
    pub(super) engine: Engine,
    pub(super) credentials: Credentials,
    pub(super) trace: &'j Trace<'j>,
}

impl Images<'_> {
    /// Makes an image be there.
    pub(super) async fn obtain(&self, request: &Request, stop: &Stop) -> Result<Obtained, DockerError> {
        let names: Vec<&str> = request.policies.iter().map(|policy| policy.name()).collect();
        self.trace.line(&format!(
            "Using effective pull policy of [{}] for container {}",
            names.join(", "),
            request.name
        ));
        let mut result = Err(DockerError::NotPresent {
            image: request.name.clone(),
        });
        for (index, policy) in request.policies.iter().enumerate() {
            if index > 0 {
                self.trace.line(&format!(
                    "Attempt #{}: Trying \"{}\" pull policy",
                    index + 1,
                    policy.name()
                ));
            }
            result = self.obtain_by(*policy, request, stop).await;
            match &result {
                Ok(_) => break,
                Err(error) if index + 1 < request.policies.len() => self.trace.warning(&format!(
                    "Failed to pull image with policy \"{}\": {error}",
                    policy.name()
                )),
                Err(_) => {}
            }
        }
        let obtained = result?;
        let digest = match &obtained.digest {
            Some(digest) => format!(" with digest {digest}"),
            None => String::new(),
        };
        self.trace.line(&format!(
            "Using docker image {} for {}{digest} ...",
            obtained.id, request.name
        ));
        Ok(obtained)
    }

    async fn obtain_by(
        &self,
        policy: PullPolicy,
        request: &Request,
        stop: &Stop,
    ) -> Result<Obtained, DockerError> {
        if policy != PullPolicy::Always {
            match (self.inspect(request).await?, policy) {
                (Some(obtained), PullPolicy::IfNotPresent) => {
                    self.trace.line(&format!(
                        "Using locally found image version due to \"{}\" pull policy",
                        policy.name()
                    ));
                    return Ok(obtained);
                }
                (Some(obtained), _) => return Ok(obtained),
                (None, PullPolicy::Never) => {
                    return Err(DockerError::NotPresent {
                        image: request.name.clone(),
                    });
                }
                (None, _) => {}
            }
        }
        self.pull(request, stop).await?;
        match self.inspect(request).await? {
            Some(obtained) => Ok(obtained),
            None => Err(DockerError::Pull {
                image: request.name.clone(),
                message: "the engine does not have it after the pull".into(),
            }),
        }
    }

    /// Looks for the image on the engine's machine, in the platform that is wanted.
    async fn inspect(&self, request: &Request) -> Result<Option<Obtained>, DockerError> {
        let inspected = self.engine.api.inspect_image(&request.name);
        match self.engine.ask("look for the image", inspected).await {
            Ok(inspected) if is_of_platform(&inspected, request.platform.as_deref()) => {
                Ok(Some(Obtained::of(inspected)))
            }
            Ok(_) => Ok(None),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn pull(&self, request: &Request, stop: &Stop) -> Result<(), DockerError> {
        for attempt in 1.. {
            self.trace
                .line(&format!("Pulling docker image {} ...", request.name));
            let Err(error) = self.pull_once(request, stop).await else {
                break;
            };
            let passing = matches!(&error, DockerError::Pull { message, .. }
                if reason_of_pull(message) == FailureReason::RunnerExternalDependencyFailure);
            if attempt == PULLS || !passing || stop.is_stopped() {
                return Err(error);
            }
            self.trace.warning(&format!("{error}; trying again"));
            sleep(PULL_PAUSE * attempt).await;
        }
        Ok(())
    }

    async fn pull_once(&self, request: &Request, stop: &Stop) -> Result<(), DockerError> {
        let reference = Reference::parse(&request.name);
        let failed = |message: String| DockerError::Pull {
            image: request.name.clone(),
            message,
        };
        let credentials = match self.credentials.lookup(&reference).await {
            Some((credentials, source)) => {
                self.trace
                    .line(&format!("Authenticating with credentials from {source}"));
                Some(credentials)
            }
            None => None,
        };
        let options = CreateImageOptions {
            from_image: Some(reference.repository.clone()),
            tag: Some(reference.version().to_owned()),
            platform: request.platform.clone().unwrap_or_default(),
            ..CreateImageOptions::default()
        };
        let mut progress = self.engine.api.create_image(Some(options), None, credentials);
        while let Some(step) = progress.next().await {
            if stop.is_stopped() {
                return Err(failed("stopped".into()));
            }
            step.map_err(|error| failed(api_message(&error)))?;
        }
        Ok(())
    }
}

fn is_of_platform(image: &ImageInspect, platform: Option<&str>) -> bool {
    let Some(platform) = platform else { return true };
    let mut wanted = platform.split('/');
    let is = |known: &Option<String>, wanted: Option<&str>| match (known, wanted) {
        (Some(known), Some(wanted)) if !known.is_empty() => known == wanted,
        _ => true,
    };
    is(&image.os, wanted.next())
        && is(&image.architecture, wanted.next())
        && is(&image.variant, wanted.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_another_platform_is_not_the_one_that_is_wanted() {
        let image = ImageInspect {
            os: Some("linux".into()),
            architecture: Some("arm64".into()),
            variant: Some("v8".into()),
            ..ImageInspect::default()
        };
        for (platform, expected) in [
            (None, true),
            (Some("linux/arm64"), true),
            (Some("linux/arm64/v8"), true),
            (Some("linux/amd64"), false),
            (Some("linux/arm64/v7"), false),
        ] {
            assert_eq!(is_of_platform(&image, platform), expected, "{platform:?}");
        }
    }

    #[test]
    fn only_tcp_ports_count() {
        let ports: Vec<_> = ["5432/tcp", "53/udp", "80"]
            .iter()
            .filter_map(|port| tcp_port(port))
            .collect();
        assert_eq!(ports, [5432, 80]);
    }
}
