//! Which of the delivered votes count.

use std::collections::BTreeMap;

use super::ballot::{Ballot, Choice, VoterId};

/// The place of a vote in its queue. A voter's later vote has the higher one, whichever is delivered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub i64);

/// A message of the queue, as it reaches the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    Vote {
        sequence: Sequence,
        ballot: Ballot,
    },
    /// What can never be counted, kept for somebody to look at.
    Malformed(DeadLetter),
}

/// A message that was set aside, so that it stops nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub sequence: Sequence,
    pub body: String,
    pub reason: String,
}

/// Deliveries reduced to what a store has to know: at most one vote of each voter, in the order of their names so
/// that two workers never lock rows crosswise.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    newest: BTreeMap<VoterId, (Sequence, Choice)>,
    pub dead_letters: Vec<DeadLetter>,
}

impl Batch {
    pub fn votes(&self) -> impl Iterator<Item = (&VoterId, &Choice, Sequence)> {
        self.newest
            .iter()
            .map(|(voter, (sequence, choice))| (voter, choice, *sequence))
    }

    pub fn has_votes(&self) -> bool {
        !self.newest.is_empty()
    }

    fn take(&mut self, sequence: Sequence, ballot: Ballot) {
        match self.newest.get(&ballot.voter) {
            Some((known, _)) if *known >= sequence => {}
            _ => {
                self.newest.insert(ballot.voter, (sequence, ballot.choice));
            }
        }
    }
}

impl FromIterator<Delivery> for Batch {
    fn from_iter<Deliveries: IntoIterator<Item = Delivery>>(deliveries: Deliveries) -> Batch {
        let mut batch = Batch::default();
        for delivery in deliveries {
            match delivery {
                Delivery::Vote { sequence, ballot } => batch.take(sequence, ballot),
                Delivery::Malformed(letter) => batch.dead_letters.push(letter),
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PROFILES, Rules};
    use super::*;

    fn vote(sequence: i64, voter: &str, choice: &str) -> Delivery {
        let rules = Rules {
            profile: &PROFILES[0],
            accept_any_option: false,
        };
        Delivery::Vote {
            sequence: Sequence(sequence),
            ballot: rules.ballot(voter, choice).unwrap(),
        }
    }

    // shows: S4-14, S4-18
    #[test]
    fn of_each_voter_the_vote_cast_last_counts_whatever_came_first() {
        let batch: Batch = [
            vote(7, "ann", "b"),
            vote(3, "ann", "a"),
            vote(5, "bob", "a"),
            vote(7, "ann", "b"),
        ]
        .into_iter()
        .collect();
        let votes: Vec<_> = batch
            .votes()
            .map(|(voter, choice, sequence)| (voter.as_str(), choice.as_str(), sequence.0))
            .collect();
        assert_eq!(votes, [("ann", "b", 7), ("bob", "a", 5)]);
    }
}
