//! Who votes in a browser.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::domain::{Rules, VoterId};
use crate::identity;

/// The voter, and the cookie that tells the browser who that is when it did not know.
pub(super) struct Voter {
    pub(super) id: VoterId,
    pub(super) set_cookie: Option<HeaderValue>,
}

/// Believes the browser, as the original does; a value that no store can hold counts as none.
pub(super) fn voter(headers: &HeaderMap, rules: &Rules) -> Voter {
    let name = rules.profile.cookie;
    let known = values(headers, name).find_map(|value| rules.voter(value).ok());
    if let Some(id) = known {
        return Voter { id, set_cookie: None };
    }
    let random = identity::random();
    let set_cookie = HeaderValue::try_from(format!("{name}={random}; HttpOnly; SameSite=Lax; Path=/"))
        .expect("BUG: hexadecimal digits do not fit into a header");
    Voter {
        id: rules
            .voter(&random)
            .expect("BUG: a random identity breaks the rules"),
        set_cookie: Some(set_cookie),
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(found, _)| *found == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PROFILES;

    const CATS: Rules = Rules {
        profile: &PROFILES[0],
        accept_any_option: false,
    };

    fn with_cookie(text: &str) -> Voter {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(text).unwrap());
        voter(&headers, &CATS)
    }

    #[test]
    fn a_known_voter_gets_no_new_cookie() {
        let voter = with_cookie("theme=dark; voter_id=6d04a1f0e5b5d1c; x=y");
        assert_eq!(voter.id.as_str(), "6d04a1f0e5b5d1c");
        assert_eq!(voter.set_cookie, None);
    }

    #[test]
    fn a_value_that_cannot_be_stored_counts_as_none() {
        for cookie in [
            "voter_id=",
            "userID=ann",
            &format!("voter_id={}", "x".repeat(256)),
        ] {
            let voter = with_cookie(cookie);
            assert_eq!(voter.id.as_str().len(), 32);
            let expected = format!("voter_id={}; HttpOnly; SameSite=Lax; Path=/", voter.id);
            assert_eq!(voter.set_cookie.unwrap(), expected);
        }
    }
}
