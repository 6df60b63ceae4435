//! Waiting for services: until one of a service's TCP ports accepts a connection.
//!
//! No image is needed for that. Where the network of the services has its gateway on this machine, the runner connects by
//! itself. Where it has not (an engine on another machine, or in a virtual one, or the runner in a container), a
//! container of the job's own image tries, with bash or `nc`, whichever it has.
//!
//! A service that does not come up fails no job, as with `gitlab-runner`: its log is shown, and the script starts.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerInspectResponse, HostConfig};
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::container::Container;
use super::error::DockerError;
use super::images::Obtained;
use super::names::Names;
use super::services::Service;
use crate::archive::Stop;
use crate::trace::Trace;

const CONNECT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);
const LOG_BYTES: usize = 64 * 1024;

/// Tries hosts and ports from inside the network; ends with 0 as soon as one accepts, 3 where it cannot try.
const PROBE: &str = "seconds=$0 host=$1; shift\n\
    if command -v bash > /dev/null; then\n\
      try() { bash -c \": < /dev/tcp/$1/$2\"; }\n\
    elif command -v nc > /dev/null; then\n\
      case \"$(nc --help 2>&1)\" in\n\
        *-z*) try() { nc -z -w 1 \"$1\" \"$2\"; } ;;\n\
        *-e*) try() { nc -w 1 \"$1\" \"$2\" -e sh -c :; } ;;\n\
        *) exit 3 ;;\n\
      esac\n\
    else\n\
      exit 3\n\
    fi 2> /dev/null\n\
    command -v sleep > /dev/null || exit 3\n\
    while :; do\n\
      for port in \"$@\"; do try \"$host\" \"$port\" 2> /dev/null && exit 0; done\n\
      seconds=$((seconds - 1)); [ \"$seconds\" -gt 0 ] || exit 1\n\
      sleep 1\n\
    done";

/// Who tries to connect.
pub(super) enum From<'f> {
    Runner,
    ContainerOf(&'f Obtained),
}

/// Why a service is not known to be up.
enum Sick {
    Exited(i64),
    Silent(Duration),
    /// Nobody can try.
    NoProbe,
    Api(DockerError),
}

/// Tells whether the runner itself reaches the network of the services.
pub(super) async fn runner_reaches(services: &[Service], names: &Names) -> bool {
    let Some(service) = services.first() else {
        return false;
    };
    if !service.container.engine.by_socket {
        return false;
    }
    let engine = &service.container.engine;
    let inspected = engine.api.inspect_network(names.network(), None);
    let Ok(network) = engine.ask("inspect a network", inspected).await else {
        return false;
    };
    let pools = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let mut gateways = pools.into_iter().filter_map(|pool| pool.gateway);
    // Only an address of this machine can be bound to.
    gateways.any(|gateway| {
        let address = gateway.parse::<IpAddr>();
        address.is_ok_and(|address| UdpSocket::bind((address, 0)).is_ok())
    })
}

/// Waits until all services are up, or the time is.
pub(super) struct Waiting<'w, 't> {
    pub(super) names: &'w Names,
    pub(super) trace: &'w Trace<'t>,
    pub(super) limit: Duration,
    pub(super) stop: &'w Stop,
}

impl Waiting<'_, '_> {
    pub(super) async fn wait(&self, services: &[Service], from: From<'_>) {
        self.trace.line(&format!(
            "Waiting for services to be up and running (timeout {} seconds)...",
            self.limit.as_secs()
        ));
        let waits = services.iter().map(|service| self.wait_for(service, &from));
        let waits: Vec<_> = waits.collect();
        for (service, result) in services.iter().zip(join_all(waits).await) {
            if let Err(sick) = result {
                self.tell(service, &sick).await;
            }
        }
    }

    async fn wait_for(&self, service: &Service, from: &From<'_>) -> Result<(), Sick> {
        if service.ports.is_empty() {
            self.trace.line(&format!(
                "Service {} exposes no TCP port and is not waited for; its variable HEALTHCHECK_TCP_PORT names one",
                service.image_name
            ));
            return Ok(());
        }
        let trying = async {
            match from {
                From::Runner => self.connect(service).await,
                From::ContainerOf(image) => self.probe(service, image).await,
            }
        };
        let tried = tokio::select! {
            Ok(code) = service.container.wait() => Err(Sick::Exited(code)),
            result = trying => result,
        };
        match tried {
            // Asking about a service that has just ended may fail in many ways.
            Err(Sick::Api(error)) => match timeout(CONNECT, service.container.wait()).await {
                Ok(Ok(code)) => Err(Sick::Exited(code)),
                _ => Err(Sick::Api(error)),
            },
            tried => tried,
        }
    }

