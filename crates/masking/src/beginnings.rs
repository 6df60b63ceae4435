//! Where in a text one of many patterns may begin, found faster than by looking for the patterns.
//!
//! Of each pattern the first four bytes are taken, or as many as the shortest pattern has, and remembered as one bit
//! each. The bits of thousands of patterns fit into the processor's cache, and most places of most texts are no
//! beginning by them.

const WINDOW: usize = 4;

/// With so many bits for each pattern, one place in 64 of random text is taken for a beginning.
const BITS_FOR_EACH: usize = 64;
const FEWEST_BITS: usize = 1 << 12;
const MOST_BITS: usize = 1 << 22;

/// Whether the case of letters matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Matters,
    Ignored,
}

#[derive(Debug)]
pub(crate) struct Beginnings {
    bits: Box<[u64]>,
    /// How far a hash is shifted to become the number of a bit.
    shift: u32,
    /// Which bits of a window count, as many bytes as the shortest pattern has.
    kept: u32,
    /// What makes letters of different case equal.
    folded: u32,
}

impl Beginnings {
    pub(crate) fn new(patterns: &[&[u8]], case: Case) -> Beginnings {
        let count = (patterns.len() * BITS_FOR_EACH).clamp(FEWEST_BITS, MOST_BITS);
        let count = count.next_power_of_two();
        let shortest = patterns.iter().map(|pattern| pattern.len()).min();
        let width = shortest.unwrap_or(WINDOW).min(WINDOW);
        let mut beginnings = Beginnings {
            bits: vec![0; count / 64].into(),
            shift: u32::BITS - count.trailing_zeros(),
            kept: u32::MAX >> (8 * (WINDOW - width)),
            folded: match case {
                Case::Matters => 0,
                Case::Ignored => 0x2020_2020,
            },
        };
        for pattern in patterns {
            let mut window = [0; WINDOW];
            window[..width].copy_from_slice(&pattern[..width]);
            let bit = beginnings.bit(window);
            beginnings.bits[bit / 64] |= 1 << (bit % 64);
        }
        beginnings
    }

    /// Returns the first place from `from` on where a pattern may begin, or where too little follows to tell.
    pub(crate) fn next(&self, text: &[u8], from: usize) -> usize {
        let windows = text[from..].windows(WINDOW);
        let left = windows.len();
        let found = windows
            .map(|window| self.bit([window[0], window[1], window[2], window[3]]))
            .position(|bit| self.bits[bit / 64] >> (bit % 64) & 1 == 1);
        from + found.unwrap_or(left)
    }

    fn bit(&self, window: [u8; WINDOW]) -> usize {
        let word = (u32::from_le_bytes(window) | self.folded) & self.kept;
        (word.wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_look_like_a_beginning_are_found() {
        let patterns: [&[u8]; 2] = [b"secret", b"password"];
        let beginnings = Beginnings::new(&patterns, Case::Matters);
        assert_eq!(beginnings.next(b"the secret", 0), 4);
        assert_eq!(
            beginnings.next(b"the secret", 5),
            7,
            "three bytes are too few to tell"
        );
        assert_eq!(beginnings.next(b"SECRET pass", 0), 7);
        assert_eq!(beginnings.next(b"se", 0), 0);
    }

    #[test]
    fn short_patterns_and_letters_of_any_case() {
        let patterns: [&[u8]; 2] = [b"ab", b"secret"];
        let beginnings = Beginnings::new(&patterns, Case::Ignored);
        assert_eq!(beginnings.next(b"xxAbxxxxSExx", 0), 2);
        assert_eq!(beginnings.next(b"xxAbxxxxSExx", 3), 8);
    }
}
