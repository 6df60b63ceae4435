//! What to search a log for: a job's secrets, and the forms they take on their way into a log.
//!
//! Besides the value itself: its lines, its base64 form wherever it may stand in a longer text, its URL and JSON
//! encodings. A value shorter than [`SHORTEST`] is not masked, since `[MASKED]` all over the log would tell it anyway;
//! the job's log says so.

use gantry_protocol::payload::JobPayload;

/// In bytes. Servers accept masked variables from eight characters on.
pub(crate) const SHORTEST: usize = 4;
/// Lines of a longer secret are masked from this length on: `}` or `[default]` alone give nothing away.
const SHORTEST_LINE: usize = 8;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The secrets of a job, and the masked variables that are too short to be hidden.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    pub(crate) patterns: Vec<Vec<u8>>,
    pub(crate) too_short: Vec<String>,
}

impl Patterns {
    /// Collects the secrets of a payload; `expanded` are the variables' values as the job will see them.
    pub(crate) fn of_job<'a>(
        payload: &JobPayload,
        expanded: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Patterns {
        let mut patterns = Patterns::default();
        let masked = |key: &str| {
            payload
                .variables
                .iter()
                .any(|variable| variable.key == key && variable.masked)
        };
        for variable in payload.variables.iter().filter(|variable| variable.masked) {
            patterns.add_variable(&variable.key, &variable.value);
        }
        for (_, value) in expanded.into_iter().filter(|(key, _)| masked(key)) {
            patterns.add(value);
        }
        patterns.add(&payload.token);
        payload
            .dependencies
            .iter()
            .for_each(|dependency| patterns.add(&dependency.token));
        payload
            .credentials
            .iter()
            .for_each(|credentials| patterns.add(&credentials.password));
        patterns.patterns.sort_unstable();
        patterns.patterns.dedup();
        patterns
    }

    fn add_variable(&mut self, key: &str, value: &str) {
        if (1..SHORTEST).contains(&value.trim().len()) && !self.too_short.iter().any(|known| known == key) {
            self.too_short.push(key.to_owned());
        }
        self.add(value);
    }

    fn add(&mut self, value: &str) {
        let value = value.trim();
        self.add_forms(value);
        if value.contains('\n') {
            value
                .lines()
                .map(str::trim)
                .filter(|line| line.len() >= SHORTEST_LINE)
                .for_each(|line| self.add_forms(line));
        }
    }

    fn add_forms(&mut self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        self.keep(value.as_bytes().to_vec());
        for alphabet in [STANDARD, URL_SAFE] {
            let whole = base64(value.as_bytes(), alphabet);
            let padding = "=".repeat((4 - whole.len() % 4) % 4);
            self.keep([whole.as_slice(), padding.as_bytes()].concat());
            for offset in 0..3 {
                self.keep(base64_inside(value.as_bytes(), offset, alphabet));
            }
        }
        for url in url_encodings(value) {
            self.keep(url.into_bytes());
        }
        if let Ok(json) = serde_json::to_string(value) {
            self.keep(json.as_bytes()[1..json.len() - 1].to_vec());
        }
    }

    fn keep(&mut self, pattern: Vec<u8>) {
        if pattern.len() >= SHORTEST {
            self.patterns.push(pattern);
        }
    }
}

/// Returns the base64 form of `bytes` without padding.
fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for index in 0..=group.len() {
            out.push(alphabet[(word >> (18 - 6 * index)) as usize & 63]);
        }
    }
    out
}

/// Returns the characters that stand for `bytes` in the base64 form of any longer text in which `bytes` begin at a
/// position that leaves the remainder `offset` when divided by three: all but those shared with a neighbour.
fn base64_inside(bytes: &[u8], offset: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let padded = [&[0, 0][..offset], bytes].concat();
    let encoded = base64(&padded, alphabet);
    let first = (offset * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    encoded[first.min(end)..end].to_vec()
}

/// Returns `value` percent-encoded: with upper and lower case digits, and as in a form.
fn url_encodings(value: &str) -> [String; 3] {
    let encode = |lower: bool, plus: bool| {
        let mut out = String::new();
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte));
                }
                b' ' if plus => out.push('+'),
                _ if lower => out.push_str(&format!("%{byte:02x}")),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    [encode(false, false), encode(true, false), encode(false, true)]
}

#[cfg(test)]
mod tests {
    use gantry_protocol::payload::Variable;

    use super::*;
    use crate::trace::masker::{Masker, Secrets};

    fn masked(value: &str, text: &str) -> String {
        let variable = Variable {
            key: "S".into(),
            value: value.into(),
            masked: true,
            ..Variable::default()
        };
        let payload = JobPayload {
            variables: vec![variable],
            ..JobPayload::default()
        };
        let secrets = Secrets::new(&Patterns::of_job(&payload, []).patterns);
        let mut out = Vec::new();
        let mut masker = Masker::new(secrets.as_ref());
        masker.push(text.as_bytes(), &mut out);
        masker.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn base64_is_found_at_every_offset() {
        let secret = "Sup3r-s3cret?";
        for prefix in ["", "u", "us", "use", "user:"] {
            for suffix in ["", "x", "xy", "xyz"] {
                let text = format!("{prefix}{secret}{suffix}");
                let encoded = String::from_utf8(base64(text.as_bytes(), STANDARD)).unwrap();
                let shown = masked(secret, &encoded);
                assert!(shown.contains("[MASKED]"), "{text}: {shown}");
                // At most one character at each side is shared with a neighbour, and tells at most four bits.
                let rest = shown.replace("[MASKED]", "");
                assert!(
                    rest.len() <= (prefix.len() + suffix.len()).div_ceil(3) * 4 + 2,
                    "{text}: {shown}"
                );
            }
        }
        assert_eq!(masked(secret, "U3VwM3ItczNjcmV0Pw=="), "[MASKED]");
    }

    #[test]
    fn other_encodings_are_found() {
        assert_eq!(masked("p@ss word", "x=p%40ss%20word&y"), "x=[MASKED]&y");
        assert_eq!(masked("p@ss word", "x=p%40ss+word&y"), "x=[MASKED]&y");
        assert_eq!(masked(r#"a"b\c"#, r#"{"k":"a\"b\\c"}"#), r#"{"k":"[MASKED]"}"#);
        assert_eq!(masked("key one\nline two of it\n}", "line two of it"), "[MASKED]");
        assert_eq!(masked("  padded-value \n", "<padded-value>"), "<[MASKED]>");
    }

    #[test]
    fn a_value_too_short_to_hide_is_named() {
        let variable = Variable {
            key: "PIN".into(),
            value: "12".into(),
            masked: true,
            ..Variable::default()
        };
        let payload = JobPayload {
            variables: vec![variable],
            ..JobPayload::default()
        };
        let patterns = Patterns::of_job(&payload, []);
        assert_eq!(patterns.too_short, ["PIN"]);
        assert!(patterns.patterns.is_empty());
    }
}
