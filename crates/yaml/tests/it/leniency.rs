//! Where the parser and libyaml, which GitLab uses, part ways. Found by running both over the same texts.

use crate::support::{errors, tree};

#[test]
fn gitlab_reads_these_and_we_do_not() {
    let texts = [
        "a: \"x\ny\"\n",
        "a: \"v\"#x\n",
        "a: [b,#x\n c]\n",
        "a: &x b\n*x: 1\n",
        "a: [\n\tb\n]\n",
        "a: b\u{85}c: d\n",
        "a: b\u{2028}c: d\n",
        "a: \u{feff}b\n",
        "a: |#x\n  b\n",
        "a: {{ b }}\n",
        "a:\n  ? \n  : b\n",
        "a:\n  b:\n  |\n  c: d\n",
    ];
    for text in texts {
        assert_ne!(errors(text), "no errors", "{text:?}");
    }
}

#[test]
fn we_read_these_and_gitlab_does_not() {
    let cases = [
        ("a:\n  b: 1\n\t\n  c: 2\n", r#"{"a": {"b": 1, "c": 2}}"#),
        ("a: 1\n\t# b\nc: 2\n", r#"{"a": 1, "c": 2}"#),
        (r#"a: "\ud83d\ude00""#, r#"{"a": "😀"}"#),
        ("a: |\n  \tb\n", r#"{"a": "\tb\n"}"#),
        ("{a\n: 1}\n", r#"{"a": 1}"#),
        ("|\na\n", r#""a\n""#),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(text), expected, "{text:?}");
    }
}

#[test]
fn a_question_mark_in_brackets_is_text() {
    // To libyaml this is `[{x: null}]`.
    assert_eq!(tree("[?x]"), r#"["?x"]"#);
}
