//! Every node knows its bytes.

use gantry_yaml::{Node, Value};

use crate::support::root;

/// Lists all nodes in the order of the text, each with what stands at its place.
fn places(text: &str) -> String {
    fn visit(node: &Node, text: &str, found: &mut Vec<String>) {
        found.push(format!("{}: {:?}", node.value.kind(), &text[node.span.range()]));
        match &node.value {
            Value::Sequence(items) | Value::Reference(items) => {
                items.iter().for_each(|item| visit(item, text, found));
            }
            Value::Mapping(mapping) => {
                for entry in mapping.iter() {
                    visit(&entry.key, text, found);
                    visit(&entry.value, text, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    visit(&root(text), text, &mut found);
    found.join("\n")
}

#[test]
fn bytes_not_characters() {
    let text = "# ключ 🚀\nключ: \"é\"\nб: [ü, 1]\n";
    insta::assert_snapshot!(places(text), @r#"
    a mapping: "ключ: \"é\"\nб: [ü, 1]"
    a string: "ключ"
    a string: "\"é\""
    a string: "б"
    a list: "[ü, 1]"
    a string: "ü"
    an integer: "1"
    "#);
}

#[test]
fn block_collections_end_with_their_last_child() {
    let text = "a:\n  - b\n  - c: d\n\n# e\nf: g\n";
    insta::assert_snapshot!(places(text), @r#"
    a mapping: "a:\n  - b\n  - c: d\n\n# e\nf: g"
    a string: "a"
    a list: "- b\n  - c: d"
    a string: "b"
    a mapping: "c: d"
    a string: "c"
    a string: "d"
    a string: "f"
    a string: "g"
    "#);
}

#[test]
fn block_scalars_without_what_follows() {
    let text = "a: |\n  é\n\n  b\n\n\n# c\nd: >-\n  e";
    insta::assert_snapshot!(places(text), @r#"
    a mapping: "a: |\n  é\n\n  b\n\n\n# c\nd: >-\n  e"
    a string: "a"
    a string: "é\n\n  b"
    a string: "d"
    a string: "e"
    "#);
}

#[test]
fn aliases_stand_where_they_are_used() {
    let text = "a: &x [b]\nc: *x\n<<: {d: e}\n";
    insta::assert_snapshot!(places(text), @r#"
    a mapping: "a: &x [b]\nc: *x\n<<: {d: e}"
    a string: "a"
    a list: "[b]"
    a string: "b"
    a string: "c"
    a list: "*x"
    a string: "b"
    a string: "d"
    a string: "e"
    "#);
}

#[test]
fn missing_values_stand_behind_their_keys() {
    let text = "a:\nb: {c: , d}\ne:\n  -\n  - f\n";
    let node = root(text);
    let at = |node: &Node| node.span.range();
    let mapping = node.as_mapping().expect("the root is a mapping");
    assert_eq!(mapping.get("a").map(at), Some(2..2));
    let items = mapping.get("e").and_then(Node::as_sequence).expect("e is a list");
    assert!(items[0].is_null());
    assert_eq!(&text[..at(&items[0]).start], "a:\nb: {c: , d}\ne:\n  -");
}
