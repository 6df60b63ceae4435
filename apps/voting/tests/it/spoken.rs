//! Answers as text, with what varies replaced.

use voting::client::Answer;

const SHOWN: &[&str] = &["content-type", "set-cookie", "allow", "retry-after"];

/// Returns status, headers that are part of the contract, and body.
pub(crate) fn spoken(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    for name in SHOWN {
        for value in answer.headers.get_all(*name) {
            text.push_str(&format!("{name}: {}\n", redacted(value.to_str().unwrap())));
        }
    }
    text.push('\n');
    text.push_str(std::str::from_utf8(&answer.body).unwrap());
    text
}

/// Replaces each run of 32 hexadecimal digits.
fn redacted(value: &str) -> String {
    let mut text = value.to_owned();
    let is_identity = |window: &[u8]| window.iter().all(u8::is_ascii_hexdigit);
    if let Some(at) = value.as_bytes().windows(32).position(is_identity) {
        text.replace_range(at..at + 32, "<random>");
    }
    text
}
