//! Reading what was posted.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::domain::{Ballot, Rules};

/// Why posted JSON is no vote.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    NotJson,
    Malformed(String),
    NotAVote,
}

pub(super) fn vote_in_form(body: &[u8]) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(name, _)| name == "vote")
        .map(|(_, value)| value.into_owned())
}

pub(super) fn ballot_in_json(headers: &HeaderMap, body: &[u8], rules: &Rules) -> Result<Ballot, Mistake> {
    if !says_json(headers) {
        return Err(Mistake::NotJson);
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| Mistake::Malformed(error.to_string()))?;
    let text = |field: &str| value.get(field).and_then(Value::as_str).ok_or(Mistake::NotAVote);
    rules
        .ballot(text(rules.profile.voter_field)?, text("vote")?)
        .map_err(|_| Mistake::NotAVote)
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
