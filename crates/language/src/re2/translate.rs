//! Reads an RE2 body from left to right and writes the equal expression for the `regex` crate.

use std::collections::HashSet;
use std::ops::Range;

use super::error::{RegexError, RegexErrorKind as Kind};
use super::repeat::MAX_REPEAT;

/// Constructs that begin with `(?` and exist elsewhere, with what they are called.
const FOREIGN_GROUPS: &[(&str, &str)] = &[
    ("(?>", "atomic group"),
    ("(?#", "comment"),
    ("(?(", "conditional"),
    ("(?|", "branch reset"),
    ("(?&", "subroutine call"),
    ("(?R", "recursion"),
    ("(?P=", "backreference"),
    ("(?P>", "subroutine call"),
];

const LOOK_AROUND: &[(&str, &str)] = &[
    ("(?=", "look-ahead"),
    ("(?!", "negative look-ahead"),
    ("(?<=", "look-behind"),
    ("(?<!", "negative look-behind"),
];

pub(super) fn translate(body: &str, flags: &str) -> Result<String, RegexError> {
    let mut translator = Translator::new(body);
    if !flags.is_empty() {
        let set = Flags::default()
            .read(flags)
            .map_err(|flag| translator.fail(Kind::UnknownFlag(flag), 0))?;
        translator.out = format!("(?{})", set.on);
    }
    translator.run()?;
    Ok(translator.out)
}

/// A group that has been opened, or the whole expression.
struct Group {
    start: usize,
    /// The largest product of nested counts inside; RE2 limits the product, not each count.
    count: u32,
}

pub(super) struct Translator<'a> {
    pub(super) body: &'a str,
    pub(super) at: usize,
    pub(super) out: String,
    groups: Vec<Group>,
    names: HashSet<&'a str>,
    /// The nested count of what a repetition would apply to; `None` when there is nothing to repeat.
    pub(super) last: Option<u32>,
    /// Where the repetition just read begins.
    pub(super) repeat_start: Option<usize>,
}

impl<'a> Translator<'a> {
    fn new(body: &'a str) -> Self {
        Translator {
            body,
            at: 0,
            out: String::with_capacity(body.len() * 2),
            groups: vec![Group { start: 0, count: 1 }],
            names: HashSet::new(),
            last: None,
            repeat_start: None,
        }
    }

    fn run(&mut self) -> Result<(), RegexError> {
        while let Some(next) = self.peek() {
            if self.repetition(next)? {
                continue;
            }
            self.repeat_start = None;
            match next {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '[' => self.class()?,
                '\\' => self.escape()?,
                '|' => {
                    self.copy(next);
                    self.last = None;
                }
                '^' | '$' | '.' => {
                    self.copy(next);
                    self.atom(1);
                }
                _ => {
                    self.at += next.len_utf8();
                    self.literal(next);
                    self.atom(1);
                }
            }
        }
        match self.groups.pop() {
            Some(group) if !self.groups.is_empty() => {
                Err(RegexError::new(Kind::UnclosedGroup, group.start..group.start + 1))
            }
            _ => Ok(()),
        }
    }

    fn open_group(&mut self) -> Result<(), RegexError> {
        let start = self.at;
        if self.rest().starts_with("(?") {
            self.special_group()?;
        } else {
            self.copy('(');
            self.groups.push(Group { start, count: 1 });
        }
        self.last = None;
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), RegexError> {
        let start = self.at;
        self.copy(')');
        match self.groups.pop() {
            Some(group) if !self.groups.is_empty() => {
                self.atom(group.count);
                Ok(())
            }
            _ => Err(self.fail(Kind::UnopenedGroup, start)),
        }
    }

    fn special_group(&mut self) -> Result<(), RegexError> {
        let start = self.at;
        for &(construct, name) in LOOK_AROUND {
            if self.eat(construct) {
                return Err(self.fail(Kind::LookAround { name, construct }, start));
            }
        }
        for &(construct, name) in FOREIGN_GROUPS {
            if self.eat(construct) {
                return Err(self.fail(
                    Kind::Unsupported {
                        name,
                        construct: construct.to_owned(),
                    },
                    start,
                ));
            }
        }
        if self.eat("(?P<") || self.eat("(?<") {
            self.named_group(start)
        } else {
            self.at += "(?".len();
            self.flags_group(start)
        }
    }

