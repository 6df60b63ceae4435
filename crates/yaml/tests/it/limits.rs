//! Texts that ask for too much.

use gantry_yaml::{Limits, SourceId, parse};
use insta::assert_snapshot;

use crate::support::{errors, errors_within, root};

#[test]
fn size() {
    let limits = Limits {
        size_bytes: 4,
        ..Limits::default()
    };
    assert_eq!(errors_within("a: 1", &limits), "no errors");
    assert_snapshot!(errors_within("a: 12", &limits), @r#"
    error: the text has 5 bytes, the limit is 4
      --> 1:1 ""
    help: move parts into files and `include` them
    "#);
}

#[test]
fn depth() {
    let limits = Limits {
        depth: 2,
        ..Limits::default()
    };
    assert_eq!(errors_within("a: [b]", &limits), "no errors");
    assert_snapshot!(errors_within("a: [{b: c}]", &limits), @r#"
    error: collections are nested more than 2 deep
      --> 1:5 "{"
    "#);
    assert_snapshot!(errors_within("a:\n  b:\n    c: d\n", &limits), @r#"
    error: collections are nested more than 2 deep
      --> 3:5 ""
    "#);
}

#[test]
fn depth_with_aliases_unfolded() {
    let limits = Limits {
        depth: 3,
        ..Limits::default()
    };
    assert_eq!(errors_within("a: &x [[b]]\nc: *x\n", &limits), "no errors");
    assert_snapshot!(errors_within("a: &x [[b]]\nc: [*x]\n", &limits), @r#"
    error: collections are nested more than 3 deep
      --> 2:5 "*x"
    "#);
}

#[test]
fn nodes() {
    let limits = Limits {
        nodes: 5,
        ..Limits::default()
    };
    assert_eq!(errors_within("a: [b, c]", &limits), "no errors");
    assert_snapshot!(errors_within("a: [b, c, d]", &limits), @r#"
    error: the text has more than 5 nodes
      --> 1:11 "d"
    "#);
    assert_snapshot!(errors_within("[&x [a], *x, *x]", &limits), @r#"
    error: aliases unfold to more than 5 nodes
      --> 1:14 "*x"
    "#);
}

#[test]
fn a_hundred_levels_are_fine() {
    assert_eq!(
        errors(&format!("{}{}", "[".repeat(100), "]".repeat(100))),
        "no errors"
    );
    assert_snapshot!(errors(&"[".repeat(100_000)), @r#"
    error: collections are nested more than 100 deep
      --> 1:102 ""
    "#);
    let steps: String = (0..1000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert_snapshot!(errors(&steps), @r#"
    error: collections are nested more than 100 deep
      --> 101:101 ""
    "#);
}

/// Nine lines of nine aliases each stand for a billion nodes.
#[test]
fn a_bomb_of_aliases() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..60 {
        let below = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", "));
    }
    assert_snapshot!(errors(&bomb), @r#"
    error: aliases unfold to more than 1000000 nodes
      --> 7:10 "*a5"
    "#);
}

#[test]
fn a_bomb_of_merges() {
    let keys: Vec<String> = (0..1000).map(|key| format!("k{key}: 1")).collect();
    let bomb = format!(
        "a: &a {{{}}}\nb: {{{}}}\n",
        keys.join(", "),
        ["<<: *a"; 1000].join(", ")
    );
    assert!(errors(&bomb).contains("aliases unfold to more than 1000000 nodes"));
}

#[test]
fn aliases_share_what_they_repeat() {
    let node = root("a: &x [1]\nb: *x\n");
    let mapping = node.as_mapping().expect("the root is a mapping");
    let [a, b] = ["a", "b"].map(|key| {
        mapping
            .get(key)
            .and_then(gantry_yaml::Node::as_sequence)
            .expect("a list")
    });
    assert!(std::ptr::eq(a, b));
}

/// Two megabytes within the limits, which a quadratic reader would not finish.
#[test]
fn large_files_are_read() {
    let jobs: String = (0..20_000)
        .map(|job| format!("job-{job}:\n  script: [make {job}]\n  stage: test\n"))
        .collect();
    let stream = parse(SourceId(7), &jobs, &Limits::default()).expect("the file is within the limits");
    assert_eq!(
        stream.documents[0]
            .root
            .as_mapping()
            .map(gantry_yaml::Mapping::len),
        Some(20_000)
    );
}
