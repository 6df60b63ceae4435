//! Texts of none, one and several documents, and what stands around them.

use crate::support::{read, show, tree};

fn roots(text: &str) -> Vec<String> {
    read(text)
        .documents
        .iter()
        .map(|document| show(&document.root))
        .collect()
}

#[test]
fn documents_are_counted_by_their_markers() {
    let cases: [(&str, &[&str]); 8] = [
        ("", &[]),
        ("# a\n\n", &[]),
        ("---\n", &["null"]),
        ("---\n---\n# a\n", &["null", "null"]),
        ("a\n---\nb\n", &[r#""a""#, r#""b""#]),
        ("--- a\n...\n--- [b]\n", &[r#""a""#, r#"["b"]"#]),
        ("a: |\n  x\n---\nb\n", &[r#"{"a": "x\n"}"#, r#""b""#]),
        ("a\n...\n", &[r#""a""#]),
    ];
    for (text, expected) in cases {
        assert_eq!(roots(text), expected, "{text:?}");
    }
}

#[test]
fn a_document_knows_its_place() {
    let text = "# é\n--- # first\na: 1\n---\nb: 2\n";
    let places: Vec<_> = read(text)
        .documents
        .iter()
        .map(|it| &text[it.span.range()])
        .collect();
    insta::assert_debug_snapshot!(places, @r#"
    [
        "--- # first\na: 1\n",
        "---\nb: 2\n",
    ]
    "#);
}

#[test]
fn byte_order_mark_and_line_breaks() {
    assert_eq!(tree("\u{feff}a: 1\n"), r#"{"a": 1}"#);
    assert_eq!(
        tree("a: 1\r\nb: |\r\n  x\r\n  y\r\n"),
        r#"{"a": 1, "b": "x\ny\n"}"#
    );
    assert_eq!(tree("a: 1\rb: 2\r"), r#"{"a": 1, "b": 2}"#);
}

#[test]
fn block_scalars() {
    let cases = [
        ("|\n  a\n  b\n", r#""a\nb\n""#),
        ("|-\n  a\n", r#""a""#),
        ("|+\n  a\n\n", r#""a\n\n""#),
        (">\n  a\n  b\n\n  c\n", r#""a b\nc\n""#),
        ("|2\n   a\n", r#"" a\n""#),
        ("|\n", r#""""#),
        ("|\n  1\n", r#""1\n""#),
        ("|-\n  1\n", r#""1""#),
        // Without a line break at the end of the file there is none in the text.
        ("|\n  a", r#""a""#),
        (">\n  a\n  b", r#""a b""#),
        ("|\n  a\n   ", r#""a\n ""#),
        ("|\n  a\n ", r#""a\n""#),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(text), expected, "{text:?}");
    }
}

#[test]
fn flow_collections_as_libyaml_reads_them() {
    let cases = [
        ("{a, b: 1, c: }", r#"{"a": null, "b": 1, "c": null}"#),
        (r#"{"a":1}"#, r#"{"a": 1}"#),
        ("[a: 1, http://b/c, d:e]", r#"[{"a": 1}, "http://b/c", "d:e"]"#),
        ("[\na,\nb\n]", r#"["a", "b"]"#),
        ("a:\n- b\n-\n", r#"{"a": ["b", null]}"#),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(text), expected, "{text:?}");
    }
}
