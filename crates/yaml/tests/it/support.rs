//! Documents and mistakes as text, so that a test shows all of them.

use gantry_yaml::{Limits, Node, SourceId, Span, Stream, Value, parse};

pub(crate) const SOURCE: SourceId = SourceId(0);

#[track_caller]
pub(crate) fn read(text: &str) -> Stream {
    parse(SOURCE, text, &Limits::default())
        .unwrap_or_else(|errors| panic!("{text:?} is refused: {errors:#?}"))
}

#[track_caller]
pub(crate) fn root(text: &str) -> Node {
    let documents = read(text).documents;
    assert_eq!(documents.len(), 1, "documents in {text:?}");
    documents[0].root.clone()
}

/// Writes the only document on one line, strings in quotes: `{"a": 1, "b": [:c, null]}`.
#[track_caller]
pub(crate) fn tree(text: &str) -> String {
    show(&root(text))
}

pub(crate) fn show(node: &Node) -> String {
    let list = |items: &[Node]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Symbol(name) => format!(":{name}"),
        Value::Sequence(items) => format!("[{}]", list(items)),
        Value::Reference(items) => format!("!reference [{}]", list(items)),
        Value::Mapping(mapping) => {
            let entry = |key: &Node, value: &Node| format!("{}: {}", show(key), show(value));
            let entries: Vec<_> = mapping.iter().map(|it| entry(&it.key, &it.value)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => scalar.to_text().expect("a scalar has a text"),
    }
}

/// Writes what is wrong with a text, or that nothing is.
pub(crate) fn errors(text: &str) -> String {
    errors_within(text, &Limits::default())
}

pub(crate) fn errors_within(text: &str, limits: &Limits) -> String {
    let Err(errors) = parse(SOURCE, text, limits) else {
        return "no errors".to_owned();
    };
    let report = |error: &gantry_yaml::Error| {
        let help = error
            .help()
            .map(|help| format!("\nhelp: {help}"))
            .unwrap_or_default();
        format!("error: {error}\n  --> {}{help}", place(text, error.span))
    };
    errors.iter().map(report).collect::<Vec<_>>().join("\n")
}

pub(crate) fn warnings(text: &str) -> String {
    let warnings = read(text).warnings;
    warnings
        .iter()
        .map(|it| format!("warning: {it}\n  --> {}", place(text, it.span())))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Writes `line:column`, and what stands there.
pub(crate) fn place(text: &str, span: Span) -> String {
    let before = &text[..span.range().start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{line}:{column} {:?}", &text[span.range()])
}
