//! What is written reads as it was.

use std::sync::Arc;

use gantry_yaml::{Mapping, Node, Span, Value, write};
use proptest::prelude::*;

use crate::support::{SOURCE, root, show};

fn node(value: Value) -> Node {
    Node {
        span: Span::new(SOURCE, 0, 0),
        value,
    }
}

fn text(text: &str) -> Node {
    node(Value::String(text.into()))
}

fn list(items: Vec<Node>) -> Node {
    node(Value::Sequence(Arc::new(items)))
}

fn mapping(entries: impl IntoIterator<Item = (Node, Node)>) -> Mapping {
    let mut mapping = Mapping::new();
    for (key, value) in entries {
        mapping.insert(key, value);
    }
    mapping
}

fn written(text: &str) -> String {
    let root = root(text);
    write(root.as_mapping().expect("a mapping"), &|_, _| None)
}

/// The only value of a mapping, as it is written.
fn value(value: Value) -> String {
    let root = mapping([(text("k"), node(value))]);
    write(&root, &|_, _| None)
}

#[test]
fn blocks_in_the_order_of_the_file() {
    insta::assert_snapshot!(written("
stages: [build, test]
'on': {push: [], tag: {}, x: ~}
job: {script: [one, [two, [three]], {a: 1, b: {c: d}}], rules: [{if: $A, when: never}, {changes: [a, b]}]}
? long
: !reference [.a, 'b, c']
<<: text
"), @r#"
stages:
  - build
  - test

'on':
  push: []
  tag: {}
  x: null

job:
  script:
    - one
    - - two
      - - three
    - a: 1
      b:
        c: d
  rules:
    - if: $A
      when: never
    - changes:
        - a
        - b

long: !reference [.a, 'b, c']

!!str "<<": text
"#);
}

#[test]
fn strings_that_look_like_something_else_are_in_quotes() {
    for plain in [
        "a",
        "make test",
        "a:b",
        "a#b",
        "$A/b",
        "v1.2.3-x",
        "/a/*",
        "don't",
        "é",
        "a, b",
        "1 job",
    ] {
        assert_eq!(value(Value::String(plain.into())), format!("k: {plain}\n"));
    }
    for quoted in [
        "",
        " a",
        "a ",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "true",
        "null",
        "~",
        "1",
        "1.10",
        "0755",
        "0o17",
        "1e3",
        "1_000",
        "0x1F",
        "22:22",
        "3306:3306",
        "2020-01-01",
        "2020-01-01 10:00:00",
        ".inf",
        "+.5",
        "- a",
        "-v",
        "? a",
        ": a",
        ":a",
        "a: b",
        "a #b",
        "a:",
        "#a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "[a]",
        "{a}",
        "\"a",
        "<<",
        "=",
        "...",
        "---",
    ] {
        assert_eq!(value(Value::String(quoted.into())), format!("k: '{quoted}'\n"));
    }
    assert_eq!(value(Value::String("'a".into())), "k: '''a'\n");
    assert_eq!(
        value(Value::String("a\tb\u{1b}\u{2028}\u{feff}\\\"".into())),
        "k: \"a\\tb\\x1b\\u2028\\ufeff\\\\\\\"\"\n"
    );
}

#[test]
fn other_types_are_written_as_what_they_are() {
    for (read, expected) in [
        (Value::Null, "null"),
        (Value::Bool(true), "true"),
        (Value::Integer(493), "493"),
        (Value::Float(1.1), "1.1"),
        (Value::Float(1e300), "1.0e+300"),
        (Value::Float(f64::NEG_INFINITY), "-.inf"),
        (Value::Symbol("a".into()), ":a"),
        (Value::Symbol("a: b".into()), "!ruby/symbol 'a: b'"),
    ] {
        assert_eq!(value(read), format!("k: {expected}\n"));
    }
}

#[test]
fn texts_of_several_lines_are_blocks() {
    let lines = |text: &str| value(Value::String(text.into()));
    assert_eq!(lines("a\nb"), "k: |-\n  a\n  b\n");
    assert_eq!(lines("a\n\n\tb\n"), "k: |\n  a\n\n  \tb\n");
    assert_eq!(lines("a\n\n\n"), "k: |+\n  a\n\n\n");
    assert_eq!(lines("a\n"), "k: |\n  a\n");
    // An indentation that a block could not tell from its own, and lines of blanks, are safer in quotes.
    assert_eq!(lines(" a\nb"), "k: \" a\\nb\"\n");
    assert_eq!(lines("\na"), "k: \"\\na\"\n");
    assert_eq!(lines("a\n \nb"), "k: \"a\\n \\nb\"\n");
    assert_eq!(lines("a\r\nb"), "k: \"a\\r\\nb\"\n");
}

#[test]
fn remarks_stand_behind_the_lines_they_are_about() {
    let root = root("a: {b: [x, {c: d}], e: \"1\\n2\", f: [], g: 'a b '}");
    let remark = |depth: usize, node: &Node| Some(format!("{depth} {}", show(node)));
    let root = root.as_mapping().expect("a mapping");
    insta::assert_snapshot!(write(root, &remark), @r#"
    a: # 0 "a"
      b: # 1 "b"
        - x # 2 "x"
        - c: d # 2 {"c": "d"}
      e: |- # 1 "e"
        1
        2
      f: [] # 1 "f"
      g: 'a b ' # 1 "g"
    "#);
    let read = crate::support::root(&write(root, &remark));
    assert_eq!(show(&read), show(&node(Value::Mapping(Arc::new(root.clone())))));
}

/// Strings made of what YAML has opinions about.
fn strings() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé🚀]{1,3}",
        "[0-9:._,+-]{1,6}",
        prop::sample::select(vec![
            "\n", "\n\n", " ", "  ", "\t", ": ", ":", "- ", "-", "? ", "#", " #", "[", "]", "{", "}", ",",
            "'", "\"", "|", ">", "&", "*", "!", "%", "@", "`", "\\", "<<", "~", "yes", "null", "\r",
            "\u{85}", "\u{2028}", "\u{feff}", "\u{0}", "\u{7f}", "\u{a0}", "---", "...", "=", "!!str ",
            "$[[ a ]]",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        // Longer than a key may be without a mark.
        1 => "[a ]{1000,1100}",
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => strings().prop_map(|text| Value::String(text.into())),
        1 => strings().prop_map(|text| Value::Symbol(text.into())),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i128>().prop_map(Value::Integer),
        1 => any::<f64>().prop_map(Value::Float),
        1 => Just(Value::Null),
    ]
}

fn nodes() -> impl Strategy<Value = Node> {
    let item = prop::collection::vec(strings().prop_map(|name| text(&name)), 0..3);
    let leaf = prop_oneof![
        9 => scalars(),
        1 => item.prop_map(|items| Value::Reference(Arc::new(items))),
    ];
    leaf.prop_map(node).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(list),
            mappings(inner).prop_map(|mapping| node(Value::Mapping(Arc::new(mapping)))),
        ]
    })
}

fn mappings(values: impl Strategy<Value = Node>) -> impl Strategy<Value = Mapping> {
    prop::collection::vec((scalars().prop_map(node), values), 0..4).prop_map(mapping)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_as_it_was(expected in mappings(nodes()), remarked in any::<bool>()) {
        let remark = |_: usize, _: &Node| remarked.then(|| "from a \"b\": # c\nd".to_owned());
        let text = write(&expected, &remark);
        let read = root(&text);
        // NaN is not equal to itself, so the texts are compared.
        prop_assert_eq!(show(&read), show(&node(Value::Mapping(Arc::new(expected)))), "{}", text);
        prop_assert!(text.ends_with('\n'));
    }
}
