//! `docs/requirements.md`.

use super::Shown;
use super::catalogue::{Catalogue, Requirement};
use super::scan::TestName;

/// The systems by the document number in their requirements' ids.
const SYSTEMS: &[(&str, &str)] = &[
    ("S0", "Voting application in several projects, on Docker hosts"),
    ("S1", "Repository on web and service hosts"),
    ("S2", "Backup and restore of a database"),
    ("S3", "Sensor recording system"),
    ("S4", "Voting application with a queue, on Kubernetes"),
];

const INTRODUCTION: &str = "\
<!-- Written by `cargo xtask docs` from docs/requirements/requirements.tsv and the `// shows:` lines of the tests. -->

# Requirements

What the five systems of [stacks](../stacks/README.md) ask for, and the test that shows it. Classes: **P** the
platform, **A** a delivered application, **O** operations, **trap** a contradiction that has to be survived or
reported.
";

pub(super) fn render(catalogue: &Catalogue, shown: &Shown) -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(&format!(
        "\nShown: {} of {}.\n",
        shown.len(),
        catalogue.requirements.len()
    ));
    for (prefix, title) in SYSTEMS {
        let of_system = |requirement: &&Requirement| requirement.id.split('-').next() == Some(*prefix);
        page.push_str(&format!(
            "\n## {prefix}: {title}\n\n| id | class | requirement | shown by |\n|---|---|---|---|\n"
        ));
        for requirement in catalogue.requirements.iter().filter(of_system) {
            page.push_str(&row(
                requirement,
                shown.get(&requirement.id).map_or(&[], Vec::as_slice),
            ));
        }
    }
    page
}

fn row(requirement: &Requirement, tests: &[TestName]) -> String {
    let shown_by = if tests.is_empty() {
        "*not yet*".to_owned()
    } else {
        tests.iter().map(link).collect::<Vec<_>>().join("<br>")
    };
    format!(
        "| {} | {} | {} | {shown_by} |\n",
        requirement.id, requirement.class, requirement.words
    )
}

fn link(test: &TestName) -> String {
    format!("[{}](../{}) `{}`", test.file, test.file, test.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_links_every_test_or_says_not_yet() {
        let requirement = Requirement {
            id: "S0-29".into(),
            class: "P".into(),
            words: "retry".into(),
        };
        let test = |function: &str| TestName {
            file: "crates/a/src/b.rs".into(),
            function: function.into(),
        };
        assert_eq!(row(&requirement, &[]), "| S0-29 | P | retry | *not yet* |\n");
        assert_eq!(
            row(&requirement, &[test("one"), test("two")]),
            "| S0-29 | P | retry | [crates/a/src/b.rs](../crates/a/src/b.rs) `one`<br>\
             [crates/a/src/b.rs](../crates/a/src/b.rs) `two` |\n"
        );
    }
}
