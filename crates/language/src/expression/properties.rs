//! Conditions made at random mean what a second, much plainer evaluator says.

use proptest::prelude::*;

use super::{ErrorKind, Expression, Value};

/// A condition as it is meant, made before any text exists.
#[derive(Debug, Clone)]
enum Meant {
    Null,
    Boolean(bool),
    Text(&'static str),
    Variable(&'static str),
    /// `left =~ /pattern/` or `!~`, with what the pattern finds written out in [`found`].
    Search(Box<Meant>, &'static str, bool),
    Not(Box<Meant>),
    Both(Box<Meant>, Box<Meant>),
    Either(Box<Meant>, Box<Meant>),
    Same(Box<Meant>, Box<Meant>, bool),
}

/// The value of a condition: `Err` is a boolean, `Ok` a text or null.
type Plain = Result<Option<String>, bool>;

const VARIABLES: &[(&str, Option<&str>)] = &[
    ("UNSET", None),
    ("EMPTY", Some("")),
    ("BLANK", Some("  ")),
    ("WORD", Some("true")),
    ("MAIN", Some("main")),
];

fn lookup(name: &str) -> Option<String> {
    let (_, value) = VARIABLES.iter().find(|(known, _)| *known == name)?;
    value.map(str::to_owned)
}

fn found(pattern: &str, text: &str) -> bool {
    match pattern {
        "/^main$/" => text == "main",
        "/.*/" => true,
        "/AI/i" => text.to_lowercase().contains("ai"),
        r"/a\/b/" => text.contains("a/b"),
        other => panic!("no model for {other}"),
    }
}

fn model(meant: &Meant) -> Plain {
    match meant {
        Meant::Null => Ok(None),
        Meant::Boolean(value) => Err(*value),
        Meant::Text(text) => Ok(Some((*text).to_owned())),
        Meant::Variable(name) => Ok(lookup(name)),
        Meant::Search(left, pattern, wanted) => Err(found(pattern, &text(&model(left))) == *wanted),
        Meant::Not(inner) => Err(!present(&model(inner))),
        Meant::Both(left, right) => match model(left) {
            stop @ (Ok(None) | Err(false)) => stop,
            _ => model(right),
        },
        Meant::Either(left, right) => match model(left) {
            Ok(None) | Err(false) => model(right),
            stop => stop,
        },
        Meant::Same(left, right, wanted) => {
            let (left, right) = (model(left), model(right));
            let null = |value: &Plain| *value == Ok(None);
            let same = if null(&left) || null(&right) {
                left == right
            } else {
                text(&left) == text(&right)
            };
            Err(same == *wanted)
        }
    }
}

fn text(value: &Plain) -> String {
    match value {
        Ok(text) => text.clone().unwrap_or_default(),
        Err(value) => value.to_string(),
    }
}

fn present(value: &Plain) -> bool {
    match value {
        Ok(None) => false,
        Ok(Some(text)) => text.chars().any(|character| !character.is_whitespace()),
        Err(value) => *value,
    }
}

/// Writes every operation in parentheses, so that nothing hangs on precedence.
fn written(meant: &Meant) -> String {
    match meant {
        Meant::Null => "null".to_owned(),
        Meant::Boolean(value) => value.to_string(),
        Meant::Text(text) if text.contains('"') => format!("'{text}'"),
        Meant::Text(text) => format!("\"{text}\""),
        Meant::Variable(name) => format!("${name}"),
        Meant::Search(left, pattern, true) => format!("({} =~ {pattern})", written(left)),
        Meant::Search(left, pattern, false) => format!("({} !~ {pattern})", written(left)),
        Meant::Not(inner) => format!("(!{})", written(inner)),
        Meant::Both(left, right) => format!("({} && {})", written(left), written(right)),
        Meant::Either(left, right) => format!("({} || {})", written(left), written(right)),
        Meant::Same(left, right, true) => format!("({} == {})", written(left), written(right)),
        Meant::Same(left, right, false) => format!("({} != {})", written(left), written(right)),
    }
}

fn conditions() -> impl Strategy<Value = Meant> {
    let leaf = prop_oneof![
        Just(Meant::Null),
        any::<bool>().prop_map(Meant::Boolean),
        prop::sample::select(vec![
            "",
            " ",
            "main",
            "true",
            "false",
            "a/b",
            "say \"hi\"",
            "$MAIN"
        ])
        .prop_map(Meant::Text),
        prop::sample::select(VARIABLES).prop_map(|(name, _)| Meant::Variable(name)),
    ];
    leaf.prop_recursive(5, 20, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        let pattern = prop::sample::select(vec!["/^main$/", "/.*/", "/AI/i", r"/a\/b/"]);
        prop_oneof![
            (inner.clone().prop_map(Box::new), pattern, any::<bool>())
                .prop_map(|(left, pattern, wanted)| Meant::Search(left, pattern, wanted)),
            inner.clone().prop_map(|inner| Meant::Not(Box::new(inner))),
            pair().prop_map(|(left, right)| Meant::Both(left, right)),
            pair().prop_map(|(left, right)| Meant::Either(left, right)),
            (pair(), any::<bool>()).prop_map(|((left, right), wanted)| Meant::Same(left, right, wanted)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn evaluates_as_the_model_says(meant in conditions()) {
        let text = written(&meant);
        let expression = match Expression::parse(&text) {
            Ok(expression) => expression,
            Err(error) => {
                prop_assert!(matches!(error.kind(), ErrorKind::TooManyTokens { .. }), "{}: {}", text, error);
                return Ok(());
            }
        };
        let expected = model(&meant);
        let evaluation = expression.evaluate(&lookup);
        let value = match evaluation.value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            Value::Boolean(value) => Err(value),
            Value::Pattern(pattern) => panic!("{} as a value", pattern.as_str()),
        };
        prop_assert_eq!(&value, &expected, "{}", text);
        prop_assert_eq!(evaluation.truth, present(&expected), "{}", text);

        let printed = expression.to_string();
        let again = Expression::parse(&printed).unwrap();
        prop_assert_eq!(again.to_string(), printed);
        prop_assert_eq!(again.evaluate(&lookup).value, expression.evaluate(&lookup).value);
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        read(&text);
    }

    /// Made of pieces of the language, so that most texts reach the parser.
    #[test]
    fn no_tokens_panic(text in r#"(\$A|\$BC|"x"|'|null|true|/ab/|/a|==|=~|!=|!~|&&|\|\||!|\(|\)| |=|\$\{|é|1){0,20}"#) {
        read(&text);
    }
}

fn read(text: &str) {
    match Expression::parse(text) {
        Ok(expression) => {
            expression.evaluate(&|_| Some(text.to_owned()));
            expression.evaluate(&|_| None);
        }
        Err(error) => {
            assert!(
                text.get(error.range()).is_some(),
                "{:?} of {text:?}",
                error.range()
            );
            assert!(!error.to_string().is_empty());
            error.help();
        }
    }
}
