//! Every mistake that GitLab has a message for says it; here are those that it has none for, each with the reason.
//!
//! The list is compared with the source, so that a new mistake is either worded as GitLab words it or stands here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// File, code, and why there is no message.
const WITHOUT: &[(&str, &str, &str)] = &[
    (
        "compile/budget.rs",
        "limit",
        "GitLab has no bound on what decisions hold",
    ),
    (
        "compile/connect.rs",
        "needs-circle",
        "GitLab does not look for circles that rules close; the jobs wait for ever",
    ),
    (
        "extends.rs",
        "extends-variables",
        "GitLab takes it, and has a variable called `extends`",
    ),
    (
        "extends.rs",
        "limit",
        "GitLab bounds the memory of the result, in a message about the file as a whole",
    ),
    (
        "keywords/foreign_needs.rs",
        "refused",
        "GitLab takes it, in a paid tier",
    ),
    (
        "keywords/job_inputs.rs",
        "input",
        "GitLab leaves the text as it is",
    ),
    (
        "load/document.rs",
        "documents",
        "GitLab reads one of the documents and says nothing",
    ),
    ("load/header.rs", "include", "its words are not known"),
    (
        "reader.rs",
        "refused",
        "GitLab takes it; its keyword's page says what refuses it here",
    ),
    (
        "reference.rs",
        "limit",
        "GitLab bounds the memory of the result, in a message about the file as a whole",
    ),
    (
        "validation.rs",
        "undefined-generator",
        "GitLab finds out when the trigger job starts",
    ),
];

#[test]
fn every_mistake_has_gitlabs_words_or_a_reason() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    look(&source, &source, &mut found);
    let listed = WITHOUT
        .iter()
        .map(|(file, code, _)| (file.to_string(), code.to_string()));
    assert_eq!(found, listed.collect());
}

/// Adds the mistakes of a folder's files that are made without a message of GitLab's.
fn look(root: &Path, folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            look(root, &path, found);
            continue;
        }
        let text = fs::read_to_string(&path).expect("sources are text");
        let file = path
            .strip_prefix(root)
            .expect("it is below")
            .display()
            .to_string();
        for made in text.split("Diagnostic::error(").skip(1) {
            if let Some(code) = code_of(made).filter(|_| !function(made).contains(".gitlab(")) {
                found.insert((file.clone(), code.to_owned()));
            }
        }
    }
}

/// The code is the first argument; the constructor's own definition has none.
fn code_of(made: &str) -> Option<&str> {
    made.trim_start().strip_prefix('"')?.split('"').next()
}

/// The text up to where the next mistake is made or the function ends: words may be added some lines below.
fn function(made: &str) -> &str {
    let end = ["\n    }\n", "\n}\n"]
        .into_iter()
        .filter_map(|end| made.find(end))
        .min();
    &made[..end.unwrap_or(made.len())]
}
