//! What is to be hidden, ready to be searched for.

use crate::Masker;
use crate::forms;
use crate::lexicon::Lexicon;
use crate::markers::Markers;

/// The secrets of one job, or of one text.
#[derive(Debug)]
pub struct Secrets {
    pub(crate) values: Option<Lexicon>,
    pub(crate) markers: Markers,
}

impl Secrets {
    /// Prepares the search for `values` in all their forms, and for tokens with one of the `prefixes`.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>, prefixes: &[String]) -> Secrets {
        let mut patterns: Vec<Vec<u8>> = values.into_iter().flat_map(forms::of_value).collect();
        patterns.sort_unstable();
        patterns.dedup();
        Secrets {
            values: Lexicon::new(&patterns),
            markers: Markers::new(prefixes),
        }
    }

    /// Returns a whole text with everything hidden.
    pub fn mask(&self, text: &str) -> String {
        let mut masker = Masker::new(self);
        let mut out = Vec::with_capacity(text.len());
        masker.push(text.as_bytes(), &mut out);
        masker.finish(&mut out);
        // A value that is text begins and ends between two letters.
        String::from_utf8_lossy(&out).into_owned()
    }
}