    /// Connects from here.
    async fn connect(&self, service: &Service) -> Result<(), Sick> {
        let inspected = service.container.inspect().await.map_err(Sick::Api)?;
        let address: Option<IpAddr> = endpoint(&inspected, self.names)
            .and_then(|endpoint| endpoint.ip_address.as_deref())
            .and_then(|text| text.parse().ok());
        let deadline = Instant::now() + self.limit;
        while Instant::now() < deadline && !self.stop.is_stopped() {
            for (address, port) in service.ports.iter().filter_map(|port| Some((address?, *port))) {
                let connecting = TcpStream::connect(SocketAddr::new(address, port));
                if matches!(timeout(CONNECT, connecting).await, Ok(Ok(_))) {
                    return Ok(());
                }
            }
            sleep(PAUSE).await;
        }
        Err(Sick::Silent(self.limit))
    }

    /// Connects from a container of the job's image.
    async fn probe(&self, service: &Service, image: &Obtained) -> Result<(), Sick> {
        let mut command = vec![
            "sh".to_owned(),
            "-c".into(),
            PROBE.into(),
            self.limit.as_secs().max(1).to_string(),
            service.host.clone(),
        ];
        command.extend(service.ports.iter().map(u16::to_string));
        let body = ContainerCreateBody {
            image: Some(image.id.clone()),
            entrypoint: Some(command),
            cmd: Some(Vec::new()),
            labels: Some(self.names.labels.clone()),
            host_config: Some(HostConfig {
                network_mode: Some(self.names.network().to_owned()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let name = self.names.container(&format!("wait-{}", service.host));
        let run = async {
            let container = Container::create(&service.container.engine, name, None, body).await?;
            container.start().await?;
            let code = container.wait().await?;
            container.remove().await?;
            Ok(code)
        };
        match run.await.map_err(Sick::Api)? {
            0 => Ok(()),
            3 => Err(Sick::NoProbe),
            _ => Err(Sick::Silent(self.limit)),
        }
    }

    async fn tell(&self, service: &Service, sick: &Sick) {
        let name = &service.image_name;
        let reason = match sick {
            Sick::NoProbe => {
                self.trace.warning(&format!(
                    "service {name} is not waited for: its network is not reached from here, and the job's image has \
                     neither bash nor nc to try with"
                ));
                return;
            }
            Sick::Exited(code) => format!("it ended with exit code {code}"),
            Sick::Silent(limit) => format!(
                "no connection to port {} within {} seconds",
                list(&service.ports),
                limit.as_secs()
            ),
            Sick::Api(error) => error.to_string(),
        };
        self.trace.line("");
        self.trace.line(&format!(
            "\x1b[0;33m*** WARNING:\x1b[0;m Service {name} probably didn't start properly."
        ));
        self.trace.line("");
        self.trace.line("Health check error:");
        self.trace.line(&reason);
        self.trace.line("");
        self.trace.line("Service container logs:");
        for line in log(&service.container).await.lines() {
            self.trace.line(line);
        }
        self.trace.line("");
        self.trace.line("\x1b[0;33m*********\x1b[0;m");
        self.trace.line("");
    }
}

fn list(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    ports.join(", ")
}

/// Returns the first part of what a service has written.
async fn log(container: &Container) -> String {
    let options = LogsOptions {
        stdout: true,
        stderr: true,
        tail: "all".into(),
        ..LogsOptions::default()
    };
    let mut chunks = container.engine.api.logs(&container.id, Some(options));
    let mut text = Vec::new();
    while let Ok(Some(Ok(chunk))) = timeout(CONNECT, chunks.next()).await {
        text.extend_from_slice(&chunk.into_bytes());
        if text.len() >= LOG_BYTES {
            text.truncate(LOG_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn endpoint<'i>(
    inspected: &'i ContainerInspectResponse,
    names: &Names,
) -> Option<&'i bollard::models::EndpointSettings> {
    let networks = inspected.network_settings.as_ref()?.networks.as_ref()?;
    networks.get(names.network())
}
