//! Block scalars, `|` and `>`, where the parser tells less than we need.

use crate::Span;

/// A block scalar as the parser gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) source: &'a str,
    /// From the first character of the content to the next thing that is not a blank line.
    pub(crate) span: Span,
    pub(crate) text: &'a str,
}

impl<'a> Block<'a> {
    /// Returns the place of the content, without the blank lines after it.
    pub(crate) fn span(self) -> Span {
        let range = self.span.range();
        let content = self.source[range.clone()].trim_end();
        Span::new(self.span.source, range.start, range.start + content.len())
    }

    /// Returns the value. YAML 1.2 adds the line break that is missing at the end of a file; libyaml, and so
    /// GitLab, does not.
    pub(crate) fn text(self) -> &'a str {
        match self.text.strip_suffix('\n') {
            Some(text) if self.ends_file_without_break(text) => text,
            _ => self.text,
        }
    }

    fn ends_file_without_break(self, text: &str) -> bool {
        let is_last = self.span.range().end == self.source.len();
        let last_line = self.source.rsplit(['\n', '\r']).next().unwrap_or_default();
        if !is_last || last_line.is_empty() {
            return false;
        }
        // A line of blanks belongs to the text only as far as it is longer than the indentation.
        let last_text = text.rsplit('\n').next().unwrap_or_default();
        !last_line.trim().is_empty() || (!last_text.is_empty() && last_line.ends_with(last_text))
    }
}
