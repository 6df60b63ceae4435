//! The patterns to search for, and the question which of them begin at a place.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use crate::beginnings::{Beginnings, Case};

/// What begins at one place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The length of the longest pattern that stands there.
    pub(crate) longest: Option<usize>,
    /// The text ends where a longer one might go on.
    pub(crate) open: bool,
}

#[derive(Debug)]
pub(crate) struct Lexicon {
    automaton: NFA,
    start: StateID,
    beginnings: Beginnings,
}

impl Lexicon {
    /// Prepares the search; `None` where there is nothing to search for.
    pub(crate) fn new(patterns: &[Vec<u8>]) -> Option<Lexicon> {
        let patterns: Vec<&[u8]> = patterns
            .iter()
            .map(Vec::as_slice)
            .filter(|pattern| !pattern.is_empty())
            .collect();
        if patterns.is_empty() {
            return None;
        }
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .expect("BUG: the secrets of a job exceed gigabytes");
        let start = automaton
            .start_state(Anchored::Yes)
            .expect("BUG: the automaton was built for one kind of search only");
        Some(Lexicon {
            automaton,
            start,
            beginnings: Beginnings::new(&patterns, Case::Matters),
        })
    }

    /// Returns the first place from `from` on where a pattern may begin.
    pub(crate) fn next(&self, text: &[u8], from: usize) -> usize {
        self.beginnings.next(text, from)
    }

    /// Returns what begins where `text` begins.
    pub(crate) fn at_start_of(&self, text: &[u8]) -> Found {
        let mut state = self.start;
        let mut longest = None;
        for (index, byte) in text.iter().enumerate() {
            state = self.automaton.next_state(Anchored::Yes, state, *byte);
            if self.automaton.is_dead(state) {
                return Found { longest, open: false };
            }
            if self.ends_pattern(state, index + 1) {
                longest = Some(index + 1);
            }
        }
        Found {
            longest,
            open: self.goes_on(state),
        }
    }

    /// A state also knows the patterns that are the end of what it stands for; those began later.
    fn ends_pattern(&self, state: StateID, length: usize) -> bool {
        self.automaton.is_match(state)
            && (0..self.automaton.match_len(state)).any(|index| {
                let pattern = self.automaton.match_pattern(state, index);
                self.automaton.pattern_len(pattern) == length
            })
    }

    fn goes_on(&self, state: StateID) -> bool {
        (0..=u8::MAX).any(|byte| {
            let next = self.automaton.next_state(Anchored::Yes, state, byte);
            !self.automaton.is_dead(next)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_at_a_place() {
        let patterns = ["abc", "abcdef", "bc"].map(|pattern| pattern.as_bytes().to_vec());
        let lexicon = Lexicon::new(&patterns).unwrap();
        let found = |text: &str| {
            let found = lexicon.at_start_of(text.as_bytes());
            (found.longest, found.open)
        };
        assert_eq!(found("abcdx"), (Some(3), false));
        assert_eq!(found("abcd"), (Some(3), true));
        assert_eq!(found("abcdef"), (Some(6), false));
        assert_eq!(found("ab"), (None, true));
        assert_eq!(found("x"), (None, false));
        assert!(Lexicon::new(&[Vec::new()]).is_none());
    }
}
