//! Makes a stream of bytes valid UTF-8: what is not becomes U+FFFD.
//!
//! A character that is cut by the end of a chunk is kept until the next one, so the result does not depend on how
//! the stream was cut.

/// The filter for one stream.
#[derive(Debug, Default)]
pub(crate) struct Utf8Cleaner {
    /// The beginning of a character, at most three bytes.
    begun: Vec<u8>,
}

impl Utf8Cleaner {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut joined = std::mem::take(&mut self.begun);
        let mut rest = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, after) = rest.split_at(error.valid_up_to());
            out.extend_from_slice(valid);
            let Some(invalid) = error.error_len() else {
                self.begun = after.to_vec();
                return;
            };
            push_replacement(out);
            rest = &after[invalid..];
        }
        out.extend_from_slice(rest);
    }

    /// Ends the stream: a character that was begun stays incomplete.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if !std::mem::take(&mut self.begun).is_empty() {
            push_replacement(out);
        }
    }
}

fn push_replacement(out: &mut Vec<u8>) {
    out.extend_from_slice(char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(chunks: &[Vec<u8>]) -> String {
        let mut cleaner = Utf8Cleaner::default();
        let mut out = Vec::new();
        chunks.iter().for_each(|chunk| cleaner.push(chunk, &mut out));
        cleaner.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        assert_eq!(cleaned(&[vec![0xe2, 0x82], vec![0xac]]), "€");
        assert_eq!(cleaned(&[vec![0xe2], vec![b'x']]), "\u{fffd}x");
        assert_eq!(
            cleaned(&[vec![b'a', 0xff, b'b', 0xe2, 0x82]]),
            "a\u{fffd}b\u{fffd}"
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(
            bytes in prop::collection::vec(prop_oneof![0x60u8..0x65, 0x80u8..0xff], 0..24),
            cut in 0usize..24,
        ) {
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(
                cleaned(&[first.to_vec(), second.to_vec()]),
                String::from_utf8_lossy(&bytes).into_owned()
            );
        }
    }
}
