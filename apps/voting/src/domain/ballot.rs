//! Who may vote for what.

use std::fmt;

use thiserror::Error;

use super::profile::Profile;

/// Somebody's identity: a cookie in the browser, a field in posted JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoterId(String);

/// What is voted for; a key of the profile unless the rules accept any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    pub voter: VoterId,
    pub choice: Choice,
}

/// What a ballot is held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub profile: &'static Profile,
    /// As the original programs do: whatever somebody sends becomes an option.
    pub accept_any_option: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unacceptable {
    #[error("the voter is empty")]
    NoVoter,
    #[error("the option is empty")]
    NoOption,
    #[error("`{0}` is not an option")]
    UnknownOption(String),
    #[error("a text has more than {0} characters")]
    TooLong(usize),
    #[error("a text has control characters")]
    ControlCharacters,
    #[error("a text begins or ends with a blank")]
    OuterBlanks,
}

impl Rules {
    pub fn ballot(&self, voter: &str, choice: &str) -> Result<Ballot, Unacceptable> {
        Ok(Ballot {
            voter: self.voter(voter)?,
            choice: self.choice(choice)?,
        })
    }

    pub fn voter(&self, text: &str) -> Result<VoterId, Unacceptable> {
        if text.is_empty() {
            return Err(Unacceptable::NoVoter);
        }
        self.check_text(text)?;
        Ok(VoterId(text.to_owned()))
    }

    pub fn choice(&self, text: &str) -> Result<Choice, Unacceptable> {
        if text.is_empty() {
            return Err(Unacceptable::NoOption);
        }
        if !self.profile.keys.contains(&text) && !self.accept_any_option {
            return Err(Unacceptable::UnknownOption(text.to_owned()));
        }
        self.check_text(text)?;
        Ok(Choice(text.to_owned()))
    }

    /// Control characters are refused because PostgreSQL stores no zero byte and a cookie carries none of them; outer
    /// blanks because MySQL takes `ann` and `ann ` for the same key.
    fn check_text(&self, text: &str) -> Result<(), Unacceptable> {
        let longest = self.profile.longest_text;
        if text.chars().count() > longest {
            return Err(Unacceptable::TooLong(longest));
        }
        if text.chars().any(char::is_control) {
            return Err(Unacceptable::ControlCharacters);
        }
        if text.trim() != text {
            return Err(Unacceptable::OuterBlanks);
        }
        Ok(())
    }
}

impl VoterId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Choice {
    /// Takes what a store gave back, which was checked on its way in.
    pub fn from_store(text: String) -> Choice {
        Choice(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VoterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PROFILES;
    use super::*;

    const COLA: Rules = Rules {
        profile: &PROFILES[1],
        accept_any_option: false,
    };

    fn refusal(voter: &str, choice: &str) -> String {
        COLA.ballot(voter, choice).unwrap_err().to_string()
    }

    #[test]
    fn a_ballot_names_a_voter_and_an_option_of_the_profile() {
        let ballot = COLA.ballot("id-1", "coca").unwrap();
        assert_eq!((ballot.voter.as_str(), ballot.choice.as_str()), ("id-1", "coca"));
    }

    #[test]
    fn what_cannot_be_counted_or_stored_is_refused() {
        assert_eq!(refusal("", "coca"), "the voter is empty");
        assert_eq!(refusal("id", ""), "the option is empty");
        assert_eq!(refusal("id", "fanta"), "`fanta` is not an option");
        assert_eq!(
            refusal(&"é".repeat(41), "coca"),
            "a text has more than 40 characters"
        );
        assert!(COLA.ballot(&"é".repeat(40), "coca").is_ok());
        assert_eq!(refusal("i\0d", "coca"), "a text has control characters");
        assert_eq!(refusal("ann ", "coca"), "a text begins or ends with a blank");
    }

    #[test]
    fn any_option_is_accepted_when_asked_for() {
        let rules = Rules {
            accept_any_option: true,
            ..COLA
        };
        assert!(rules.ballot("id", "fanta").is_ok());
        assert_eq!(rules.ballot("id", ""), Err(Unacceptable::NoOption));
        assert_eq!(
            rules.ballot("id", &"x".repeat(41)),
            Err(Unacceptable::TooLong(40))
        );
    }
}
