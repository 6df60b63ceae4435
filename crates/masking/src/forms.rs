//! The forms that a secret takes on its way into a text.
//!
//! Besides the value itself: its lines, its base64 form wherever it may stand in a longer text and as tools break it
//! into lines, its URL and JSON encodings. A value shorter than [`SHORTEST`] has none: `[MASKED]` all over a text
//! would tell it anyway.

/// In bytes. Servers accept masked variables from eight characters on.
pub const SHORTEST: usize = 4;
/// Lines of a longer secret are hidden from this length on: `}` or `[default]` alone give nothing away.
const SHORTEST_LINE: usize = 8;
/// Where `base64`, and where PEM and `openssl`, break their lines.
const BASE64_LINES: [usize; 2] = [76, 64];

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns every form of a value, without blanks around it.
pub(crate) fn of_value(value: &str) -> Vec<Vec<u8>> {
    let value = value.trim();
    let mut forms = Forms::default();
    forms.add(value);
    if value.contains('\n') {
        let lines = value.lines().map(str::trim);
        lines
            .filter(|line| line.len() >= SHORTEST_LINE)
            .for_each(|line| forms.add(line));
    }
    forms.0
}

#[derive(Default)]
struct Forms(Vec<Vec<u8>>);

impl Forms {
    fn add(&mut self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        self.keep(value.as_bytes().to_vec());
        for alphabet in [STANDARD, URL_SAFE] {
            self.add_base64(value.as_bytes(), alphabet);
        }
        for url in url_encodings(value) {
            self.keep(url.into_bytes());
        }
        if let Ok(json) = serde_json::to_string(value) {
            self.keep(json.as_bytes()[1..json.len() - 1].to_vec());
        }
    }

    fn add_base64(&mut self, value: &[u8], alphabet: &[u8; 64]) {
        let mut whole = base64(value, alphabet);
        whole.resize(whole.len().next_multiple_of(4), b'=');
        for width in BASE64_LINES.into_iter().filter(|width| *width < whole.len()) {
            for line in whole.chunks(width).filter(|line| line.len() >= SHORTEST_LINE) {
                self.keep(line.to_vec());
            }
        }
        self.keep(whole);
        for offset in 0..3 {
            let [inside, at_the_end] = base64_within(value, offset, alphabet);
            self.keep(inside);
            self.keep(at_the_end);
        }
    }

    fn keep(&mut self, form: Vec<u8>) {
        if form.len() >= SHORTEST {
            self.0.push(form);
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

/// Returns the characters that stand for `bytes` in the base64 form of a longer text in which `bytes` begin at a
/// position that leaves the remainder `offset` when divided by three: all but those shared with a neighbour. First for
/// a text that goes on behind them, then for one that ends with them.
fn base64_within(bytes: &[u8], offset: usize, alphabet: &[u8; 64]) -> [Vec<u8>; 2] {
    let padded = [&[0, 0][..offset], bytes].concat();
    let mut encoded = base64(&padded, alphabet);
    let first = (offset * 8).div_ceil(6).min(encoded.len());
    let end = (padded.len() * 8 / 6).max(first);
    let inside = encoded[first..end].to_vec();
    encoded.resize(encoded.len().next_multiple_of(4), b'=');
    [inside, encoded.split_off(first)]
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
    use super::*;
    use crate::Secrets;

    fn masked(secret: &str, text: &str) -> String {
        Secrets::new([secret], &[]).mask(text)
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
        assert_eq!(masked(secret, "dTpTdXAzci1zM2NyZXQ/"), "dTp[MASKED]");
        assert_eq!(masked(secret, "dXNlcjpTdXAzci1zM2NyZXQ/"), "dXNlcjp[MASKED]");
    }

    #[test]
    fn base64_is_found_in_lines() {
        let secret = "0123456789".repeat(12);
        let encoded = String::from_utf8(base64(secret.as_bytes(), STANDARD)).unwrap();
        for width in BASE64_LINES {
            let lines: Vec<&str> = (0..encoded.len())
                .step_by(width)
                .map(|at| &encoded[at..encoded.len().min(at + width)])
                .collect();
            let shown = masked(&secret, &lines.join("\n"));
            assert_eq!(shown.replace("[MASKED]", "").trim(), "", "{width}: {shown}");
        }
    }

    #[test]
    fn other_encodings_are_found() {
        assert_eq!(masked("p@ss word", "x=p%40ss%20word&y"), "x=[MASKED]&y");
        assert_eq!(masked("p@ss word", "x=p%40ss+word&y"), "x=[MASKED]&y");
        assert_eq!(masked(r#"a"b\c"#, r#"{"k":"a\"b\\c"}"#), r#"{"k":"[MASKED]"}"#);
        assert_eq!(masked("  padded-value \n", "<padded-value>"), "<[MASKED]>");
    }

    #[test]
    fn each_line_of_a_file_is_found() {
        let key = "-----BEGIN KEY-----\nMIIBOgIBAAJBAK\nab\n-----END KEY-----\n";
        assert_eq!(
            masked(key, "  -----BEGIN KEY-----\n  MIIBOgIBAAJBAK\n  ab\n"),
            "  [MASKED]\n  [MASKED]\n  ab\n"
        );
        assert_eq!(masked(key, &format!("<{}>", key.trim())), "<[MASKED]>");
        assert_eq!(masked(key, &format!("{key:?}")), r#""[MASKED]\n""#);
    }

    #[test]
    fn what_is_too_short_has_no_form() {
        assert_eq!(of_value("123").len(), 0);
        assert_eq!(masked("123", "1234"), "1234");
    }
}
