//! What was typed after a command's name. A command takes what it knows and calls [`Arguments::finish`], which
//! refuses the rest.

use std::str::FromStr;

use anyhow::{Context, Result, bail};

pub(crate) struct Arguments {
    words: Vec<String>,
    /// What follows `--`.
    program: Vec<String>,
}

impl Arguments {
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Arguments {
        let mut words: Vec<String> = words.into_iter().collect();
        let program = match words.iter().position(|word| word == "--") {
            Some(at) => words.split_off(at).split_off(1),
            None => Vec::new(),
        };
        Arguments { words, program }
    }

    pub(crate) fn asks_for_help(&self) -> bool {
        self.words.iter().any(|word| word == "-h" || word == "--help")
    }

    /// Takes a switch and tells whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes `--name value` or `--name=value`.
    pub(crate) fn value<T>(&mut self, name: &str) -> Result<Option<T>>
    where
        T: FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let with_equals = format!("{name}=");
        let Some(at) = self
            .words
            .iter()
            .position(|word| word == name || word.starts_with(&with_equals))
        else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        let text = match word.strip_prefix(&with_equals) {
            Some(text) => text.to_owned(),
            None if at < self.words.len() => self.words.remove(at),
            None => bail!("`{name}` needs a value"),
        };
        let value = text
            .parse()
            .with_context(|| format!("`{text}` is not a value for `{name}`"))?;
        Ok(Some(value))
    }

    /// Takes the words after `--`.
    pub(crate) fn program(&mut self) -> Vec<String> {
        std::mem::take(&mut self.program)
    }

    /// Refuses whatever nobody has taken.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.words.iter().chain(&self.program).next() {
            Some(word) => bail!("unexpected argument `{word}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Arguments {
        Arguments::new(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn values_come_after_a_space_or_an_equals_sign() {
        let mut arguments = typed("--seconds 5 --rounds=3 --quick");
        assert_eq!(arguments.value::<u64>("--seconds").unwrap(), Some(5));
        assert_eq!(arguments.value::<u64>("--rounds").unwrap(), Some(3));
        assert!(arguments.flag("--quick"));
        assert!(!arguments.flag("--quick"));
        arguments.finish().unwrap();
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named() {
        let error = typed("--seconds soon").value::<u64>("--seconds").unwrap_err();
        assert_eq!(error.to_string(), "`soon` is not a value for `--seconds`");
        let error = typed("--seconds").value::<u64>("--seconds").unwrap_err();
        assert_eq!(error.to_string(), "`--seconds` needs a value");
    }

    #[test]
    fn options_of_a_program_are_left_to_it() {
        let mut arguments = typed("-- ls --help");
        assert!(!arguments.asks_for_help());
        assert_eq!(arguments.program(), ["ls", "--help"]);
        arguments.finish().unwrap();
    }
}
