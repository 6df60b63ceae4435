//! The requirements as the table lists them.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};

pub(super) struct Requirement {
    pub(super) id: String,
    /// `P` the platform, `A` a delivered application, `O` operations, `trap` a contradiction to survive.
    pub(super) class: String,
    pub(super) words: String,
}

/// All requirements in the order of the table.
pub(super) struct Catalogue {
    pub(super) requirements: Vec<Requirement>,
    ids: BTreeSet<String>,
}

impl Catalogue {
    /// Reads tab-separated lines below a heading line.
    pub(super) fn parse(table: &str) -> Result<Catalogue> {
        let mut requirements = Vec::new();
        let mut ids = BTreeSet::new();
        for (index, line) in table.lines().enumerate().skip(1) {
            let place = format!("requirements.tsv:{}", index + 1);
            let [id, class, words] = line.split('\t').collect::<Vec<_>>()[..] else {
                bail!("{place}: expected id, class and words, separated by tabs");
            };
            ensure!(is_id(id), "{place}: `{id}` is not a requirement id");
            ensure!(ids.insert(id.to_owned()), "{place}: `{id}` is listed twice");
            requirements.push(Requirement {
                id: id.into(),
                class: class.into(),
                words: words.into(),
            });
        }
        Ok(Catalogue { requirements, ids })
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

/// `S`, the document, a hyphen, a number and perhaps one letter: `S0-58b`.
fn is_id(text: &str) -> bool {
    let Some((document, number)) = text.strip_prefix('S').and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let digits = number.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(document) && all_digits(digits) && number.len() - digits.len() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_in_its_order() {
        let catalogue = Catalogue::parse("id\tclass\twords\nS0-2\tP\ttwo\nS0-1b\tA,O\tone\n").unwrap();
        let ids: Vec<&str> = catalogue
            .requirements
            .iter()
            .map(|requirement| &*requirement.id)
            .collect();
        assert_eq!(ids, ["S0-2", "S0-1b"]);
        assert!(catalogue.contains("S0-1b") && !catalogue.contains("S0-1"));
    }

    #[test]
    fn mistakes_in_the_table_have_a_place() {
        let message = |table: &str| Catalogue::parse(table).err().map(|error| error.to_string());
        assert_eq!(
            message("id\nS0-1\tP\tx\nS0-1\tP\tx\n").as_deref(),
            Some("requirements.tsv:3: `S0-1` is listed twice")
        );
        assert_eq!(
            message("id\nS01\tP\tx\n").as_deref(),
            Some("requirements.tsv:2: `S01` is not a requirement id")
        );
        assert_eq!(
            message("id\nS0-1 P x\n").as_deref(),
            Some("requirements.tsv:2: expected id, class and words, separated by tabs")
        );
    }
}
