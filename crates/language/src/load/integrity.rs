//! `include:integrity`: a remote file is used only if it is the one that was meant.

use sha2::{Digest, Sha256};

/// The checksum that a file must have, from `sha256-<base64>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Integrity(String);

/// Why a text is no checksum, in GitLab's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoIntegrity {
    #[error("integrity hash must start with 'sha256-'")]
    Prefix,
    #[error("integrity hash must be base64 encoded")]
    Base64,
}

impl Integrity {
    pub(super) fn parse(text: &str) -> Result<Integrity, NoIntegrity> {
        let hash = text.strip_prefix("sha256-").ok_or(NoIntegrity::Prefix)?;
        let digits = hash.trim_end_matches('=');
        let is_base64 = digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
        if digits.is_empty() || !is_base64 || !hash.len().is_multiple_of(4) || hash.len() - digits.len() > 2 {
            return Err(NoIntegrity::Base64);
        }
        Ok(Integrity(hash.to_owned()))
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        base64(&Sha256::digest(text.as_bytes())) == self.0
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= chunk.len() {
                let index = bits >> (18 - 6 * digit) & 0x3f;
                out.push(char::from(DIGITS[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_openssl() {
        // printf '' | openssl dgst -sha256 -binary | base64
        let empty = Integrity::parse("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert!(empty.expect("it is one").holds(""));
        for (bytes, text) in [("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn other_texts_are_none() {
        assert_eq!(Integrity::parse("sha512-YQ=="), Err(NoIntegrity::Prefix));
        for text in ["sha256-", "sha256-Y!==", "sha256-YQ", "sha256-YWJj===="] {
            assert_eq!(Integrity::parse(text), Err(NoIntegrity::Base64), "{text}");
        }
    }
}
