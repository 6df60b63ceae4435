//! The part of a page that a command writes: what lies between `<!-- name:start -->` and `<!-- name:end -->`.

use std::path::Path;

use anyhow::{Context, Result};

/// Replaces the part of that name in a file.
pub(crate) fn write(page: &Path, name: &str, content: &str) -> Result<()> {
    let shown = page.display();
    let before = std::fs::read_to_string(page).with_context(|| format!("cannot read {shown}"))?;
    let after = replaced(&before, name, content)
        .with_context(|| format!("{shown} has no part between `{name}:start` and `{name}:end`"))?;
    std::fs::write(page, after).with_context(|| format!("cannot write {shown}"))
}

fn replaced(page: &str, name: &str, content: &str) -> Option<String> {
    let start = format!("<!-- {name}:start -->");
    let end = format!("<!-- {name}:end -->");
    let (head, rest) = page.split_once(&start)?;
    let (_, tail) = rest.split_once(&end)?;
    Some(format!("{head}{start}\n\n{}\n\n{end}{tail}", content.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_the_marks_changes() {
        let page = "# Title\n<!-- a:start -->\nold\n<!-- a:end -->\nrest\n";
        let expected = "# Title\n<!-- a:start -->\n\nnew\n\n<!-- a:end -->\nrest\n";
        assert_eq!(replaced(page, "a", "new\n").as_deref(), Some(expected));
        assert_eq!(replaced(expected, "a", "new").as_deref(), Some(expected));
        assert_eq!(replaced(page, "b", "new"), None);
    }
}
