//! The few things that are asked of TOML files, read line by line: which tables there are, and simple values.

/// A `key = value` with the table it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    /// Without the quotes of a string.
    pub(super) value: &'a str,
}

/// Returns the simple lines of a text. A value over several lines is seen by its first.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut table = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            table = name
                .split(']')
                .next()
                .unwrap_or_default()
                .trim_start_matches('[')
                .trim();
            return Some(Line {
                table,
                key: "",
                value: "",
            });
        }
        let (key, value) = line.split_once('=')?;
        let value = value.trim();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split('#').next().unwrap_or_default().trim(),
        };
        Some(Line {
            table,
            key: key.trim().trim_matches('"'),
            value,
        })
    })
}

pub(super) fn has_table(text: &str, name: &str) -> bool {
    lines(text).any(|line| line.table == name || line.table.starts_with(&format!("{name}.")))
}

pub(super) fn value<'a>(text: &'a str, table: &str, key: &str) -> Option<&'a str> {
    let found = lines(text).find(|line| line.table == table && line.key == key);
    found.map(|line| line.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
[package]
name = \"a\" # not b
rust-version = '1.85'
[workspace.package]
edition = \"2024\"
[[bin]]
name = \"tool\"
";

    #[test]
    fn tables_and_simple_values() {
        assert!(has_table(TEXT, "package") && has_table(TEXT, "workspace") && has_table(TEXT, "bin"));
        assert!(!has_table(TEXT, "pack"));
        assert_eq!(value(TEXT, "package", "name"), Some("a"));
        assert_eq!(value(TEXT, "package", "rust-version"), Some("1.85"));
        assert_eq!(value(TEXT, "bin", "name"), Some("tool"));
        assert_eq!(value(TEXT, "package", "edition"), None);
    }
}
