//! The worker's answers about the health of what it works with.

use std::pin::Pin;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::{answers, probes};
use crate::metrics::Metrics;
use crate::queue::QueueCheck;
use crate::store::{Presence, Store, StoreHealth};

#[derive(Clone)]
struct Service {
    queue: QueueCheck,
    store: Store,
}

pub fn router(queue: QueueCheck, store: Store, registry: Metrics) -> Router {
    let service = Service { queue, store };
    let for_probe = service.clone();
    let router = Router::new()
        .route("/api/healthchecksqs", get(queue_health))
        .route("/api/healthcheckmysql", get(store_health));
    let ready = move || -> Pin<Box<dyn Future<Output = _> + Send>> {
        let service = for_probe.clone();
        Box::pin(async move { service.ready().await })
    };
    probes::add(router, registry, ready).with_state(service)
}

impl Service {
    async fn ready(&self) -> Result<(), String> {
        self.queue.check().await.map_err(|error| error.to_string())?;
        match self.store.health().await {
            StoreHealth::Ready => Ok(()),
            StoreHealth::Lacking { .. } => Err("the store does not answer or has no tables".to_owned()),
        }
    }
}

async fn queue_health(State(service): State<Service>) -> Response {
    let status = match service.queue.check().await {
        Ok(()) => "OK",
        Err(error) => {
            tracing::warn!(%error, "the queue is not healthy");
            "NOK"
        }
    };
    answers::json(StatusCode::OK, &json!({ "sqsStatus": status }))
}

async fn store_health(State(service): State<Service>) -> Response {
    let status = match service.store.health().await {
        StoreHealth::Ready => json!("OK"),
        StoreHealth::Lacking { database, tables } => {
            json!({ "database": code(database), "tables": code(tables) })
        }
    };
    answers::json(StatusCode::OK, &json!({ "mysqlStatus": status }))
}

fn code(presence: Presence) -> u16 {
    match presence {
        Presence::Found => 200,
        Presence::Missing => 404,
    }
}
