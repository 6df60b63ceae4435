//! From events to nodes: the stack of open collections, the anchors, and the accounts of the [`Limits`].
//!
//! Aliases share what they repeat, so memory is never the problem; whoever walks the tree pays for every
//! repetition though, and so each alias is charged with all nodes, and all levels, of what it stands for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::is_anchor_name;
use crate::merge::Merging;
use crate::syntax::Syntax;
use crate::tag::Meaning;
use crate::{Error, ErrorKind, Limits, Node, Span, Value, Warning};

/// A limit is exceeded; the error is noted and nothing more can be done.
#[derive(Debug)]
pub(crate) struct Stop;

/// A finished node, with what it costs and how it was written.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) node: Node,
    pub(crate) written: Written,
    /// Nodes to visit in it, itself included.
    nodes: usize,
    /// Levels of collections in it.
    height: usize,
}

/// How a node stands in the text, as far as merge keys care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Here,
    Alias,
    /// A scalar with the tag `!!str`.
    TaggedText,
}

/// A tag's meaning and the place of the tag.
#[derive(Debug)]
pub(crate) struct Tagged {
    pub(crate) meaning: Meaning,
    pub(crate) span: Option<Span>,
}

#[derive(Debug)]
struct Frame {
    /// From the opening to the end of the last child so far.
    span: Span,
    anchor: usize,
    tag: Tagged,
    nodes: usize,
    height: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Box<Merging>,
        key: Option<Built>,
    },
}

/// Which collection an event opens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Collection {
    Sequence,
    Mapping,
}

/// Builds the nodes of one document after the other.
#[derive(Debug)]
pub(crate) struct Tree {
    limits: Limits,
    pub(crate) errors: Vec<Error>,
    pub(crate) warnings: Vec<Warning>,
    frames: Vec<Frame>,
    /// What the anchors stand for, once that is complete.
    anchors: HashMap<usize, Option<Built>>,
    /// Where this document defines its anchors, for the message about a name that was used too early.
    definitions: HashMap<String, Span>,
    /// The first of the errors that belong to this document.
    first_error: usize,
    nodes: usize,
    root: Option<Node>,
}

