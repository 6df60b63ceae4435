//! The way in: from a text to its documents.

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::block::Block;
use crate::syntax::Syntax;
use crate::tag::Meaning;
use crate::tree::{Collection, Stop, Tagged, Tree};
use crate::{Error, ErrorKind, Limits, Node, SourceId, Span, Value, Warning};

/// All documents of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// In the order of the text; none if it holds only blanks and comments.
    pub documents: Vec<Document>,
    pub warnings: Vec<Warning>,
}

/// What stands between two `---`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Null if the document is empty.
    pub root: Node,
    /// Includes the `---` and comments after it.
    pub span: Span,
}

/// Reads a text, or lists what is wrong with it in the order of the text.
///
/// Mistakes in values are all collected; text that is not YAML, or exceeds a limit, ends the search.
/// An alias has the place where it is used, while everything inside it has the place where it was written.
pub fn parse(source: SourceId, text: &str, limits: &Limits) -> Result<Stream, Vec<Error>> {
    check_size(source, text, limits)?;
    check_characters(source, text)?;
    let mut reader = Reader {
        text,
        source,
        tree: Tree::new(*limits),
        documents: Vec::new(),
        start: 0,
        brackets: 0,
    };
    reader.read(limits);
    // A document that broke off has its say about aliases too.
    let _ = reader.tree.finish_document();
    let Reader {
        tree: Tree {
            mut errors, warnings, ..
        },
        documents,
        ..
    } = reader;
    if errors.is_empty() {
        return Ok(Stream { documents, warnings });
    }
    errors.sort_by_key(|error| error.span.start);
    Err(errors)
}

fn check_size(source: SourceId, text: &str, limits: &Limits) -> Result<(), Vec<Error>> {
    // Spans count in 32 bits.
    let limit_bytes = limits.size_bytes.min(u32::MAX as usize);
    if text.len() <= limit_bytes {
        return Ok(());
    }
    let kind = ErrorKind::TooLarge {
        size_bytes: text.len(),
        limit_bytes,
    };
    Err(vec![Error {
        kind,
        span: Span::new(source, 0, 0),
    }])
}

/// Refuses what no YAML text may contain, once: a binary file has hundreds.
fn check_characters(source: SourceId, text: &str) -> Result<(), Vec<Error>> {
    let is_control = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    };
    // Of a binary file, the zeros say most.
    let found = text.char_indices().find(|&(_, character)| character == '\0');
    let found = found.or_else(|| text.char_indices().find(|&(_, character)| is_control(character)));
    let Some((start, character)) = found else {
        return Ok(());
    };
    let span = Span::new(source, start, start + character.len_utf8());
    Err(vec![Error {
        kind: ErrorKind::ControlCharacter { character },
        span,
    }])
}

struct Reader<'a> {
    text: &'a str,
    source: SourceId,
    tree: Tree,
    documents: Vec<Document>,
    /// Where the current document begins.
    start: usize,
    /// Open `[` and `{`.
    brackets: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, limits: &Limits) {
        // One more than ours, so that our own error comes first.
        let nesting_limit = limits.depth.saturating_add(1);
        let options = granit_parser::options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            emit_comments: false,
            disallow_directives: true,
            flow_nesting_limit: nesting_limit,
            block_nesting_limit: nesting_limit,
        };
        for event in Parser::new_from_str_with_options(self.text, options) {
            let outcome = match event {
                Ok((event, span)) => self.event(event, &span),
                Err(error) => {
                    self.refuse(&error, limits);
                    Err(Stop)
                }
            };
            if let Err(Stop) = outcome {
                return;
            }
        }
    }

    fn event(&mut self, event: Event<'a>, at: &granit_parser::Span) -> Result<(), Stop> {
        let span = self.place(at);
        match event {
            Event::DocumentStart(..) => self.start = span.range().start,
            Event::DocumentEnd => self.end_document(span),
            Event::Anchor(_, name) => self.tree.define(&name, span),
            Event::Alias(anchor) => {
                self.check_indentation(span);
                let name = self.text[span.range()].trim_start_matches('*');
                self.tree.alias(anchor, name, span)?;
            }
            Event::UnresolvedAlias(name) => self.tree.unknown_alias(&name, span)?,
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tagged(tag.as_deref(), at);
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    let block = Block {
                        source: self.text,
                        span,
                        text: &text,
                    };
                    return self.tree.scalar(block.text(), true, block.span(), anchor, tag);
                }
                self.check_indentation(span);
                let is_plain = style == ScalarStyle::Plain;
                // The parser shows a missing node as a `~` of no width.
                let is_missing = is_plain && span.range().is_empty();
                let span = if is_missing { self.behind_colon(span) } else { span };
                self.tree
                    .scalar(if is_missing { "" } else { &text }, !is_plain, span, anchor, tag)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.brackets += usize::from(style == StructureStyle::Flow);
                let tag = self.tagged(tag.as_deref(), at);
                self.tree.open(Collection::Sequence, span, anchor, tag)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.brackets += usize::from(style == StructureStyle::Flow);
                let tag = self.tagged(tag.as_deref(), at);
                self.tree.open(Collection::Mapping, span, anchor, tag)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Without a bracket, a collection is said to end where the next thing begins.
                let bracket = Some(span).filter(|_| self.brackets > 0);
                self.brackets = self.brackets.saturating_sub(1);
                self.tree.close(bracket)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_document(&mut self, span: Span) {
        let here = Span::new(self.source, self.start, span.range().end);
        let root = self.tree.finish_document().unwrap_or(Node {
            span: here,
            value: Value::Null,
        });
        self.documents.push(Document { root, span: here });
    }

    fn refuse(&mut self, error: &ScanError, limits: &Limits) {
        let offset = error.marker().byte_offset().unwrap_or(self.text.len());
        let span = Span::new(self.source, offset, offset);
        let kind = match error.kind() {
            granit_parser::ErrorKind::RecursionLimitExceeded => ErrorKind::TooDeep { limit: limits.depth },
            objection => ErrorKind::Syntax(Syntax::of(objection, &self.text[..offset])),
        };
        self.tree.error(kind, span);
    }

    fn place(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().expect("BUG: a parser of text counts bytes");
        Span::new(self.source, range.start, range.end)
    }

    fn tagged(&self, tag: Option<&granit_parser::Tag>, at: &granit_parser::Span) -> Tagged {
        Tagged {
            meaning: Meaning::of(tag),
            span: at.tag_span().map(|span| self.place(&span)),
        }
    }

    /// Returns the place of a missing value, which the parser puts before the colon of its key.
    fn behind_colon(&self, span: Span) -> Span {
        let start = span.range().start;
        let behind = start + usize::from(self.text[start..].starts_with(':'));
        Span::new(self.source, behind, behind)
    }

    /// Refuses a tab before the first thing on a line: this parser takes it for a blank, GitLab's does not.
    /// Within brackets both do.
    fn check_indentation(&mut self, span: Span) {
        if self.brackets > 0 {
            return;
        }
        let before = &self.text[..span.range().start];
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let indentation = &before[line_start..];
        let is_indentation = indentation.bytes().all(|byte| b" \t-?".contains(&byte));
        if is_indentation
            && !indentation.starts_with("---")
            && let Some(tab) = indentation.find('\t')
        {
            let tab = line_start + tab;
            self.tree.error(
                ErrorKind::Syntax(Syntax::Tab),
                Span::new(self.source, tab, tab + 1),
            );
        }
    }
}
