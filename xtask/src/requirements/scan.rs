//! Finds `// shows: …` above tests in Rust source.
//!
//! Works on lines, not on syntax: the comments and attributes that stand directly above a function are its head, in
//! any order. A head that shows something has to belong to a test.

use std::mem;

/// Where a test is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TestName {
    pub(super) file: String,
    pub(super) function: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) id: String,
    pub(super) test: TestName,
    pub(super) line: usize,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) claims: Vec<Claim>,
    pub(super) mistakes: Vec<String>,
}

/// The comments and attributes above a line.
#[derive(Default)]
struct Head {
    /// Ids with the lines that name them.
    ids: Vec<(String, usize)>,
    is_test: bool,
    inside_attribute: bool,
}

pub(super) fn scan(file: &str, source: &str) -> Found {
    let mut found = Found::default();
    let mut head = Head::default();
    for (index, line) in source.lines().enumerate() {
        let line = line.trim();
        if head.takes(line, index + 1) {
            continue;
        }
        conclude(mem::take(&mut head), file, function_name(line), &mut found);
    }
    conclude(head, file, None, &mut found);
    found
}

fn conclude(head: Head, file: &str, function: Option<&str>, found: &mut Found) {
    let Some((_, line)) = head.ids.first() else { return };
    match function {
        Some(function) if head.is_test => {
            let test = TestName {
                file: file.to_owned(),
                function: function.to_owned(),
            };
            found.claims.extend(head.ids.into_iter().map(|(id, line)| Claim {
                id,
                test: test.clone(),
                line,
            }));
        }
        _ => found.mistakes.push(format!(
            "{file}:{line}: `shows:` does not stand directly above a test"
        )),
    }
}

impl Head {
    /// Tells whether a line belongs to the head, and remembers what it says.
    fn takes(&mut self, line: &str, number: usize) -> bool {
        if self.inside_attribute {
            self.inside_attribute = !line.ends_with(']');
        } else if let Some(ids) = line.strip_prefix("// shows:") {
            let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
            self.ids.extend(ids.map(|id| (id.to_owned(), number)));
        } else if line.starts_with("#[") {
            self.is_test |= is_test_attribute(line);
            self.inside_attribute = !line.ends_with(']');
        } else {
            return line.starts_with("//");
        }
        true
    }
}

/// `#[test]`, and a runtime's own: `#[tokio::test(start_paused = true)]`.
fn is_test_attribute(line: &str) -> bool {
    let path = line
        .trim_start_matches("#[")
        .split(['(', ']'])
        .next()
        .unwrap_or_default();
    path.rsplit("::").next() == Some("test")
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let only_qualifiers = before
        .split_whitespace()
        .all(|word| word == "async" || word == "const" || word.starts_with("pub"));
    if !only_qualifiers {
        return None;
    }
    let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    (end > 0).then(|| &after[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(source: &str) -> Vec<(String, String)> {
        let found = scan("a.rs", source);
        assert_eq!(found.mistakes, Vec::<String>::new());
        found
            .claims
            .into_iter()
            .map(|claim| (claim.id, claim.test.function))
            .collect()
    }

    fn pairs<'a>(expected: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(id, function)| ((*id).to_owned(), (*function).to_owned()))
            .collect()
    }

    #[test]
    fn several_lines_and_several_ids_belong_to_the_test_below() {
        let source = "
            // shows: S0-31, S0-58b
            // shows: S1-12
            #[test]
            fn needs_decide() {}

            #[test]
            fn shows_nothing() {}
        ";
        let expected = pairs(&[
            ("S0-31", "needs_decide"),
            ("S0-58b", "needs_decide"),
            ("S1-12", "needs_decide"),
        ]);
        assert_eq!(claims(source), expected);
    }

    #[test]
    fn the_order_of_comments_and_attributes_does_not_matter() {
        let source = "
            /// What it is about.
            #[tokio::test(
                start_paused = true
            )]
            // shows: S0-29
            #[expect(clippy::too_many_lines)]
            pub(crate) async fn retries() {
        ";
        assert_eq!(claims(source), pairs(&[("S0-29", "retries")]));
    }

    #[test]
    fn a_claim_above_anything_but_a_test_is_a_mistake() {
        let mistakes = |source: &str| scan("a.rs", source).mistakes;
        let expected = ["a.rs:1: `shows:` does not stand directly above a test"];
        assert_eq!(mistakes("// shows: S0-1\nfn helper() {}\n"), expected);
        assert_eq!(
            mistakes("// shows: S0-1\n\n#[test]\nfn too_far_away() {}\n"),
            expected
        );
        assert_eq!(mistakes("// shows: S0-1"), expected);
        assert_eq!(
            mistakes("// shows: S0-1\n#[test]\nlet not = \"fn a() \";\n"),
            expected
        );
    }
}
