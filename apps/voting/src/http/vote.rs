//! The service that takes votes.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::page::VotePages;
use super::posted::{Mistake, ballot_in_json, vote_in_form};
use super::{answers, cookie, probes};
use crate::domain::{Ballot, Labels, Rules};
use crate::metrics::{Outcome, VoteMetrics};
use crate::queue::{Intake, IntakeError};

/// Nobody needs more to say what they vote for.
const LARGEST_BODY: usize = 16 * 1024;

#[derive(Clone)]
struct Service(Arc<Parts>);

struct Parts {
    intake: Intake,
    rules: Rules,
    pages: VotePages,
    metrics: VoteMetrics,
}

pub fn router(intake: Intake, rules: Rules, labels: &Labels, host: &str) -> Router {
    let (metrics, registry) = VoteMetrics::new();
    let for_probe = intake.clone();
    let service = Service(Arc::new(Parts {
        intake,
        rules,
        pages: VotePages::new(rules.profile, labels, host),
        metrics,
    }));
    let router = Router::new()
        .route("/", get(show).post(vote))
        .route("/static/stylesheets/style.css", get(answers::stylesheet))
        .route("/api/postVotes", post(post_vote).fallback(method_not_allowed))
        .route("/api/healthcheck", get(health));
    let ready = move || -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
        let intake = for_probe.clone();
        Box::pin(async move { intake.check().await.map_err(|error| error.to_string()) })
    };
    probes::add(router, registry, ready)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(service)
}

impl Service {
    async fn cast(&self, ballot: Ballot) -> Result<(), IntakeError> {
        let start = Instant::now();
        let outcome = self.0.intake.push(ballot).await;
        match &outcome {
            Ok(()) => {
                self.0.metrics.count(Outcome::Acknowledged);
                self.0.metrics.waited(start.elapsed());
            }
            Err(error) => {
                tracing::warn!(%error, "a vote was turned away");
                self.0.metrics.count(Outcome::Unavailable);
            }
        }
        outcome
    }
}

async fn show(State(service): State<Service>, headers: HeaderMap) -> Response {
    let voter = cookie::voter(&headers, &service.0.rules);
    with_cookie(
        answers::html(StatusCode::OK, service.0.pages.unmarked.clone()),
        voter.set_cookie,
    )
}

async fn vote(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let Parts {
        rules,
        pages,
        metrics,
        ..
    } = &*service.0;
    let voter = cookie::voter(&headers, rules);
    let choice = vote_in_form(&body).and_then(|vote| rules.choice(&vote).ok());
    let Some(choice) = choice else {
        metrics.count(Outcome::Refused);
        return answers::html(StatusCode::BAD_REQUEST, pages.refused.clone());
    };
    let page = pages.after(&choice);
    let ballot = Ballot {
        voter: voter.id,
        choice,
    };
    match service.cast(ballot).await {
        Ok(()) => with_cookie(answers::html(StatusCode::OK, page), voter.set_cookie),
        Err(_) => answers::retry_later(answers::html(
            StatusCode::SERVICE_UNAVAILABLE,
            pages.unavailable.clone(),
        )),
    }
}

fn with_cookie(mut response: Response, cookie: Option<axum::http::HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

async fn post_vote(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let ballot = match ballot_in_json(&headers, &body, &service.0.rules) {
        Ok(ballot) => ballot,
        Err(mistake) => {
            service.0.metrics.count(Outcome::Refused);
            return refusal(&mistake);
        }
    };
    match service.cast(ballot).await {
        Ok(()) => answers::json(StatusCode::OK, &json!({ "voteStatus": 200 })),
        Err(_) => answers::retry_later(answers::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({ "voteStatus": 503 }),
        )),
    }
}

fn refusal(mistake: &Mistake) -> Response {
    match mistake {
        Mistake::NotJson => answers::json(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &json!({ "message": "Did not attempt to load JSON data because the request Content-Type was not 'application/json'." }),
        ),
        Mistake::Malformed(reason) => answers::json(
            StatusCode::BAD_REQUEST,
            &json!({ "message": format!("Failed to decode JSON object: {reason}") }),
        ),
        Mistake::NotAVote => answers::json(
            StatusCode::BAD_REQUEST,
            &json!({ "badRequest": "Your json doesnt pass in the application creteria" }),
        ),
    }
}

async fn method_not_allowed() -> Response {
    answers::json(
        StatusCode::METHOD_NOT_ALLOWED,
        &json!({ "message": "The method is not allowed for the requested URL." }),
    )
}

async fn health(State(service): State<Service>) -> Response {
    let status = match service.0.intake.check().await {
        Ok(()) => "OK",
        Err(error) => {
            tracing::warn!(%error, "the queue is not healthy");
            "NOK"
        }
    };
    answers::json(StatusCode::OK, &json!({ "sqsStatus": status }))
}
