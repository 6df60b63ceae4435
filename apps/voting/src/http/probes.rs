//! What an orchestrator and a monitor ask every service.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::get;

use super::answers;
use crate::metrics::Metrics;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Adds `/healthz`, which says that the process answers, `/readyz`, which says that what it needs does too, and
/// `/metrics`.
pub(super) fn add<S>(
    router: Router<S>,
    metrics: Metrics,
    ready: impl Fn() -> Answer + Send + Sync + 'static,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let ready = Arc::new(ready);
    router
        .route("/healthz", get(async || "ok\n"))
        .route(
            "/readyz",
            get(move || {
                let answer = ready();
                async move {
                    match answer.await {
                        Ok(()) => "ready\n".into_response(),
                        Err(reason) => {
                            let text = format!("not ready: {reason}\n");
                            answers::retry_later((StatusCode::SERVICE_UNAVAILABLE, text).into_response())
                        }
                    }
                }
            }),
        )
        .route(
            "/metrics",
            get(async move || {
                let kind =
                    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
                ([(CONTENT_TYPE, kind)], metrics.text())
            }),
        )
}
