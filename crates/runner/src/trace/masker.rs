//! Replaces secrets in a stream of bytes.
//!
//! Every byte that belongs to an occurrence of a secret is covered, also where occurrences overlap; each run of
//! overlapping occurrences becomes one `[MASKED]`. What comes out does not depend on how the stream was cut into
//! chunks: the end of a chunk is held back as long as it may be the beginning of a secret, and no longer, so that
//! ordinary output is not delayed.
//!
//! An Aho–Corasick automaton is driven by hand. Its state is the longest suffix of what was read that begins some
//! secret, and the length of that suffix is exactly what has to be held back.

use std::collections::HashMap;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

pub(crate) const MASK: &[u8] = b"[MASKED]";

/// The secrets of one job, ready to be searched for.
#[derive(Debug)]
pub(crate) struct Secrets {
    automaton: NFA,
    start: StateID,
    /// For each state but the first, how many bytes of a secret it stands for.
    depths: HashMap<StateID, usize>,
}

impl Secrets {
    /// Prepares the search; `None` where there is nothing to search for.
    pub(crate) fn new(patterns: &[Vec<u8>]) -> Option<Secrets> {
        let patterns: Vec<&[u8]> = patterns
            .iter()
            .map(Vec::as_slice)
            .filter(|p| !p.is_empty())
            .collect();
        if patterns.is_empty() {
            return None;
        }
        // The limits of the automaton are gigabytes; the payload of a job is far from them.
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .ok()?;
        let start = automaton.start_state(Anchored::No).ok()?;
        let mut depths = HashMap::new();
        for pattern in patterns {
            let mut state = start;
            for (index, byte) in pattern.iter().enumerate() {
                state = automaton.next_state(Anchored::No, state, *byte);
                depths.insert(state, index + 1);
            }
        }
        Some(Secrets {
            automaton,
            start,
            depths,
        })
    }

    fn depth(&self, state: StateID) -> usize {
        self.depths.get(&state).copied().unwrap_or(0)
    }

    /// Returns the length of the longest secret that ends in `state`.
    fn longest_match(&self, state: StateID) -> Option<usize> {
        if !self.automaton.is_match(state) {
            return None;
        }
        (0..self.automaton.match_len(state))
            .map(|index| {
                self.automaton
                    .pattern_len(self.automaton.match_pattern(state, index))
            })
            .max()
    }
}

/// A run of covered bytes, as offsets into the held bytes.
#[derive(Debug)]
struct Covered {
    start: usize,
    end: usize,
    /// `[MASKED]` has been written for the part of the run that went out with an earlier chunk.
    announced: bool,
}

/// The filter for one stream.
#[derive(Debug)]
pub(crate) struct Masker<'s> {
    secrets: Option<&'s Secrets>,
    state: StateID,
    held: Vec<u8>,
    covered: Vec<Covered>,
}

