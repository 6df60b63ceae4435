//! Diagnostics as people read them, with the lines they speak of. The only file that knows the renderer.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gantry_language::diagnostic::{Diagnostic, Severity};
use gantry_language::source::SourceMap;
use gantry_yaml::Span;
use serde_json::{Value, json};

/// Returns one diagnostic as text, with a final line break.
pub(crate) fn text(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = match diagnostic.span {
        None => Group::with_title(title),
        Some(span) => title.elements(snippets(diagnostic, span, map)),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    format!("{}\n", renderer.render(&[group]))
}

/// One snippet for each file that the diagnostic speaks of, its own place first.
fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    span: Span,
    map: &'a SourceMap,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let primary = AnnotationKind::Primary
        .span(first_line(span, map))
        .label(diagnostic.label.as_deref());
    let mut sources = vec![(span.source, vec![primary])];
    for (span, text) in &diagnostic.related {
        let annotation = AnnotationKind::Context
            .span(first_line(*span, map))
            .label(text.as_str());
        match sources.iter_mut().find(|(source, _)| *source == span.source) {
            Some((_, annotations)) => annotations.push(annotation),
            None => sources.push((span.source, vec![annotation])),
        }
    }
    sources
        .into_iter()
        .map(|(source, annotations)| {
            Snippet::source(map.text(source))
                .path(map.name(source))
                .annotations(annotations)
        })
        .collect()
}

/// A span that covers many lines is shown by its first.
fn first_line(span: Span, map: &SourceMap) -> std::ops::Range<usize> {
    let text = map.text(span.source);
    let start = span.range().start.min(text.len());
    let end = span.range().end.min(text.len());
    let line = text
        .get(start..end)
        .and_then(|covered| covered.find('\n'))
        .map_or(end, |at| start + at);
    start..line.max(start)
}

/// Returns one diagnostic as `gantry lint --format json` prints it.
pub(crate) fn json(diagnostic: &Diagnostic, map: &SourceMap) -> Value {
    let place = diagnostic.span.map(|span| map.place(span));
    json!({
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "gitlab_message": diagnostic.gitlab_message,
        "file": place.as_ref().map(|place| place.file.as_str()),
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
    })
}
