//! Tags, as Psych honours or overlooks them.

use crate::support::{errors, root, show, tree};

#[test]
fn tags_on_scalars() {
    let cases = [
        ("!!str 1", r#""1""#),
        ("!!str", r#""""#),
        ("!str yes", r#""yes""#),
        ("!ruby/string 1", r#""1""#),
        ("!!str 2020-01-01", r#""2020-01-01""#),
        ("!<tag:yaml.org,2002:str> 1", r#""1""#),
        ("!!float 1", "1.0"),
        ("!!float 1e3", "1000.0"),
        ("!float '2.5'", "2.5"),
        ("!!int '1'", "1"),
        ("!!int a", r#""a""#),
        ("!!bool 'yes'", "true"),
        ("!!null 'x'", r#""x""#),
        ("!!binary aGVs\u{20}bG8=", r#""hello""#),
        ("!ruby/sym a", ":a"),
        ("!ruby/symbol 'a b'", ":a b"),
        // A tag makes Psych forget the quotes.
        ("!foo '1'", "1"),
        ("!foo \"a\"", r#""a""#),
        ("! '1'", "1"),
        ("! 1", "1"),
        ("!foo", "null"),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn tags_on_collections() {
    let cases = [
        ("!foo [1]", "[1]"),
        ("!!seq [1]", "[1]"),
        ("!!map {a: 1}", r#"{"a": 1}"#),
        ("!foo\na: 1\n", r#"{"a": 1}"#),
        ("!reference [a, b]", r#"!reference ["a", "b"]"#),
        ("!reference\n- a\n- b\n", r#"!reference ["a", "b"]"#),
        (
            "a: [x, !reference [b, [c, !reference [d]]]]",
            r#"{"a": ["x", !reference ["b", ["c", !reference ["d"]]]]}"#,
        ),
        (
            "a: &x !reference [b]\nc: *x\n",
            r#"{"a": !reference ["b"], "c": !reference ["b"]}"#,
        ),
        ("!reference []", "!reference []"),
    ];
    for (text, expected) in cases {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn ruby_objects_are_refused() {
    let texts = [
        "!ruby/object:Foo {}",
        "!ruby/object {}",
        "!ruby/object:Foo a",
        "!ruby/hash:Foo {}",
        "!ruby/array:Foo []",
        "!ruby/struct:Foo {}",
        "!ruby/exception:Foo {}",
        "!ruby/regexp /a/",
        "!ruby/range 1..2",
        "!ruby/class String",
        "!str:Foo a",
        "!map:Foo {}",
        "!seq:Foo []",
        "!!set {a}",
        "!!omap [a: 1]",
    ];
    for text in texts {
        assert!(
            errors(text).contains("asks for a Ruby object"),
            "{text}: {}",
            errors(text)
        );
    }
}

#[test]
fn the_place_of_a_reference_includes_its_tag() {
    let text = "é: !reference [b, c]\n";
    let node = root(text)
        .as_mapping()
        .and_then(|mapping| mapping.get("é").cloned())
        .expect("the key is there");
    assert_eq!(show(&node), r#"!reference ["b", "c"]"#);
    assert_eq!(&text[node.span.range()], "!reference [b, c]");
}
