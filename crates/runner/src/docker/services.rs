//! The services of a job: containers beside the build container, in a network of their own.
//!
//! A service is reached by names made of its image's (see [`Reference::host_names`]) and by its aliases. Two services
//! that claim the same name are no error: the first has it. A job without services has no network of its own.
//!
//! See <https://docs.gitlab.com/ci/services/>. Different from there: services see each other by name as well, and do
//! not see the work tree.

use std::collections::HashSet;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, HostConfigLogConfig, NetworkCreateRequest,
    NetworkingConfig,
};
use gantry_protocol::payload::Image;

use super::container::Container;
use super::error::DockerError;
use super::images::{Images, Obtained, Request};
use super::journal::announced;
use super::names::{Names, OWNER};
use super::reference::Reference;
use super::settings::DockerSettings;
use crate::archive::Stop;
use crate::variables::Variables;

/// The lowest so many ports of a service are tried.
const MOST_PORTS: usize = 20;
/// How the build container is called by services that want to call back.
const BUILD_ALIAS: &str = "build";

/// A service that has been started.
pub(super) struct Service {
    /// The image, as the job names it.
    pub(super) image_name: String,
    pub(super) container: Container,
    /// The first name by which it is reached.
    pub(super) host: String,
    /// One of these has to accept connections before the script starts.
    pub(super) ports: Vec<u16>,
}

/// What is needed to start services.
pub(super) struct Starter<'s, 'j> {
    pub(super) images: &'s Images<'j>,
    pub(super) names: &'s Names,
    pub(super) settings: &'s DockerSettings,
    pub(super) variables: &'s Variables,
    pub(super) stop: &'s Stop,
}

impl Starter<'_, '_> {
    /// Makes the network and starts the services, one after the other.
    pub(super) async fn start(&self, services: &[Image]) -> Result<Vec<Service>, DockerError> {
        self.create_network().await?;
        let mut taken = HashSet::from([BUILD_ALIAS.to_owned()]);
        let mut started = Vec::new();
        for (index, service) in services.iter().enumerate() {
            started.push(self.start_service(index, service, &mut taken).await?);
        }
        Ok(started)
    }

    async fn create_network(&self) -> Result<(), DockerError> {
        let engine = &self.images.engine;
        let request = NetworkCreateRequest {
            name: self.names.network().to_owned(),
            driver: Some("bridge".into()),
            labels: Some(self.names.labels.clone()),
            ..NetworkCreateRequest::default()
        };
        let created = engine.ask("create a network", engine.api.create_network(request));
        let owner = self.names.labels.get(OWNER);
        announced(owner, self.names.network(), created).await.map(|_| ())
    }

    async fn start_service(
        &self,
        index: usize,
        service: &Image,
        taken: &mut HashSet<String>,
    ) -> Result<Service, DockerError> {
        let expand = |text: &str| self.variables.expand(text);
        let request = Request::new(service, expand, &self.settings.pull_policy)?;
        self.images
            .trace
            .line(&format!("Starting service {}...", request.name));
        let image = self.images.obtain(&request, self.stop).await?;
        let aliases = self.aliases(service, &request.name, taken);
        let body = self.body(service, &image, &aliases);
        let container = Container::create(
            &self.images.engine,
            self.names.container(&format!("service-{index}")),
            request.platform.as_deref(),
            body,
        )
        .await?;
        container.start().await.map_err(|error| match error {
            DockerError::Api { source, .. } => DockerError::Start {
                image: request.name.clone(),
                message: super::error::api_message(&source),
            },
            error => error,
        })?;
        Ok(Service {
            host: aliases.first().cloned().unwrap_or_else(|| container.id.clone()),
            image_name: request.name,
            container,
            ports: self.ports(service, &image),
        })
    }

    fn aliases(&self, service: &Image, image_name: &str, taken: &mut HashSet<String>) -> Vec<String> {
        let declared = service.alias.as_deref().map(|alias| self.variables.expand(alias));
        let declared = declared.unwrap_or_default();
        let declared = declared
            .split([' ', ',', '\t', '\n'])
            .filter(|alias| !alias.is_empty());
        let mut aliases = Reference::parse(image_name).host_names();
        aliases.extend(declared.map(str::to_owned));
        let mut own = HashSet::new();
        aliases.retain(|alias| own.insert(alias.clone()));
        aliases.retain(|alias| {
            let free = taken.insert(alias.clone());
            if !free {
                self.images.trace.warning(&format!(
                    "service {image_name} is not reached as `{alias}`: another service has that name"
                ));
            }
            free
        });
        aliases
    }

    fn body(&self, service: &Image, image: &Obtained, aliases: &[String]) -> ContainerCreateBody {
        let options = service
            .executor_opts
            .as_ref()
            .and_then(|options| options.docker.as_ref());
        let volumes = &self.settings.volumes;
        ContainerCreateBody {
            image: Some(image.id.clone()),
            user: options
                .and_then(|options| options.user.as_deref())
                .map(|user| self.variables.expand(user)),
            env: Some(self.environment(service)),
            entrypoint: service.entrypoint.clone(),
            cmd: service.command.clone(),
            labels: Some(self.names.labels.clone()),
            host_config: Some(HostConfig {
                binds: Some(volumes.clone()).filter(|volumes| !volumes.is_empty()),
                privileged: Some(
                    self.settings
                        .services_privileged
                        .unwrap_or(self.settings.privileged),
                ),
                network_mode: Some(self.names.network().to_owned()),
                // Kept by the engine, since it is shown where the service does not come up.
                log_config: Some(HostConfigLogConfig {
                    typ: Some("json-file".into()),
                    config: Some([("max-size".to_owned(), "10m".to_owned())].into()),
                }),
                ..HostConfig::default()
            }),
            networking_config: Some(endpoint(self.names, aliases.to_vec())),
            ..ContainerCreateBody::default()
        }
    }

    /// Returns the job's public variables, outranked by the service's own.
    fn environment(&self, service: &Image) -> Vec<String> {
        let mut list: Vec<String> = self
            .variables
            .public()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        list.extend(service.variables.iter().map(|variable| {
            let value = match variable.raw {
                true => variable.value.clone(),
                false => self.variables.expand(&variable.value),
            };
            format!("{}={value}", variable.key)
        }));
        list
    }

    fn ports(&self, service: &Image, image: &Obtained) -> Vec<u16> {
        let named = service
            .variables
            .iter()
            .rfind(|variable| variable.key == "HEALTHCHECK_TCP_PORT")
            .and_then(|variable| self.variables.expand(&variable.value).trim().parse().ok());
        match named {
            Some(port) => vec![port],
            None => image.ports.iter().copied().take(MOST_PORTS).collect(),
        }
    }
}

/// Returns how the build container joins the network of the services.
pub(super) fn build_endpoint(names: &Names) -> NetworkingConfig {
    endpoint(names, vec![BUILD_ALIAS.to_owned()])
}

fn endpoint(names: &Names, aliases: Vec<String>) -> NetworkingConfig {
    let settings = EndpointSettings {
        aliases: Some(aliases),
        ..EndpointSettings::default()
    };
    NetworkingConfig {
        endpoints_config: Some([(names.network().to_owned(), settings)].into()),
    }
}
