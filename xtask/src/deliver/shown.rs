//! Which of the requirements of the voting application's delivery a delivery shows, and how.

use anyhow::{Result, bail, ensure};

use super::journal::Journal;

const TABLE: &str = include_str!("shown.tsv");

struct Line {
    id: &'static str,
    /// The step without which it is not shown; none for what this delivery leaves to other tests.
    step: Option<&'static str>,
    how: &'static str,
}

fn lines() -> Result<Vec<Line>> {
    let parsed = TABLE.lines().skip(1).map(|line| {
        let [id, step, how] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("shown.tsv: expected id, step and how, separated by tabs: {line}");
        };
        Ok(Line {
            id,
            step: (step != "-").then_some(step),
            how,
        })
    });
    parsed.collect()
}

/// Returns the table, and fails when a line counts on a step that was not taken.
pub(super) fn table(journal: &Journal) -> Result<String> {
    let mut text = String::new();
    let mut shown = 0;
    for Line { id, step, how } in lines()? {
        let by = match step {
            Some(step) => {
                ensure!(
                    journal.has(step),
                    "{id} counts on the step `{step}`, which there is not"
                );
                shown += 1;
                step
            }
            None => "not shown here",
        };
        text.push_str(&format!("{id:<7}{by:<30}{how}\n"));
    }
    text.push_str(&format!("{shown} of {} shown\n", lines()?.len()));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_requirement_of_the_document_has_its_line() {
        let requirements = workspace::root().join("docs/requirements/requirements.tsv");
        let requirements = std::fs::read_to_string(requirements).unwrap();
        let expected: Vec<&str> = requirements
            .lines()
            .filter(|line| line.starts_with("S0-"))
            .map(|line| line.split('\t').next().unwrap())
            .collect();
        let listed: Vec<&str> = lines().unwrap().iter().map(|line| line.id).collect();
        assert_eq!(listed, expected);
    }
}
