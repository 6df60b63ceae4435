//! Comments that silence advice: `# gantry: allow NAME` at the end of the line or alone on the one above, and
//! `# gantry: allow-in-file NAME` anywhere. Several names stand with commas between them.

use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

const LINE: &str = "# gantry: allow ";
const FILE: &str = "# gantry: allow-in-file ";

/// Whether a comment of the file says that this is meant.
pub(super) fn is_silenced(diagnostic: &Diagnostic, sources: &SourceMap) -> bool {
    let Some(span) = diagnostic.span else {
        return false;
    };
    let text = sources.text(span.source);
    if text.lines().any(|line| names(line, FILE, diagnostic.code)) {
        return true;
    }
    let start = text.floor_char_boundary(span.range().start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let above = text[..line_start].lines().next_back().unwrap_or_default();
    let is_alone = above.trim_start().starts_with('#');
    names(line, LINE, diagnostic.code) || (is_alone && names(above, LINE, diagnostic.code))
}

fn names(line: &str, comment: &str, code: &str) -> bool {
    line.split_once(comment)
        .is_some_and(|(_, list)| list.split(',').any(|name| name.trim() == code))
}
