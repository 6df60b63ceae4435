//! The service that shows how the election stands.

use std::pin::Pin;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::{answers, page, probes, socket};
use crate::domain::{Labels, Profile, Tally};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::store::Store;

#[derive(Clone)]
pub(super) struct Service {
    store: Store,
    profile: &'static Profile,
    labels: Labels,
    live: Live,
}

pub fn router(
    store: Store,
    profile: &'static Profile,
    labels: Labels,
    live: Live,
    registry: Metrics,
) -> Router {
    let for_probe = store.clone();
    let sockets = socket::layer(profile, live.clone());
    let service = Service {
        store,
        profile,
        labels,
        live,
    };
    let router = Router::new()
        .route("/", get(show))
        .route("/static/stylesheets/style.css", get(answers::stylesheet))
        .route("/static/result.js", get(script))
        .route("/events", get(events))
        .route("/api", get(about))
        .route("/api/votes", get(votes));
    let ready = move || -> Pin<Box<dyn Future<Output = _> + Send>> {
        let store = for_probe.clone();
        Box::pin(async move { store.tally().await.map(|_| ()).map_err(|error| error.to_string()) })
    };
    probes::add(router, registry, ready)
        .with_state(service)
        .layer(sockets)
}

async fn show(State(service): State<Service>) -> Response {
    match service.store.tally().await {
        Ok(tally) => {
            let page = page::result_page(service.profile, &service.labels, &tally);
            answers::html(StatusCode::OK, page)
        }
        Err(error) => {
            tracing::warn!(%error, "the votes cannot be read");
            let text = "The votes cannot be read. Try again in a moment.\n";
            answers::retry_later((StatusCode::SERVICE_UNAVAILABLE, text).into_response())
        }
    }
}

async fn script() -> Response {
    answers::asset(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/result.js"),
    )
}

async fn about() -> Response {
    let text = "Vote App Viewer. To get quantity of votes, please query /api/votes";
    answers::json(StatusCode::OK, &json!({ "about": text }))
}

async fn votes(State(service): State<Service>) -> Response {
    match service.store.tally().await {
        Ok(tally) => {
            let counts: Map<String, Value> = tally
                .listed(service.profile)
                .map(|(key, count)| (key.to_owned(), count.to_string().into()))
                .collect();
            answers::json(StatusCode::OK, &json!({ "votes": counts }))
        }
        Err(error) => {
            tracing::warn!(%error, "the votes cannot be read");
            let answer = json!({ "message": "The votes cannot be read." });
            answers::retry_later(answers::json(StatusCode::SERVICE_UNAVAILABLE, &answer))
        }
    }
}

/// A stream of `scores`: at once, and whenever a vote changes them.
async fn events(State(service): State<Service>) -> Response {
    let profile = service.profile;
    let viewer = service.live.watch();
    let events = futures_util::stream::unfold(viewer, move |mut viewer| async move {
        let tally = viewer.changed().await?;
        let event = Event::default().event("scores").data(scores(profile, &tally));
        Some((Ok::<_, std::convert::Infallible>(event), viewer))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// The counts as the original page expects them: numbers by option.
pub(super) fn scores(profile: &Profile, tally: &Tally) -> String {
    let counts: Map<String, Value> = tally
        .listed(profile)
        .map(|(key, count)| (key.to_owned(), count.into()))
        .collect();
    Value::from(counts).to_string()
}
