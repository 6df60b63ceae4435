//! What of a job its log must not show.

use gantry_masking::{SHORTEST, Secrets};
use gantry_protocol::payload::{JobPayload, Variable};

/// Collects the secrets of a payload; `expanded` are the variables' values as the job will see them.
pub(crate) fn of_job<'a>(
    payload: &'a JobPayload,
    expanded: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Secrets {
    let is_masked = |key: &str| masked(payload).any(|variable| variable.key == key);
    let declared = masked(payload).map(|variable| variable.value.as_str());
    let expanded = expanded.into_iter().filter(|(key, _)| is_masked(key));
    let tokens = payload.dependencies.iter().map(|dependency| &dependency.token);
    let passwords = payload
        .credentials
        .iter()
        .map(|credentials| &credentials.password);
    let ours = std::iter::once(&payload.token).chain(tokens).chain(passwords);
    Secrets::new(
        declared
            .chain(expanded.map(|(_, value)| value))
            .chain(ours.map(String::as_str)),
        &payload.features.token_mask_prefixes,
    )
}

/// Returns the masked variables whose values are too short to be hidden.
pub(crate) fn too_short(payload: &JobPayload) -> Vec<String> {
    let mut keys: Vec<String> = masked(payload)
        .filter(|variable| (1..SHORTEST).contains(&variable.value.trim().len()))
        .map(|variable| variable.key.clone())
        .collect();
    keys.dedup();
    keys
}

fn masked(payload: &JobPayload) -> impl Iterator<Item = &Variable> {
    payload.variables.iter().filter(|variable| variable.masked)
}

#[cfg(test)]
mod tests {
    use gantry_protocol::payload::{Credentials, Dependency, Features};

    use super::*;

    fn variable(key: &str, value: &str, masked: bool) -> Variable {
        Variable {
            key: key.into(),
            value: value.into(),
            masked,
            ..Variable::default()
        }
    }

    #[test]
    fn secrets_come_from_everywhere_in_the_payload() {
        let payload = JobPayload {
            token: "token-of-the-job".into(),
            variables: vec![
                variable("DECLARED", "as-$DECLARED", true),
                variable("SHOWN", "shown-value", false),
            ],
            dependencies: vec![Dependency {
                token: "token-of-another".into(),
                ..Dependency::default()
            }],
            credentials: vec![Credentials {
                password: "registry-password".into(),
                ..Credentials::default()
            }],
            features: Features {
                token_mask_prefixes: vec!["acme-".into()],
                ..Features::default()
            },
            ..JobPayload::default()
        };
        let expanded = [("DECLARED", "as-expanded"), ("SHOWN", "shown-expanded")];
        let text = "token-of-the-job as-$DECLARED as-expanded shown-value shown-expanded \
                    token-of-another registry-password acme-1234";
        assert_eq!(
            of_job(&payload, expanded).mask(text),
            "[MASKED] [MASKED] [MASKED] shown-value shown-expanded [MASKED] [MASKED] acme-[MASKED]"
        );
    }

    #[test]
    fn a_value_too_short_to_hide_is_named() {
        let payload = JobPayload {
            variables: vec![
                variable("PIN", "12", true),
                variable("EMPTY", "", true),
                variable("SHOWN", "1", false),
            ],
            ..JobPayload::default()
        };
        assert_eq!(too_short(&payload), ["PIN"]);
    }
}
