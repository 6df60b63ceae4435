//! From nodes back to text that reads as the same nodes, to GitLab and to readers of YAML 1.2 alike.
//!
//! Collections are written in block style, in the order that they have. How a scalar is written, and when it needs
//! quotes, is in `scalar.rs` below. Anchors are not made: what is shared is written in full wherever it stands.

mod scalar;

use crate::{Entry, Mapping, Node, Value};
use scalar::Written;

/// Longer keys have to be marked as such.
const MAX_KEY: usize = 1000;

/// Says what is to stand as a comment behind the first line of a node, by the number of collections around it.
pub type Remark<'a> = &'a dyn Fn(usize, &Node) -> Option<String>;

/// Writes a document whose root is a mapping, with a blank line between its entries.
pub fn write(root: &Mapping, remark: Remark<'_>) -> String {
    let mut writer = Writer {
        out: String::new(),
        remark,
        pending: None,
        keeps_breaks: false,
    };
    if root.is_empty() {
        return "{}\n".to_owned();
    }
    for (number, entry) in root.iter().enumerate() {
        // After `|+`, a blank line would belong to the text.
        if number > 0 && !writer.keeps_breaks {
            writer.out.push('\n');
        }
        writer.entry(entry, 0, 0);
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    remark: Remark<'a>,
    /// What belongs behind the line that is being written.
    pending: Option<String>,
    /// The last line belongs to a scalar that keeps all line breaks after it.
    keeps_breaks: bool,
}

impl Writer<'_> {
    fn entry(&mut self, Entry { key, value }: &Entry, indent: usize, depth: usize) {
        self.note(depth, key);
        let key = scalar::key(&key.value);
        if key.len() > MAX_KEY {
            self.out.push_str("? ");
            self.out.push_str(&key);
            self.out.push('\n');
            self.indent(indent);
        } else {
            self.out.push_str(&key);
        }
        self.out.push(':');
        if is_block(value) {
            self.end_line();
            self.indent(indent + 2);
            self.collection(value, indent + 2, depth + 1);
        } else {
            self.out.push(' ');
            self.leaf(value, indent);
        }
    }

    /// Writes a collection that is not empty; its first line has been indented.
    fn collection(&mut self, node: &Node, indent: usize, depth: usize) {
        match &node.value {
            Value::Mapping(mapping) => {
                for (number, entry) in mapping.iter().enumerate() {
                    self.indent_unless(number == 0, indent);
                    self.entry(entry, indent, depth);
                }
            }
            Value::Sequence(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.indent_unless(number == 0, indent);
                    self.item(item, indent, depth);
                }
            }
            _ => self.leaf(node, indent),
        }
    }

    fn item(&mut self, item: &Node, indent: usize, depth: usize) {
        self.note(depth, item);
        self.out.push_str("- ");
        if is_block(item) {
            self.collection(item, indent + 2, depth + 1);
        } else {
            self.leaf(item, indent);
        }
    }

    /// Writes what stands on the line of its key or dash, or at least begins there.
    fn leaf(&mut self, node: &Node, indent: usize) {
        match &node.value {
            Value::Sequence(_) => self.out.push_str("[]"),
            Value::Mapping(_) => self.out.push_str("{}"),
            Value::Reference(items) => self.reference(items),
            value => match scalar::written(value) {
                Written::Line(text) => self.out.push_str(&text),
                Written::Block { header, text } => return self.block(header, text, indent + 2),
            },
        }
        self.end_line();
    }

    /// A reference is a flow sequence, in which more characters are special: all its scalars are keys.
    fn reference(&mut self, items: &[Node]) {
        let items: Vec<String> = items
            .iter()
            .map(|item| scalar::in_brackets(&item.value))
            .collect();
        self.out.push_str("!reference [");
        self.out.push_str(&items.join(", "));
        self.out.push(']');
    }

    fn block(&mut self, header: &str, text: &str, indent: usize) {
        self.out.push_str(header);
        self.end_line();
        for line in text.split_terminator('\n') {
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        self.keeps_breaks = header == "|+";
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn indent_unless(&mut self, is_first: bool, indent: usize) {
        if !is_first {
            self.indent(indent);
        }
    }

    /// Of two nodes that begin on one line, the outer one has its say.
    fn note(&mut self, depth: usize, node: &Node) {
        if self.pending.is_none() {
            self.pending = (self.remark)(depth, node);
        }
    }

    fn end_line(&mut self) {
        if let Some(remark) = self.pending.take() {
            self.out.push_str(" # ");
            self.out.push_str(&remark.replace(|c: char| c.is_control(), " "));
        }
        self.out.push('\n');
        self.keeps_breaks = false;
    }
}

fn is_block(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => !mapping.is_empty(),
        Value::Sequence(items) => !items.is_empty(),
        _ => false,
    }
}
