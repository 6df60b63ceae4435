//! Puts values in the places of `$[[ … ]]`, in keys and values of a parsed document.

use std::collections::HashSet;
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use super::block::{Block, BlockError, blocks};
use super::path::PathError;
use super::resolve::Values;
use super::value;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::visible::Visible;

/// Bytes of one text, before and after.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Bytes of all texts of one document that values were put into. GitLab bounds what is written, and not what becomes of it.
const MAX_MADE_BYTES: usize = 32 << 20;

const MAX_BLOCKS: usize = 10_000;
const MAX_NODES: usize = 500_000;

/// What blocks can name.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) inputs: &'a Values,
    /// Of a component's file, what its header asked to know of itself.
    pub(crate) component: Option<&'a Component>,
    /// What `expand_vars` knows: nothing in files that belong to no project.
    pub(crate) variables: Option<&'a Visible<'a>>,
}

/// What a component knows of itself: `$[[ component.version ]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Component {
    pub(super) fn field(&self, name: &str) -> Option<Value> {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, text)| Value::String(text.as_str().into()))
    }
}

/// Returns the document with its blocks replaced. What comes of a block is not looked at again.
pub(crate) fn interpolate(
    document: &Mapping,
    context: Context<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Mapping {
    let mut interpolator = Interpolator {
        context,
        diagnostics,
        nodes: 0,
        made_bytes: 0,
        blocks: HashSet::new(),
        is_over: false,
    };
    interpolator.mapping(document)
}

struct Interpolator<'a> {
    context: Context<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    nodes: usize,
    made_bytes: usize,
    blocks: HashSet<String>,
    /// A limit was exceeded, and was said to be.
    is_over: bool,
}

fn shortened(written: &str) -> String {
    const SHOWN: usize = 60;
    match written.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &written[..end]),
        None => written.to_owned(),
    }
}

impl Interpolator<'_> {
    fn mapping(&mut self, mapping: &Mapping) -> Mapping {
        let mut out = Mapping::new();
        for Entry { key, value } in mapping.iter() {
            let key = self.node(key);
            let value = self.node(value);
            out.insert(key, value);
        }
        out
    }

    fn count(&mut self, nodes: usize, span: Span) {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            self.limit(span, "the document has too many parts", "config too large");
        }
    }

    fn node(&mut self, node: &Node) -> Node {
        self.count(1, node.span);
        if self.is_over {
            return node.clone();
        }
        let value = match &node.value {
            Value::String(text) => self.text(text, node.span),
            Value::Sequence(items) => Value::Sequence(Arc::new(self.items(items))),
            Value::Mapping(mapping) => Value::Mapping(Arc::new(self.mapping(mapping))),
            other => other.clone(),
        };
        Node {
            span: node.span,
            value,
        }
    }

    /// An array in the place of an item becomes items of its own.
    fn items(&mut self, items: &[Node]) -> Vec<Node> {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let replaced = self.node(item);
            match (&item.value, replaced.value) {
                (Value::String(_), Value::Sequence(inner)) => {
                    self.count(inner.len(), item.span);
                    out.extend(inner.iter().map(|inner| Node {
                        span: item.span,
                        value: inner.value.clone(),
                    }));
                }
                (_, value) => out.push(Node {
                    span: item.span,
                    value,
                }),
            }
        }
        out
    }

    fn text(&mut self, text: &Arc<str>, span: Span) -> Value {
        let found = blocks(text);
        if found.is_empty() {
            return Value::String(Arc::clone(text));
        }
        if !self.fits(text.len(), span) {
            return Value::String(Arc::clone(text));
        }
        if let [only] = found.as_slice()
            && only.range == (0..text.len())
        {
            let value = self.value(only, text, span).unwrap_or(Value::Null);
            if let Value::String(text) = &value {
                self.made(text.len(), span);
            }
            return value;
        }
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for block in &found {
            out.push_str(&text[end..block.range.start]);
            if let Some(value) = self.value(block, text, span) {
                out.push_str(&value::text(&value));
            }
            end = block.range.end;
            if !self.fits(out.len(), span) {
                break;
            }
        }
        out.push_str(&text[end..]);
        self.made(out.len(), span);
        Value::String(out.into())
    }

    fn made(&mut self, bytes: usize, span: Span) {
        self.made_bytes += bytes;
        if self.made_bytes > MAX_MADE_BYTES {
            self.limit(
                span,
                "the inputs of this document come to too much text",
                "config too large",
            );
        }
    }

    fn fits(&mut self, bytes: usize, span: Span) -> bool {
        if bytes > MAX_TEXT_BYTES {
            self.limit(span, "this text is too long for inputs", "config node too large");
        }
        bytes <= MAX_TEXT_BYTES
    }

    fn value(&mut self, block: &Block<'_>, text: &str, span: Span) -> Option<Value> {
        let written = &text[block.range.clone()];
        if !self.blocks.contains(written) {
            self.blocks.insert(written.to_owned());
        }
        if self.blocks.len() > MAX_BLOCKS {
            self.limit(
                span,
                "the document has too many blocks",
                "too many interpolation blocks",
            );
            return None;
        }
        match block.value(&self.context) {
            Ok(value) => Some(value),
            Err(error) => {
                let diagnostic = self.failed(block, written, &error, span);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn failed(&self, block: &Block<'_>, written: &str, error: &BlockError, span: Span) -> Diagnostic {
        let is_unknown = matches!(error, BlockError::Path(PathError::Unknown { .. }));
        let unknown = block
            .input()
            .filter(|name| is_unknown && !self.context.inputs.contains_key(*name));
        let message = match unknown {
            Some(name) => format!("`{written}` names the input `{name}`, which the header does not declare"),
            None => format!("`{}` has no value: {error}", shortened(written)),
        };
        let known = self.context.inputs.keys().map(String::as_str);
        let help = unknown.and_then(|name| did_you_mean(name, known));
        Diagnostic::error("interpolation", span, message)
            .maybe_help(help)
            .gitlab(error.to_string())
    }

    fn limit(&mut self, span: Span, message: &str, gitlab: &str) {
        if !self.is_over {
            self.diagnostics
                .push(Diagnostic::error("limit", span, message).gitlab(gitlab));
        }
        self.is_over = true;
    }
}
