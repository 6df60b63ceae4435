//! Replaces what differs between runs and machines; placeholders are as wide as what they stand for where columns
//! depend on it.

use std::path::Path;

/// Returns `text` without the test's folder, commits, digests, times and durations.
pub(crate) fn redact(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[FOLDER]");
    let text = in_words(&text, word);
    let text = in_place(&text, "####-##-## ##:##", "YYYY-MM-DD hh:mm");
    durations(&text)
}

/// A commit by its length, `1-` and a digest.
fn word(word: &str) -> Option<&'static str> {
    let is_hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if !word.bytes().all(is_hex) {
        return None;
    }
    match word.len() {
        8 => Some("[commit]"),
        16 => Some("[----digest----]"),
        40 => Some("[commit--------------------------------]"),
        64 => Some("[hash]"),
        _ => None,
    }
}

fn in_words(text: &str, replace: impl Fn(&str) -> Option<&'static str>) -> String {
    let is_edge = |letter: char| !letter.is_ascii_alphanumeric();
    text.split_inclusive(is_edge)
        .map(|part| {
            let word = part.trim_end_matches(is_edge);
            replace(word).map_or_else(|| part.to_owned(), |new| part.replacen(word, new, 1))
        })
        .collect()
}

/// Replaces every place that looks like `pattern`, in which `#` stands for a digit.
fn in_place(text: &str, pattern: &str, replacement: &str) -> String {
    let looks_alike = |candidate: &str| {
        candidate.len() == pattern.len()
            && candidate.chars().zip(pattern.chars()).all(|(letter, wanted)| {
                if wanted == '#' {
                    letter.is_ascii_digit()
                } else {
                    letter == wanted
                }
            })
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.get(..pattern.len()).is_some_and(looks_alike) {
            out.push_str(replacement);
            rest = &rest[pattern.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// `0.3 s` and `12.5 s` in a right-aligned column become `#.# s` of the column's width.
fn durations(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" s") {
        let (before, after) = rest.split_at(at + " s".len());
        let number = before
            .trim_end_matches(" s")
            .rsplit(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .next()
            .unwrap_or_default();
        let ends = !after.starts_with(|letter: char| letter.is_alphanumeric());
        if ends && number.contains('.') && number.starts_with(|digit: char| digit.is_ascii_digit()) {
            let kept = before.len() - number.len() - " s".len();
            let wider = number.len().saturating_sub("#.#".len());
            out.push_str(&before[..kept]);
            out.push_str(&" ".repeat(wider));
            out.push_str("#.# s");
        } else {
            out.push_str(before);
        }
        rest = after;
    }
    out + rest
}

#[test]
fn what_varies_becomes_a_placeholder_of_its_width() {
    let text = "/tmp/x/a  12.5 s|\n at 0123abcd, not 0123abcde; 2026-01-02 03:04, 0.1 s|\n1 s|";
    insta::assert_snapshot!(redact(text, Path::new("/tmp/x")), @r"
    [FOLDER]/a   #.# s|
     at [commit], not 0123abcde; YYYY-MM-DD hh:mm, #.# s|
    1 s|
    ");
}
