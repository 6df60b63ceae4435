//! Reads any text as a condition, evaluates it, and reads back what it prints.

#![no_main]

use gantry_language::expression::Expression;
use gantry_language::re2::Regex;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(Err(error)) = Regex::parse_literal(text) {
        assert!(
            text.get(error.range()).is_some(),
            "the range lies outside the text"
        );
    }
    match Expression::parse(text) {
        Err(error) => {
            assert!(
                text.get(error.range()).is_some(),
                "the range lies outside the text"
            );
            let _ = (error.to_string(), error.help());
        }
        Ok(expression) => {
            let lookup = |name: &str| (name.len() % 2 == 0).then(|| text.to_owned());
            let printed = Expression::parse(&expression.to_string()).expect("what is printed can be read");
            assert_eq!(
                expression.evaluate(&lookup).value,
                printed.evaluate(&lookup).value
            );
        }
    }
});
