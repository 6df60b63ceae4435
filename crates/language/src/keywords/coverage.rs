//! `coverage`: an expression that finds a number in a job's log. <https://docs.gitlab.com/ci/yaml/#coverage>

use gantry_yaml::Node;

use crate::diagnostic::Diagnostic;
use crate::re2::Regex;
use crate::reader::Reader;

const NAME: &str = "coverage";

/// Returns what stands between the slashes.
///
/// GitLab cuts off the first and the last character, whatever they are: a flag is not read as one, and leaves its
/// slash behind.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.string(NAME, node)?;
    let gitlab = "config must be a regular expression with re2 syntax";
    let help = || Some(r"write it between slashes: `coverage: '/TOTAL.*? (\d+)%/'`".to_owned());
    match Regex::parse_literal(&text.value) {
        None => {
            let message = format!("`{}` is no regular expression", text.value);
            reader.error_with_help("bad-expression", text.span, message, gitlab, help());
            return None;
        }
        Some(Err(error)) => {
            let message = format!("in `coverage`, {error}");
            reader.error_with_help("bad-expression", text.span, message, gitlab, None);
            return None;
        }
        Some(Ok(_)) => {}
    }
    if !text.value.ends_with('/') {
        reader.report(
            Diagnostic::warning(
                "coverage-flags",
                text.span,
                "flags of `coverage` are no flags: this expression finds nothing",
            )
            .help("write flags into the expression: `/(?i)total/`"),
        );
    }
    let mut characters = text.value.chars();
    characters.next();
    characters.next_back();
    Some(characters.as_str().to_owned())
}