    /// Reads a name and drops it: nobody asks for captures, and the crate is pickier about names.
    fn named_group(&mut self, start: usize) -> Result<(), RegexError> {
        let rest = self.rest();
        let name = rest.split('>').next().unwrap_or_default();
        let valid = rest.len() > name.len() && !name.is_empty() && name.chars().all(is_word);
        self.at += name.len();
        if !valid {
            return Err(self.fail(Kind::UnknownGroup(self.body[start..self.at].to_owned()), start));
        }
        if !self.names.insert(name) {
            return Err(self.fail(Kind::DuplicateGroupName(name.to_owned()), start));
        }
        self.at += 1;
        self.out.push('(');
        self.groups.push(Group { start, count: 1 });
        Ok(())
    }

    fn flags_group(&mut self, start: usize) -> Result<(), RegexError> {
        let rest = self.rest();
        let Some(end) = rest.find([':', ')']) else {
            return Err(match rest.chars().next() {
                Some(flag) if !"imsU-".contains(flag) => self.unknown_flag(flag),
                _ => RegexError::new(Kind::UnclosedGroup, start..start + 1),
            });
        };
        let flags = Flags::default()
            .read(&rest[..end])
            .map_err(|flag| self.unknown_flag(flag))?;
        if rest[..end].ends_with('-') {
            return Err(self.unknown_flag('-'));
        }
        self.out.push_str("(?");
        self.out.push_str(&flags.on);
        if !flags.off.is_empty() {
            self.out.push('-');
            self.out.push_str(&flags.off);
        }
        self.at += end + 1;
        if rest[end..].starts_with(':') {
            self.out.push(':');
            self.groups.push(Group { start, count: 1 });
        } else if flags.on.is_empty() && flags.off.is_empty() {
            // The crate takes `(?)` for a repetition of nothing.
            self.out.push_str(":)");
        } else {
            self.out.push(')');
        }
        Ok(())
    }

    fn unknown_flag(&self, flag: char) -> RegexError {
        let at = self.at + self.rest().find(flag).unwrap_or_default();
        RegexError::new(Kind::UnknownFlag(flag), at..at + flag.len_utf8())
    }

    /// Notes that something which can be repeated has been written.
    pub(super) fn atom(&mut self, count: u32) {
        self.last = Some(count);
        if let Some(group) = self.groups.last_mut() {
            group.count = group.count.max(count).min(MAX_REPEAT);
        }
    }

    /// Writes a character that stands for itself, inside a class or outside.
    pub(super) fn literal(&mut self, character: char) {
        if character.is_ascii() && !is_word(character) {
            self.out.push_str(&format!("\\x{{{:02X}}}", u32::from(character)));
        } else {
            self.out.push(character);
        }
    }

    pub(super) fn copy(&mut self, character: char) {
        self.out.push(character);
        self.at += character.len_utf8();
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.body[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Returns the error for what has been read since `start`.
    pub(super) fn fail(&self, kind: Kind, start: usize) -> RegexError {
        let range: Range<usize> = start..self.at;
        RegexError::new(kind, range)
    }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Flags to set and to clear, each once; the later of two contradicting ones counts.
#[derive(Default)]
struct Flags {
    on: String,
    off: String,
}

impl Flags {
    fn read(mut self, text: &str) -> Result<Flags, char> {
        let mut clearing = false;
        for flag in text.chars() {
            match flag {
                '-' if !clearing => clearing = true,
                'i' | 'm' | 's' | 'U' => self.set(flag, clearing),
                _ => return Err(flag),
            }
        }
        Ok(self)
    }

    fn set(&mut self, flag: char, clearing: bool) {
        self.on.retain(|other| other != flag);
        self.off.retain(|other| other != flag);
        let flags = if clearing { &mut self.off } else { &mut self.on };
        flags.push(flag);
    }
}