impl Tree {
    pub(crate) fn new(limits: Limits) -> Tree {
        Tree {
            limits,
            errors: Vec::new(),
            warnings: Vec::new(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            definitions: HashMap::new(),
            first_error: 0,
            nodes: 0,
            root: None,
        }
    }

    /// Takes the root of the document that has just ended.
    pub(crate) fn finish_document(&mut self) -> Option<Node> {
        for error in &mut self.errors[self.first_error..] {
            if let ErrorKind::UnknownAlias { name, defined } = &mut error.kind {
                *defined = self.definitions.get(name).copied();
            }
        }
        self.first_error = self.errors.len();
        self.definitions.clear();
        self.anchors.clear();
        self.root.take()
    }

    pub(crate) fn error(&mut self, kind: ErrorKind, span: Span) {
        self.errors.push(Error { kind, span });
    }

    fn stop(&mut self, kind: ErrorKind, span: Span) -> Stop {
        self.error(kind, span);
        Stop
    }

    /// Notes the name and place of an anchor.
    pub(crate) fn define(&mut self, name: &str, span: Span) {
        if !is_anchor_name(name) {
            self.error(
                ErrorKind::AnchorName {
                    name: name.to_owned(),
                },
                span,
            );
        }
        self.definitions.entry(name.to_owned()).or_insert(span);
    }

    pub(crate) fn open(
        &mut self,
        collection: Collection,
        span: Span,
        anchor: usize,
        tag: Tagged,
    ) -> Result<(), Stop> {
        self.count_written(span)?;
        if self.frames.len() == self.limits.depth {
            return Err(self.too_deep(span));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let content = match collection {
            Collection::Sequence => Content::Sequence(Vec::new()),
            Collection::Mapping => Content::Mapping {
                entries: Box::default(),
                key: None,
            },
        };
        self.frames.push(Frame {
            span,
            anchor,
            tag,
            nodes: 1,
            height: 1,
            content,
        });
        Ok(())
    }

    /// Closes the innermost collection; `bracket` is its closing bracket, if it has one.
    pub(crate) fn close(&mut self, bracket: Option<Span>) -> Result<(), Stop> {
        let frame = self
            .frames
            .pop()
            .expect("BUG: the parser closes what it has opened");
        let span = bracket.map_or(frame.span, |bracket| frame.span.to(bracket));
        let value = match frame.content {
            Content::Sequence(items) => Value::Sequence(Arc::new(items)),
            Content::Mapping { entries, .. } => Value::Mapping(Arc::new(entries.into_mapping())),
        };
        let node = self.apply_tag(Node { span, value }, frame.tag);
        let built = Built {
            node,
            written: Written::Here,
            nodes: frame.nodes,
            height: frame.height,
        };
        self.keep(frame.anchor, &built);
        self.attach(built)
    }

    fn apply_tag(&mut self, node: Node, tag: Tagged) -> Node {
        let whole = tag.span.map_or(node.span, |tag| tag.to(node.span));
        match (tag.meaning, node.value) {
            (Meaning::Reference, Value::Sequence(items)) => Node {
                span: whole,
                value: Value::Reference(items),
            },
            (Meaning::Reference, value) => {
                self.error(ErrorKind::ReferenceNotList { found: value.kind() }, whole);
                Node {
                    span: node.span,
                    value,
                }
            }
            (Meaning::RubyObject { tag: name }, value) => {
                self.error(ErrorKind::RubyObject { tag: name }, tag.span.unwrap_or(node.span));
                Node {
                    span: node.span,
                    value,
                }
            }
            (_, value) => Node {
                span: node.span,
                value,
            },
        }
    }

    pub(crate) fn scalar(
        &mut self,
        text: &str,
        is_quoted: bool,
        span: Span,
        anchor: usize,
        tag: Tagged,
    ) -> Result<(), Stop> {
        self.count_written(span)?;
        let written = if tag.meaning == Meaning::Text {
            Written::TaggedText
        } else {
            Written::Here
        };
        let at_tag = matches!(tag.meaning, Meaning::RubyObject { .. } | Meaning::Reference);
        let value = tag.meaning.scalar(text, is_quoted).unwrap_or_else(|kind| {
            self.error(kind, tag.span.filter(|_| at_tag).unwrap_or(span));
            Value::String(text.into())
        });
        let built = Built {
            node: Node { span, value },
            written,
            nodes: 1,
            height: 0,
        };
        self.keep(anchor, &built);
        self.attach(built)
    }

    pub(crate) fn alias(&mut self, anchor: usize, name: &str, span: Span) -> Result<(), Stop> {
        let Some(Some(built)) = self.anchors.get(&anchor) else {
            self.error(
                ErrorKind::RecursiveAlias {
                    name: name.to_owned(),
                },
                span,
            );
            return self.attach(Built::nothing(span));
        };
        let node = Node {
            span,
            value: built.node.value.clone(),
        };
        let built = Built {
            node,
            written: Written::Alias,
            nodes: built.nodes,
            height: built.height,
        };
        self.nodes += built.nodes;
        if self.nodes > self.limits.nodes {
            return Err(self.stop(
                ErrorKind::TooManyAliasedNodes {
                    limit: self.limits.nodes,
                },
                span,
            ));
        }
        self.attach(built)
    }

    pub(crate) fn unknown_alias(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        self.error(
            ErrorKind::UnknownAlias {
                name: name.to_owned(),
                defined: None,
            },
            span,
        );
        self.attach(Built::nothing(span))
    }

    fn keep(&mut self, anchor: usize, built: &Built) {
        if anchor != 0 {
            self.anchors.insert(anchor, Some(built.clone()));
        }
    }

    fn count_written(&mut self, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(self.stop(
                ErrorKind::TooManyNodes {
                    limit: self.limits.nodes,
                },
                span,
            ));
        }
        Ok(())
    }

    fn too_deep(&mut self, span: Span) -> Stop {
        self.stop(
            ErrorKind::TooDeep {
                limit: self.limits.depth,
            },
            span,
        )
    }

    /// Puts a finished node where it belongs.
    fn attach(&mut self, built: Built) -> Result<(), Stop> {
        let span = built.node.span;
        if self.frames.len() + built.height > self.limits.depth {
            return Err(self.too_deep(span));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(built.node);
            return Ok(());
        };
        frame.span = frame.span.to(span);
        frame.nodes += built.nodes;
        frame.height = frame.height.max(1 + built.height);
        match &mut frame.content {
            Content::Sequence(items) => items.push(built.node),
            Content::Mapping { key: key @ None, .. } => {
                if let Some(kind) = refused_key(&built) {
                    self.errors.push(Error { kind, span });
                    // The value still needs a key to follow.
                    *key = Some(Built::nothing(span));
                } else {
                    *key = Some(built);
                }
            }
            Content::Mapping { entries, key } => {
                let key = key.take().expect("BUG: a value follows its key");
                match entries.insert(key, built) {
                    Ok(warning) => self.warnings.extend(warning),
                    Err(kind) => self.errors.push(Error { kind, span }),
                }
            }
        }
        Ok(())
    }
}

fn refused_key(key: &Built) -> Option<ErrorKind> {
    if key.height > 0 {
        return Some(ErrorKind::CollectionKey {
            found: key.node.value.kind(),
        });
    }
    let is_missing = key.node.is_null() && key.node.span.range().is_empty();
    is_missing.then_some(ErrorKind::Syntax(Syntax::ExpectedKey))
}

impl Built {
    /// Returns a stand-in for a node that is missing.
    fn nothing(span: Span) -> Built {
        Built {
            node: Node {
                span,
                value: Value::Null,
            },
            written: Written::Here,
            nodes: 1,
            height: 0,
        }
    }
}
