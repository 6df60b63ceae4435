//! What follows a backslash.

use super::error::{RegexError, RegexErrorKind as Kind};
use super::translate::{Translator, is_word};

/// An escape that can stand both in a class and outside.
pub(super) enum Escape {
    Character(char),
    /// A set, as ranges for the inside of a class.
    Set {
        ranges: &'static str,
        negated: bool,
    },
    /// A `\p…`, already in the crate's spelling.
    Property(String),
}

impl Translator<'_> {
    /// Reads an escape outside classes.
    pub(super) fn escape(&mut self) -> Result<(), RegexError> {
        let assertion = [
            (r"\A", r"\A"),
            (r"\z", r"\z"),
            (r"\b", r"(?-u:\b)"),
            (r"\B", r"(?-u:\B)"),
        ];
        for (written, meant) in assertion {
            if self.eat(written) {
                self.out.push_str(meant);
                self.atom(1);
                return Ok(());
            }
        }
        if self.eat(r"\Q") {
            self.quoted();
            return Ok(());
        }
        self.refuse_foreign_escape()?;
        match self.escaped()? {
            Escape::Character(character) => self.literal(character),
            Escape::Set { ranges, negated } => {
                self.out.push_str(if negated { "[^" } else { "[" });
                self.out.push_str(ranges);
                self.out.push(']');
            }
            Escape::Property(property) => self.out.push_str(&property),
        }
        self.atom(1);
        Ok(())
    }

    /// Reads `\Q…\E`, or to the end when there is no `\E`.
    fn quoted(&mut self) {
        let rest = self.rest();
        let text = rest.split(r"\E").next().unwrap_or_default();
        self.at += text.len();
        self.eat(r"\E");
        for character in text.chars() {
            self.literal(character);
            self.atom(1);
        }
    }

    /// Names what other engines know and RE2 does not.
    fn refuse_foreign_escape(&mut self) -> Result<(), RegexError> {
        let start = self.at;
        let mut characters = self.rest().chars().skip(1);
        let (Some(first), second) = (characters.next(), characters.next()) else {
            return Ok(());
        };
        let octal = matches!(second, Some('0'..='7')) && matches!(first, '1'..='7');
        let name = match first {
            '1'..='9' if !octal => "backreference",
            'k' | 'g' => "backreference",
            'C' => "single byte",
            'Z' => "end before a last line break",
            'G' => "end of the previous match",
            'K' => "reset of the match",
            'R' => "line break",
            'X' => "grapheme cluster",
            'h' | 'H' => "horizontal space",
            _ => return Ok(()),
        };
        self.at += 2;
        Err(self.fail(
            Kind::Unsupported {
                name,
                construct: self.body[start..self.at].to_owned(),
            },
            start,
        ))
    }

    /// Reads an escape that is allowed in a class.
    pub(super) fn escaped(&mut self) -> Result<Escape, RegexError> {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else {
            return Err(self.fail(Kind::TrailingBackslash, start));
        };
        self.at += letter.len_utf8();
        let set = |ranges, negated| Ok(Escape::Set { ranges, negated });
        let character = match letter {
            'd' | 'D' => return set("0-9", letter == 'D'),
            's' | 'S' => return set(r"\t\n\f\r\x20", letter == 'S'),
            'w' | 'W' => return set("0-9A-Za-z_", letter == 'W'),
            'p' | 'P' => return self.property(start, letter == 'P'),
            'x' => self.hexadecimal(),
            '0'..='7' => self.octal(letter),
            'a' => Some('\x07'),
            'f' => Some('\x0C'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0B'),
            '_' => Some('_'),
            _ if letter.is_ascii() && !is_word(letter) => Some(letter),
            _ => None,
        };
        character
            .map(Escape::Character)
            .ok_or_else(|| self.fail(Kind::UnknownEscape(self.body[start..self.at].to_owned()), start))
    }

    /// Reads `\pL`, `\p{Greek}` or `\p{^Greek}` after the letter.
    fn property(&mut self, start: usize, negated: bool) -> Result<Escape, RegexError> {
        let braced = self.eat("{");
        let caret = braced && self.eat("^");
        let rest = self.rest();
        let length = if braced {
            rest.find('}')
        } else {
            rest.chars().next().map(char::len_utf8)
        };
        let name = length.map_or("", |length| &rest[..length]);
        self.at += name.len();
        let closed = !braced || self.eat("}");
        if name.is_empty() || !closed || !name.chars().all(is_word) {
            return Err(self.fail(Kind::UnknownClass(self.body[start..self.at].to_owned()), start));
        }
        let letter = if negated == caret { 'p' } else { 'P' };
        let property = format!("\\{letter}{{{name}}}");
        // A name the crate does not know is found here, where it can still be shown as it was written.
        match regex::Regex::new(&property) {
            Ok(_) => Ok(Escape::Property(property)),
            Err(_) => Err(self.fail(Kind::UnknownClass(self.body[start..self.at].to_owned()), start)),
        }
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let braced = self.eat("{");
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let length = if braced { length } else { length.min(2) };
        self.at += length;
        if (braced && !self.eat("}")) || (!braced && length < 2) {
            return None;
        }
        u32::from_str_radix(&rest[..length], 16)
            .ok()
            .and_then(char::from_u32)
    }

    /// Reads up to two more octal digits after the first.
    fn octal(&mut self, first: char) -> Option<char> {
        let more = self
            .rest()
            .bytes()
            .take(2)
            .take_while(|byte| (b'0'..=b'7').contains(byte))
            .count();
        if first != '0' && more == 0 {
            return None;
        }
        let digits = &self.body[self.at - 1..self.at + more];
        self.at += more;
        u32::from_str_radix(digits, 8).ok().and_then(char::from_u32)
    }
}
