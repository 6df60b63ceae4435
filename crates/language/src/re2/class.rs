//! Bracketed character classes.
//!
//! Inside brackets RE2 knows ranges, escapes and `[:alpha:]`; the crate also knows nested classes and set
//! operators. As every character is written escaped, none of these can come to life.

use super::error::{RegexError, RegexErrorKind as Kind};
use super::escape::Escape;
use super::translate::Translator;

const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

impl Translator<'_> {
    pub(super) fn class(&mut self) -> Result<(), RegexError> {
        let start = self.at;
        self.copy('[');
        if self.peek() == Some('^') {
            self.copy('^');
        }
        let first = self.at;
        loop {
            match self.peek() {
                None => return Err(RegexError::new(Kind::UnclosedClass, start..start + 1)),
                Some(']') if self.at > first => break,
                Some(next) => self.class_item(start, next)?,
            }
        }
        self.copy(']');
        self.atom(1);
        Ok(())
    }

    fn class_item(&mut self, class: usize, next: char) -> Result<(), RegexError> {
        if self.posix_class()? {
            return Ok(());
        }
        let start = self.at;
        let low = match self.class_escape(next)? {
            Escape::Character(character) => character,
            Escape::Set {
                ranges,
                negated: false,
            } => {
                self.out.push_str(ranges);
                return Ok(());
            }
            Escape::Set {
                ranges,
                negated: true,
            } => {
                self.out.push_str(&format!("[^{ranges}]"));
                return Ok(());
            }
            Escape::Property(property) => {
                self.out.push_str(&property);
                return Ok(());
            }
        };
        self.literal(low);
        if !self.rest().starts_with('-') || self.rest().starts_with("-]") {
            return Ok(());
        }
        self.at += 1;
        let Some(next) = self.peek() else {
            return Err(RegexError::new(Kind::UnclosedClass, class..class + 1));
        };
        let high = self.class_escape(next)?;
        match high {
            Escape::Character(high) if high >= low => {
                self.out.push('-');
                self.literal(high);
                Ok(())
            }
            Escape::Character(_) => Err(self.fail(Kind::BackwardsRange(self.read_since(start)), start)),
            _ => Err(self.fail(Kind::UnknownRange(self.read_since(start)), start)),
        }
    }

    fn class_escape(&mut self, next: char) -> Result<Escape, RegexError> {
        if next == '\\' {
            return self.escaped();
        }
        self.at += next.len_utf8();
        Ok(Escape::Character(next))
    }

    /// Reads `[:name:]`; a `[:` without `:]` behind it is two ordinary characters.
    fn posix_class(&mut self) -> Result<bool, RegexError> {
        let start = self.at;
        let Some(length) = self.rest().strip_prefix("[:").and_then(|rest| rest.find(":]")) else {
            return Ok(false);
        };
        let written = &self.rest()[..length + "[::]".len()];
        self.at += written.len();
        let name = &written[2..2 + length];
        if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(self.fail(Kind::UnknownClass(written.to_owned()), start));
        }
        self.out.push_str(written);
        Ok(true)
    }

    fn read_since(&self, start: usize) -> String {
        self.body[start..self.at].to_owned()
    }
}
