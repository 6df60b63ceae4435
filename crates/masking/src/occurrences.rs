//! Replaces known values in a stream of bytes.
//!
//! Every byte that belongs to an occurrence is covered, also where occurrences overlap; each run of overlapping
//! occurrences becomes one `[MASKED]`. The end of a piece is held back from the first place on where a value may begin
//! that the piece does not end.

use crate::MASK;
use crate::lexicon::Lexicon;

/// The filter for one stream.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    held: Vec<u8>,
    /// So many of the held bytes belong to a run whose mark has been written.
    covered: usize,
}

impl Occurrences {
    /// Takes the next bytes of the stream and appends to `out` what is safe to show.
    pub(crate) fn push(&mut self, lexicon: &Lexicon, bytes: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(bytes);
        self.release(lexicon, false, out);
    }

    /// Ends the stream: what was held back goes no further.
    pub(crate) fn finish(&mut self, lexicon: &Lexicon, out: &mut Vec<u8>) {
        self.release(lexicon, true, out);
    }

    fn release(&mut self, lexicon: &Lexicon, is_end: bool, out: &mut Vec<u8>) {
        let mut covered = self.covered;
        let mut at = 0;
        loop {
            at = lexicon.next(&self.held, at);
            if at == self.held.len() {
                break;
            }
            let found = lexicon.at_start_of(&self.held[at..]);
            if found.open && !is_end {
                break;
            }
            if let Some(length) = found.longest {
                if at >= covered {
                    out.extend_from_slice(&self.held[covered..at]);
                    out.extend_from_slice(MASK.as_bytes());
                }
                covered = covered.max(at + length);
            }
            at += 1;
        }
        if at > covered {
            out.extend_from_slice(&self.held[covered..at]);
        }
        self.held.drain(..at);
        self.covered = covered.saturating_sub(at);
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
            out.extend_from_slice(MASK.as_bytes());
            shown = end;
        }
        out.extend_from_slice(&text[shown..]);
        out
    }

    /// What each piece lets out, and what the end does.
    fn pieces(patterns: &[&str], chunks: &[&str]) -> Vec<String> {
        let patterns: Vec<Vec<u8>> = patterns
            .iter()
            .map(|pattern| pattern.as_bytes().to_vec())
            .collect();
        let lexicon = Lexicon::new(&patterns).unwrap();
        let mut filter = Occurrences::default();
        let mut pieces: Vec<String> = Vec::new();
        for chunk in chunks {
            let mut out = Vec::new();
            filter.push(&lexicon, chunk.as_bytes(), &mut out);
            pieces.push(String::from_utf8(out).unwrap());
        }
        let mut out = Vec::new();
        filter.finish(&lexicon, &mut out);
        pieces.push(String::from_utf8(out).unwrap());
        pieces
    }

    #[test]
    fn only_a_possible_beginning_is_held_back() {
        assert_eq!(
            pieces(&["hunter2"], &["pass: hun", "ter2", "\n"]),
            ["pass: ", "[MASKED]", "\n", ""]
        );
        assert_eq!(
            pieces(&["hunter2"], &["the hun", "gry\n"]),
            ["the ", "hungry\n", ""]
        );
        assert_eq!(
            pieces(&["hunter2"], &["plain text\n", "a hunt"]),
            ["plain text\n", "a ", "hunt"]
        );
    }

    #[test]
    fn overlapping_secrets_are_covered_as_one() {
        assert_eq!(
            pieces(&["abcdef", "defghi"], &["<abcdefghi>"]).concat(),
            "<[MASKED]>"
        );
        assert_eq!(
            pieces(&["abc", "abcdef"], &["<abcdex abcdef>"]).concat(),
            "<[MASKED]dex [MASKED]>"
        );
        assert_eq!(pieces(&["abc"], &["abcabc"]).concat(), "[MASKED][MASKED]");
    }

    #[test]
    fn a_run_without_end_takes_no_memory() {
        let lexicon = Lexicon::new(&[b"aaa".to_vec()]).unwrap();
        let mut filter = Occurrences::default();
        let mut out = Vec::new();
        for _ in 0..1000 {
            filter.push(&lexicon, &[b'a'; 1000], &mut out);
            assert!(filter.held.len() < 10);
        }
        filter.finish(&lexicon, &mut out);
        assert_eq!(out, MASK.as_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_the_obvious_search_however_the_stream_is_cut(
            patterns in prop::collection::vec(prop::collection::vec(b'a'..b'd', 1..9), 1..6),
            chunks in prop::collection::vec(prop::collection::vec(b'a'..b'e', 0..12), 0..12),
        ) {
            let lexicon = Lexicon::new(&patterns).unwrap();
            let mut filter = Occurrences::default();
            let mut out = Vec::new();
            for chunk in &chunks {
                filter.push(&lexicon, chunk, &mut out);
            }
            filter.finish(&lexicon, &mut out);
            prop_assert_eq!(
                String::from_utf8(out).unwrap(),
                String::from_utf8(naive(&patterns, &chunks.concat())).unwrap()
            );
        }
    }
}