impl<'s> Masker<'s> {
    pub(crate) fn new(secrets: Option<&'s Secrets>) -> Masker<'s> {
        let state = secrets.map_or(StateID::ZERO, |secrets| secrets.start);
        Masker {
            secrets,
            state,
            held: Vec::new(),
            covered: Vec::new(),
        }
    }

    /// Takes the next bytes of the stream and appends to `out` what is safe to show.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(secrets) = self.secrets else {
            out.extend_from_slice(bytes);
            return;
        };
        for byte in bytes {
            self.held.push(*byte);
            self.state = secrets.automaton.next_state(Anchored::No, self.state, *byte);
            if let Some(length) = secrets.longest_match(self.state) {
                self.cover(self.held.len() - length);
            }
        }
        self.release(self.held.len() - secrets.depth(self.state), out);
    }

    /// Ends the stream: what was held back is no secret.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.release(self.held.len(), out);
        self.state = self.secrets.map_or(StateID::ZERO, |secrets| secrets.start);
    }

    /// Covers everything from `start` on, and joins it with the runs that it overlaps.
    fn cover(&mut self, start: usize) {
        let mut run = Covered {
            start,
            end: self.held.len(),
            announced: false,
        };
        while let Some(last) = self.covered.pop_if(|last| run.start < last.end) {
            run.start = run.start.min(last.start);
            run.announced |= last.announced;
        }
        self.covered.push(run);
    }

    /// Writes the first `until` held bytes, and forgets them.
    fn release(&mut self, until: usize, out: &mut Vec<u8>) {
        let mut shown = 0;
        for run in &mut self.covered {
            if run.start >= until {
                break;
            }
            out.extend_from_slice(&self.held[shown..run.start]);
            if !run.announced {
                out.extend_from_slice(MASK);
                run.announced = true;
            }
            shown = run.end.min(until);
        }
        out.extend_from_slice(&self.held[shown..until]);
        self.held.drain(..until);
        self.covered.retain_mut(|run| {
            run.start = run.start.saturating_sub(until);
            run.end = run.end.saturating_sub(until);
            run.end > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same promise, kept the obvious way: find every occurrence, join what overlaps, replace.
    fn naive(patterns: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for pattern in patterns.iter().filter(|pattern| !pattern.is_empty()) {
            for start in 0..text.len() {
                if text[start..].starts_with(pattern) {
                    runs.push((start, start + pattern.len()));
                }
            }
        }
        runs.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (start, end) in runs {
            match joined.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        let mut out = Vec::new();
        let mut shown = 0;
        for (start, end) in joined {
            out.extend_from_slice(&text[shown..start]);
            out.extend_from_slice(MASK);
            shown = end;
        }
        out.extend_from_slice(&text[shown..]);
        out
    }

    fn masked(patterns: &[&str], chunks: &[&str]) -> Vec<String> {
        let patterns: Vec<Vec<u8>> = patterns
            .iter()
            .map(|pattern| pattern.as_bytes().to_vec())
            .collect();
        let secrets = Secrets::new(&patterns);
        let mut masker = Masker::new(secrets.as_ref());
        let mut pieces: Vec<String> = Vec::new();
        let mut take = |fill: &mut dyn FnMut(&mut Vec<u8>)| {
            let mut out = Vec::new();
            fill(&mut out);
            pieces.push(String::from_utf8(out).unwrap());
        };
        for chunk in chunks {
            take(&mut |out| masker.push(chunk.as_bytes(), out));
        }
        take(&mut |out| masker.finish(out));
        pieces
    }

    #[test]
    fn only_a_possible_beginning_is_held_back() {
        assert_eq!(
            masked(&["hunter2"], &["pass: hun", "ter2\n"]),
            ["pass: ", "[MASKED]\n", ""]
        );
        assert_eq!(
            masked(&["hunter2"], &["the hun", "gry\n"]),
            ["the ", "hungry\n", ""]
        );
        assert_eq!(
            masked(&["hunter2"], &["plain text\n", "a hunt"]),
            ["plain text\n", "a ", "hunt"]
        );
    }

    #[test]
    fn overlapping_secrets_are_covered_as_one() {
        assert_eq!(
            masked(&["abcdef", "defghi"], &["<abcdefghi>"]).concat(),
            "<[MASKED]>"
        );
        assert_eq!(
            masked(&["abc", "abcdef"], &["<abcdex abcdef>"]).concat(),
            "<[MASKED]dex [MASKED]>"
        );
        assert_eq!(masked(&["abc"], &["abcabc"]).concat(), "[MASKED][MASKED]");
    }

    #[test]
    fn a_run_without_end_takes_no_memory() {
        let secrets = Secrets::new(&[b"aa".to_vec()]);
        let mut masker = Masker::new(secrets.as_ref());
        let mut out = Vec::new();
        for _ in 0..1000 {
            masker.push(&[b'a'; 1000], &mut out);
        }
        assert!(masker.held.len() < 10 && masker.covered.len() < 10);
        masker.finish(&mut out);
        assert_eq!(out, MASK);
    }

    proptest! {
        #[test]
        fn agrees_with_the_obvious_search_however_the_stream_is_cut(
            patterns in prop::collection::vec(prop::collection::vec(b'a'..b'd', 1..6), 0..5),
            chunks in prop::collection::vec(prop::collection::vec(b'a'..b'e', 0..12), 0..12),
        ) {
            let secrets = Secrets::new(&patterns);
            let mut masker = Masker::new(secrets.as_ref());
            let mut out = Vec::new();
            for chunk in &chunks {
                masker.push(chunk, &mut out);
            }
            masker.finish(&mut out);
            prop_assert_eq!(
                String::from_utf8(out).unwrap(),
                String::from_utf8(naive(&patterns, &chunks.concat())).unwrap()
            );
        }
    }
}
