//! Workflow commands, which GitHub shows at the lines of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use gantry_language::diagnostic::{Diagnostic, Severity};

use super::checked::Checked;

/// Returns a line for each diagnostic.
pub(super) fn commands(checked: &[Checked]) -> String {
    let lines = checked.iter().flat_map(|checked| {
        let diagnostics = checked.diagnostics.iter();
        diagnostics.map(|diagnostic| command(checked, diagnostic))
    });
    lines.collect()
}

fn command(checked: &Checked, diagnostic: &Diagnostic) -> String {
    let name = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = checked.place(diagnostic);
    let message = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    format!(
        "::{name} file={},line={},col={},title={}::{}\n",
        property(&place.file),
        place.line,
        place.column,
        property(diagnostic.code),
        data(&message)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_part_is_escaped_in_it() {
        assert_eq!(data("50 %: a,b\r\nc"), "50 %25: a,b%0D%0Ac");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
