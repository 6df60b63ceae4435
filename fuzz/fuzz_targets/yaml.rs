//! Reads any text; every place that comes back must lie inside it.

#![no_main]

use gantry_yaml::{Limits, Node, SourceId, Value, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse(SourceId(0), text, &Limits::default()) {
        Ok(stream) => stream
            .documents
            .iter()
            .for_each(|document| visit(&document.root, text)),
        Err(errors) => {
            for error in errors {
                let _ = (&text[error.span.range()], error.to_string(), error.help());
            }
        }
    }
});

fn visit(node: &Node, text: &str) {
    let _ = (&text[node.span.range()], node.value.to_text());
    match &node.value {
        Value::Sequence(items) | Value::Reference(items) => items.iter().for_each(|item| visit(item, text)),
        Value::Mapping(mapping) => {
            for entry in mapping.iter() {
                visit(&entry.key, text);
                visit(&entry.value, text);
            }
        }
        _ => {}
    }
}
