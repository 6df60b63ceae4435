//! A ballot as it travels in a queue that other programs know: `{"voter_id": "…", "vote": "a"}`.

use serde_json::Value;

use super::ballot::{Ballot, Rules};
use super::profile::Profile;

/// Writes a ballot byte for byte as the original producers do, blanks and key order included.
pub fn encode(profile: &Profile, ballot: &Ballot) -> String {
    format!(
        "{{\"{}\": {}, \"vote\": {}}}",
        profile.voter_field,
        Value::from(ballot.voter.as_str()),
        Value::from(ballot.choice.as_str())
    )
}

/// Reads a ballot, or says why the message can never be one.
pub fn decode(rules: &Rules, body: &str) -> Result<Ballot, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let text = |field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("`{field}` is missing or no text"))
    };
    rules
        .ballot(text(rules.profile.voter_field)?, text("vote")?)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PROFILES;
    use super::*;

    const CATS: Rules = Rules {
        profile: &PROFILES[0],
        accept_any_option: false,
    };

    // shows: S4-3
    #[test]
    fn a_message_is_written_as_the_original_producers_write_it() {
        let cats = CATS.ballot("6d04a1f0e5b5d1c", "a").unwrap();
        assert_eq!(
            encode(&PROFILES[0], &cats),
            r#"{"voter_id": "6d04a1f0e5b5d1c", "vote": "a"}"#
        );
        let rules = Rules {
            profile: &PROFILES[1],
            ..CATS
        };
        let cola = rules.ballot("id-xxxyyyzzz", "coca").unwrap();
        assert_eq!(
            encode(&PROFILES[1], &cola),
            r#"{"userID": "id-xxxyyyzzz", "vote": "coca"}"#
        );
    }

    #[test]
    fn what_is_no_ballot_says_why() {
        let reason = |body: &str| decode(&CATS, body).unwrap_err();
        assert_eq!(reason("{"), "EOF while parsing an object at line 1 column 1");
        assert_eq!(reason("[]"), "`voter_id` is missing or no text");
        assert_eq!(
            reason(r#"{"voter_id": 5, "vote": "a"}"#),
            "`voter_id` is missing or no text"
        );
        assert_eq!(
            reason(r#"{"voter_id": "v", "vote": "c"}"#),
            "`c` is not an option"
        );
    }

    proptest! {
        #[test]
        fn every_ballot_comes_back(voter in "[^\\p{Cc}\\p{Z}][^\\p{Cc}]{0,253}[^\\p{Cc}\\p{Z}]", choice in "[ab]") {
            let ballot = CATS.ballot(&voter, &choice).unwrap();
            prop_assert_eq!(decode(&CATS, &encode(&PROFILES[0], &ballot)), Ok(ballot));
        }

        #[test]
        fn no_message_ends_the_program(body in ".{0,200}") {
            let _ = decode(&CATS, &body);
        }
    }
}
