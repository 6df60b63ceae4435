//! What holds for every text, found by throwing many at the reader.

use gantry_yaml::{Limits, Node, SourceId, Value, parse};
use proptest::prelude::*;

const SOURCE: SourceId = SourceId(3);

/// Pieces that YAML has opinions about, so that random texts get somewhere.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé🚀]{1,3}".boxed(),
        "[0-9:._,+-]{1,6}".boxed(),
        prop::sample::select(vec![
            "\n",
            "\n  ",
            "\n    ",
            " ",
            ": ",
            "- ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "'",
            "\"",
            "|\n",
            ">-\n",
            "&x ",
            "*x",
            "<<: ",
            "!reference ",
            "!!str ",
            "!ruby/object:X ",
            "# ",
            "\t",
            "\r\n",
            "---\n",
            "...\n",
            "~",
            "\\",
            "\u{feff}",
            "\0",
            "%",
            "@",
            "2020-01-01",
            "a: b\n",
            "- c\n",
        ])
        .prop_map(str::to_owned)
        .boxed(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn visit(node: &Node, check: &mut impl FnMut(&Node)) {
    check(node);
    match &node.value {
        Value::Sequence(items) | Value::Reference(items) => items.iter().for_each(|item| visit(item, check)),
        Value::Mapping(mapping) => {
            for entry in mapping.iter() {
                visit(&entry.key, check);
                visit(&entry.value, check);
            }
        }
        _ => {}
    }
}

fn check_places(text: &str) {
    match parse(SOURCE, text, &Limits::default()) {
        Ok(stream) => {
            for document in &stream.documents {
                assert!(text.get(document.span.range()).is_some());
                visit(&document.root, &mut |node| {
                    assert_eq!(node.span.source, SOURCE);
                    assert!(text.get(node.span.range()).is_some(), "{node:?} of {text:?}");
                });
            }
            for warning in &stream.warnings {
                assert!(!text[warning.span().range()].is_empty());
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in &errors {
                assert!(text.get(error.span.range()).is_some(), "{error:?} of {text:?}");
                assert!(!error.to_string().is_empty());
                let _ = error.help();
            }
            assert!(errors.is_sorted_by_key(|error| error.span.start));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_yamlish_text_is_read_or_refused_with_places_inside_it(text in yamlish()) {
        check_places(&text);
    }

    #[test]
    fn any_text_at_all_is_read_or_refused(text in any::<String>()) {
        check_places(&text);
    }

    #[test]
    fn reading_twice_gives_the_same(text in yamlish()) {
        // NaN is not equal to itself, so the text of the results is compared.
        let read = || format!("{:?}", parse(SOURCE, &text, &Limits::default()));
        prop_assert_eq!(read(), read());
    }

    #[test]
    fn a_plain_string_is_the_text_at_its_place(key in "[a-zé]{1,5}", value in "[a-zé][a-zé .,/-]{0,9}[a-z]z") {
        let text = format!("# ü\n{key}:\n  - {value}\n");
        let stream = parse(SOURCE, &text, &Limits::default()).expect("plain texts are fine");
        visit(&stream.documents[0].root, &mut |node| {
            if let Value::String(value) = &node.value {
                assert_eq!(&text[node.span.range()], &**value);
            }
        });
    }

    #[test]
    fn quotes_make_a_string_of_anything(value in "[ -~é🚀]{0,12}") {
        let text = format!("'{}'", value.replace('\'', "''"));
        let stream = parse(SOURCE, &text, &Limits::default()).expect("single quotes hold anything");
        prop_assert_eq!(stream.documents[0].root.as_str(), Some(&*value));
    }

    #[test]
    fn integers_read_as_ruby_writes_them(value in any::<i128>()) {
        let stream = parse(SOURCE, &value.to_string(), &Limits::default()).expect("an integer is fine");
        prop_assert_eq!(&stream.documents[0].root.value, &Value::Integer(value));
        prop_assert_eq!(Value::Integer(value).to_text(), Some(value.to_string()));
    }

    #[test]
    fn floats_read_as_ruby_writes_them(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        let written = Value::Float(value).to_text().expect("a float has a text");
        let stream = parse(SOURCE, &written, &Limits::default()).expect("a float is fine");
        prop_assert_eq!(&stream.documents[0].root.value, &Value::Float(value));
    }
}
