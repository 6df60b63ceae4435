//! A cursor over the bytes of a scalar, for patterns too small to need an engine.

use std::ops::RangeInclusive;

#[derive(Clone, Copy)]
pub(crate) struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Scan<'a> {
        Scan(text.as_bytes())
    }

    pub(crate) fn is_done(self) -> bool {
        self.0.is_empty()
    }

    /// Takes one byte if it is one of `wanted`.
    pub(crate) fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    /// Takes all bytes that `wanted` likes, possibly none.
    pub(crate) fn while_is(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self
            .0
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// Takes as many digits as there are, if their count is right.
    pub(crate) fn digits(&mut self, count: RangeInclusive<usize>) -> Option<&'a [u8]> {
        let taken = self.while_is(|byte| byte.is_ascii_digit());
        count.contains(&taken.len()).then_some(taken)
    }
}
