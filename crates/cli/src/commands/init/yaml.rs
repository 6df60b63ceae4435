//! Writing YAML: mappings in the order they are made, with quotes only where they are needed.

use std::fmt::Write;

/// A mapping.
#[derive(Debug, Clone, Default)]
pub(super) struct Block(Vec<(String, Content)>);

#[derive(Debug, Clone)]
enum Content {
    Text(String),
    /// Written as it is: `true`, `[a, b]`.
    Literal(String),
    /// One item a line.
    List(Vec<String>),
    /// On the line of the key.
    Row(Vec<String>),
    Block(Block),
    Blocks(Vec<Block>),
}

impl Block {
    pub(super) fn new() -> Block {
        Block::default()
    }

    fn with(mut self, key: &str, content: Content) -> Block {
        self.0.push((key.to_owned(), content));
        self
    }

    /// Adds what another one has.
    pub(super) fn and(mut self, other: &Block) -> Block {
        self.0.extend(other.0.iter().cloned());
        self
    }

    pub(super) fn text(self, key: &str, value: impl Into<String>) -> Block {
        self.with(key, Content::Text(value.into()))
    }

    pub(super) fn literal(self, key: &str, value: &str) -> Block {
        self.with(key, Content::Literal(value.to_owned()))
    }

    pub(super) fn list<T: Into<String>>(self, key: &str, items: impl IntoIterator<Item = T>) -> Block {
        self.with(key, Content::List(items.into_iter().map(Into::into).collect()))
    }

    pub(super) fn row<T: Into<String>>(self, key: &str, items: impl IntoIterator<Item = T>) -> Block {
        self.with(key, Content::Row(items.into_iter().map(Into::into).collect()))
    }

    pub(super) fn block(self, key: &str, block: Block) -> Block {
        self.with(key, Content::Block(block))
    }

    pub(super) fn blocks(self, key: &str, blocks: Vec<Block>) -> Block {
        self.with(key, Content::Blocks(blocks))
    }

    /// Returns the lines, each with a line break, indented by so many steps.
    pub(super) fn write(&self, depth: usize) -> String {
        let mut out = String::new();
        let indent = "  ".repeat(depth);
        for (key, content) in &self.0 {
            let key = scalar(key);
            match content {
                Content::Text(text) => drop(writeln!(out, "{indent}{key}: {}", scalar(text))),
                Content::Literal(text) => drop(writeln!(out, "{indent}{key}: {text}")),
                Content::Row(items) => {
                    let items: Vec<String> = items.iter().map(|item| in_row(item)).collect();
                    let _ = writeln!(out, "{indent}{key}: [{}]", items.join(", "));
                }
                Content::List(items) => {
                    let _ = writeln!(out, "{indent}{key}:");
                    for item in items {
                        let _ = writeln!(out, "{indent}  - {}", scalar(item));
                    }
                }
                Content::Block(block) => {
                    let _ = write!(out, "{indent}{key}:\n{}", block.write(depth + 1));
                }
                Content::Blocks(blocks) => {
                    let _ = writeln!(out, "{indent}{key}:");
                    for block in blocks {
                        let inner = block.write(depth + 2);
                        let _ = write!(out, "{indent}  - {}", inner.trim_start());
                    }
                }
            }
        }
        out
    }
}

/// Returns a text as a value or a key.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Within brackets some more characters have a meaning.
fn in_row(text: &str) -> String {
    if is_plain(text) && !text.contains(['[', ']', '{', '}', ',']) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Says whether YAML reads the text as itself. Says no more often than it must.
fn is_plain(text: &str) -> bool {
    let mut letters = text.chars();
    let begins_well = match letters.next() {
        Some('-') => letters
            .find(|letter| *letter != '-')
            .is_some_and(char::is_alphabetic),
        // A number is none with words behind it.
        Some('0'..='9') => text.contains(' ') && text.contains(char::is_alphabetic) && !text.contains(':'),
        Some('.') => letters.next().is_none_or(|letter| !letter.is_ascii_digit()),
        Some(first) => first.is_alphabetic() || matches!(first, '$' | '/' | '_' | '('),
        None => false,
    };
    let is_word = matches!(
        text.to_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | ".inf" | ".nan"
    );
    let ends_well = !text.ends_with([':', ' ']);
    begins_well
        && !is_word
        && ends_well
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(['\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_were() {
        for text in [
            "cargo test",
            "22",
            "1.20",
            "yes",
            "echo 'a: b' # c",
            "*.rs",
            "'quoted'",
            "a: b",
            "my folder/[x], {y}",
            "",
            "- x",
            "-x",
            "--all -x",
            "---",
            "-1",
            "1 week",
            "1e5",
            "0x1F",
            "12:30:45",
            "2026-01-02",
            ".5",
            ".inf",
            "~",
            "! x",
            "$A == \"b\"",
            "trailing:",
        ] {
            let written = Block::new()
                .text("key", text)
                .row("row", [text])
                .list("list", [text])
                .write(0);
            let stream = gantry_yaml::parse(
                gantry_yaml::SourceId(0),
                &written,
                &gantry_yaml::Limits::default(),
            );
            let root = stream.expect("it is YAML").documents.remove(0).root;
            let mapping = root.as_mapping().expect("it is a mapping");
            assert_eq!(
                mapping.get("key").and_then(gantry_yaml::Node::as_str),
                Some(text),
                "{written}"
            );
            for list in ["row", "list"] {
                let items = mapping
                    .get(list)
                    .and_then(gantry_yaml::Node::as_sequence)
                    .expect("it is a list");
                assert_eq!(items[0].as_str(), Some(text), "{written}");
            }
        }
    }
}
