//! The two elections this program can hold. They differ in data only.

use std::str::FromStr;

use thiserror::Error;

/// The names an election uses in its pages, messages, cookies and tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: &'static str,
    /// What a vote says for the first and the second option.
    pub keys: [&'static str; 2],
    /// What the pages call them.
    pub labels: [&'static str; 2],
    /// Of the page with the choice, where it is not the question itself.
    pub title: Option<&'static str>,
    pub cookie: &'static str,
    /// The voter's field in messages and in posted JSON.
    pub voter_field: &'static str,
    /// The voter's column in the table `votes`.
    pub voter_column: &'static str,
    /// How many characters the table's columns hold.
    pub longest_text: usize,
}

pub const PROFILES: [Profile; 2] = [
    Profile {
        name: "cats-dogs",
        keys: ["a", "b"],
        labels: ["Cats", "Dogs"],
        title: None,
        cookie: "voter_id",
        voter_field: "voter_id",
        voter_column: "id",
        longest_text: 255,
    },
    Profile {
        name: "coca-pepsi",
        keys: ["coca", "pepsi"],
        labels: ["Coca", "Pepsi"],
        title: Some("Voting App"),
        cookie: "userID",
        voter_field: "userID",
        voter_column: "userID",
        longest_text: 40,
    },
];

/// What the two options are called on the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(pub [String; 2]);

impl Labels {
    pub fn new(profile: &Profile, first: Option<String>, second: Option<String>) -> Labels {
        let [a, b] = profile.labels;
        Labels([
            first.unwrap_or_else(|| a.to_owned()),
            second.unwrap_or_else(|| b.to_owned()),
        ])
    }

    pub fn question(&self) -> String {
        let Labels([first, second]) = self;
        format!("{first} vs {second}!")
    }
}

#[derive(Debug, PartialEq, Eq, Error)]
#[error("there is no profile `{0}`; there are `cats-dogs` and `coca-pepsi`")]
pub struct UnknownProfile(String);

impl FromStr for &'static Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        PROFILES
            .iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}
