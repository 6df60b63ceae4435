//! Anchors, aliases and `<<`.
//!
//! <https://docs.gitlab.com/ci/yaml/yaml_optimization/#anchors>

use crate::support::{errors, tree, warnings};

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(tree(text), expected, "{text}");
}

#[test]
fn an_alias_repeats_its_anchor() {
    check(
        "a: &x [1, {b: 2}]\nc: *x\n",
        r#"{"a": [1, {"b": 2}], "c": [1, {"b": 2}]}"#,
    );
    check(
        "&k key: &v value\n*v : *k\n",
        r#"{"key": "value", "value": "key"}"#,
    );
    check("a: &x\nb: *x\n", r#"{"a": null, "b": null}"#);
}

#[test]
fn the_latest_anchor_of_a_name_counts() {
    check(
        "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
        r#"{"a": 1, "b": 1, "c": 2, "d": 2}"#,
    );
}

#[test]
fn the_order_of_the_file_decides() {
    let base = ".b: &b {x: b, y: b}\n";
    let rest = r#"".b": {"x": "b", "y": "b"}, "#;
    let cases = [
        ("j:\n  <<: *b\n  x: j", r#""j": {"x": "j", "y": "b"}"#),
        ("j:\n  x: j\n  <<: *b", r#""j": {"x": "b", "y": "b"}"#),
        (
            "j:\n  z: j\n  <<: *b\n  y: j",
            r#""j": {"z": "j", "x": "b", "y": "j"}"#,
        ),
        ("j:\n  <<: {x: 1}\n  <<: *b", r#""j": {"x": "b", "y": "b"}"#),
        ("j:\n  \"<<\": *b", r#""j": {"x": "b", "y": "b"}"#),
    ];
    for (text, expected) in cases {
        check(&format!("{base}{text}\n"), &format!("{{{rest}{expected}}}"));
    }
}

#[test]
fn the_first_of_a_list_wins_and_stands_last() {
    check(
        "a: &a {x: a, y: a}\nb: &b {x: b, z: b}\nc: {<<: [*a, *b]}\n",
        r#"{"a": {"x": "a", "y": "a"}, "b": {"x": "b", "z": "b"}, "c": {"x": "a", "z": "b", "y": "a"}}"#,
    );
    check("a: {<<: []}\n", r#"{"a": {}}"#);
}

#[test]
fn what_cannot_be_merged_stays_a_key() {
    check("<<: text\n", r#"{"<<": "text"}"#);
    check("<<:\n", r#"{"<<": null}"#);
    check("<<: [{a: 1}, b]\n", r#"{"<<": [{"a": 1}, "b"]}"#);
    check(
        "a: &l [{b: 1}]\nc: {<<: *l}\n",
        r#"{"a": [{"b": 1}], "c": {"<<": [{"b": 1}]}}"#,
    );
    check(
        "a: &t text\nc: {<<: *t}\n",
        r#"{"a": "text", "c": {"<<": "text"}}"#,
    );
    check("!!str <<: {a: 1}\n", r#"{"<<": {"a": 1}}"#);
}

#[test]
fn merging_is_shallow_and_repeats() {
    check(
        "a: &a {v: {x: 1}}\nb: &b {<<: *a, w: 2}\nc: {<<: *b, v: {y: 3}}\n",
        r#"{"a": {"v": {"x": 1}}, "b": {"v": {"x": 1}, "w": 2}, "c": {"v": {"y": 3}, "w": 2}}"#,
    );
}

#[test]
fn a_key_written_twice_is_mentioned() {
    insta::assert_snapshot!(warnings("a: 1\nb: 2\na: 3\n\"a\": 4\n1: x\n1: y\n"), @r#"
    warning: key `a` is written twice; the last one counts
      --> 3:1 "a"
    warning: key `a` is written twice; the last one counts
      --> 4:1 "\"a\""
    warning: key `1` is written twice; the last one counts
      --> 6:1 "1"
    "#);
    assert_eq!(tree("a: 1\nb: 2\na: 3\n"), r#"{"a": 3, "b": 2}"#);
    assert_eq!(warnings("true: a\n\"true\": b\n1: c\n\"1\": d\n"), "");
}

#[test]
fn overriding_what_was_merged_is_not() {
    assert_eq!(
        warnings("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc: {x: 2, <<: *a}\nd: {<<: *a, <<: {x: 3}}\n"),
        ""
    );
}

#[test]
fn a_broken_alias_is_told_once() {
    insta::assert_snapshot!(errors("a:\n  <<: *x\n  <<: [*x]\n"), @r#"
    error: alias `*x` has no anchor before it
      --> 2:7 "*x"
    help: define `&x` above, or quote the text if it is no alias; anchors do not reach across `include`
    error: alias `*x` has no anchor before it
      --> 3:8 "*x"
    help: define `&x` above, or quote the text if it is no alias; anchors do not reach across `include`
    "#);
}
