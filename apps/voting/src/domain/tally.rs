//! How many voters stand behind each option.

use std::collections::BTreeMap;

use super::ballot::Choice;
use super::profile::Profile;

/// Counts by option. Options without votes may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Choice, i64>);

impl Tally {
    pub fn add(&mut self, choice: Choice, voters: i64) {
        *self.0.entry(choice).or_default() += voters;
    }

    /// Records that one voter went from one choice to another; a new voter comes from nowhere.
    pub fn move_voter(&mut self, from: Option<&Choice>, to: &Choice) {
        if let Some(from) = from {
            self.add(from.clone(), -1);
        }
        self.add(to.clone(), 1);
    }

    pub fn total(&self) -> i64 {
        self.0.values().sum()
    }

    pub fn of(&self, key: &str) -> i64 {
        self.0
            .iter()
            .find(|(choice, _)| choice.as_str() == key)
            .map_or(0, |(_, count)| *count)
    }

    /// Returns the options with their counts where these are not zero.
    pub fn changes(&self) -> impl Iterator<Item = (&Choice, i64)> {
        self.0
            .iter()
            .map(|(choice, count)| (choice, *count))
            .filter(|(_, count)| *count != 0)
    }

    /// Returns the options of the profile first, also those without a vote, then what else was voted for.
    pub fn listed<'a>(&'a self, profile: &'a Profile) -> impl Iterator<Item = (&'a str, i64)> {
        let others = self
            .changes()
            .map(|(choice, count)| (choice.as_str(), count))
            .filter(|(key, _)| !profile.keys.contains(key));
        profile.keys.iter().map(|key| (*key, self.of(key))).chain(others)
    }
}

impl FromIterator<(Choice, i64)> for Tally {
    fn from_iter<Counts: IntoIterator<Item = (Choice, i64)>>(counts: Counts) -> Tally {
        let mut tally = Tally::default();
        for (choice, count) in counts {
            tally.add(choice, count);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::super::PROFILES;
    use super::*;

    #[test]
    fn options_without_votes_are_listed_and_strangers_come_last() {
        let mut tally = Tally::default();
        let choice = |text: &str| Choice::from_store(text.to_owned());
        tally.move_voter(None, &choice("aardvark"));
        tally.move_voter(None, &choice("b"));
        tally.move_voter(Some(&choice("b")), &choice("b"));
        let listed: Vec<_> = tally.listed(&PROFILES[0]).collect();
        assert_eq!(listed, [("a", 0), ("b", 1), ("aardvark", 1)]);
        assert_eq!(tally.total(), 2);
    }
}
