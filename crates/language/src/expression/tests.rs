use std::fmt::Write;

use super::{Evaluation, Expression, Value};

fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "P" => "my variable",
        "E" => "",
        "FLAG" => "false",
        "ZERO" => "0",
        "BLANK" => " \t",
        "B" => "$A",
        "BRANCH" => "feature/login",
        "PATTERN" => "/^FEATURE/i",
        "SLASHED" => r"/feature\/log/",
        "BROKEN" => "/feat(ure/",
        "LIST" => "main feature/login develop",
        _ => return None,
    };
    Some(value.to_owned())
}

#[track_caller]
fn evaluate(text: &str) -> Evaluation {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    expression.evaluate(&lookup)
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn values_and_truths() {
    let cases = [
        ("$E", string(""), false),
        ("$E == null", Value::Boolean(false), false),
        ("$U == null", Value::Boolean(true), true),
        (r#"$U == """#, Value::Boolean(false), false),
        (r#"$E == """#, Value::Boolean(true), true),
        ("$E && $P", string("my variable"), true),
        ("$P && $E", string(""), false),
        ("$E || $P", string(""), false),
        ("$U || $P", string("my variable"), true),
        ("$U =~ /xx/", Value::Boolean(false), false),
        ("$U !~ /xx/", Value::Boolean(true), true),
        (r#"("string" || "test") == "string""#, Value::Boolean(true), true),
        ("null", Value::Null, false),
        ("$U", Value::Null, false),
        ("$U && $P", Value::Null, false),
        ("false || null", Value::Null, false),
        ("false && $P", Value::Boolean(false), false),
        ("$P", string("my variable"), true),
        ("$BLANK", string(" \t"), false),
    ];
    for (text, value, truth) in cases {
        let evaluation = evaluate(text);
        assert_eq!((evaluation.value, evaluation.truth), (value, truth), "{text}");
    }
}

#[test]
fn truths_that_are_commonly_got_wrong() {
    let cases = [
        (r#"$E || "x""#, false),
        (r#"$E && "x""#, true),
        ("$FLAG", true),
        ("$ZERO", true),
        (r#"$U == """#, false),
        ("$E == null", false),
        (r#"$BRANCH =~ "main feature/login develop""#, true),
        (r#""main feature/login develop" =~ $BRANCH"#, false),
        ("$U =~ /.*/", true),
        (r#"!$P == "x""#, false),
        (r#"!$U == "true""#, true),
        (r#"!($U == "x")"#, true),
        (r#"!$P =~ /^false$/"#, true),
        ("!$P !~ /^false$/", false),
        (r#"$B == "a""#, false),
        (r#"$B == "$A""#, true),
        ("$P || $U && $U", true),
        ("($P || $U) && $U", false),
        ("$U && $U || $P", true),
    ];
    for (text, truth) in cases {
        assert_eq!(evaluate(text).truth, truth, "{text}");
    }
}

#[test]
fn matching_a_string_on_the_right() {
    let cases = [
        ("$BRANCH =~ /^feature/", true),
        ("$BRANCH =~ /^FEATURE/", false),
        ("$BRANCH =~ /^FEATURE/i", true),
        (r"$BRANCH =~ /feature\/login/", true),
        ("$BRANCH =~ $PATTERN", true),
        ("$BRANCH !~ $PATTERN", false),
        ("$BRANCH =~ $SLASHED", true),
        (r#"$BRANCH =~ "/login$/""#, true),
        ("$BRANCH =~ $LIST", true),
        ("$E =~ $LIST", true),
        ("$U =~ $LIST", true),
        ("$LIST =~ $BRANCH", false),
        ("$BRANCH =~ $BROKEN", false),
        (r#""feat(" =~ $BROKEN"#, true),
        ("$BRANCH =~ $U", false),
        ("$BRANCH !~ $U", true),
        ("$BRANCH =~ null", false),
        ("$BRANCH !~ null", true),
    ];
    for (text, truth) in cases {
        assert_eq!(evaluate(text).truth, truth, "{text}");
    }
}

#[test]
fn booleans() {
    let cases = [
        (r#"true == "true""#, true),
        ("$FLAG == false", true),
        ("false != null", true),
        ("true", true),
        ("!true", false),
        (r#"!"""#, true),
        ("!null", true),
        ("!$U", true),
        ("!$BLANK", true),
        ("!!$P", true),
        (r#"!$U == !"""#, true),
        ("$BRANCH =~ !$P", false),
        ("$BRANCH !~ !$P", true),
    ];
    for (text, truth) in cases {
        assert_eq!(evaluate(text).truth, truth, "{text}");
    }
}

#[test]
fn true_is_no_pattern() {
    for (text, operator) in [
        ("$BRANCH =~ !$U", "=~"),
        ("$BRANCH !~ !$U", "!~"),
        ("!($BRANCH =~ ($P == $P))", "=~"),
    ] {
        let evaluation = evaluate(text);
        assert_eq!(evaluation.undecided, Some(operator), "{text}");
        assert!(!evaluation.truth, "{text}");
    }
    assert!(
        evaluate("true || $BRANCH =~ !$U").truth,
        "the right is not looked at"
    );
}

#[test]
fn patterns_are_values_too() {
    assert!(evaluate("/ab/").truth);
    assert!(evaluate("/ab/ == /ab/").truth);
    assert!(!evaluate("/ab/ == /ab/i").truth);
    assert!(!evaluate(r#""/ab/" == /ab/"#).truth);
    assert!(evaluate("$BRANCH =~ ($U || /log/)").truth);
}

#[test]
fn tokens_may_abut() {
    let cases = [
        (r#"$P=="my variable"&&$U==null"#, true),
        ("$P=='my variable'", true),
        ("\n $P\t!=\r\n null ", true),
        (r#"'a"b' == 'a"b'"#, true),
        ("$BRANCH=~/^feat/&&/ab/", true),
        ("$BRANCH =~ /x//||$P", true),
    ];
    for (text, truth) in cases {
        assert_eq!(evaluate(text).truth, truth, "{text}");
    }
}

#[test]
fn operands_stand_once_in_textual_order() {
    let operands = evaluate(r#"$P == "x" || $U == $P && ($E || $U) && "$ZERO""#).operands;
    let expected = [("$P", Some("my variable")), ("$U", None), ("$E", Some(""))];
    let shown: Vec<_> = operands
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_deref()))
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn printed_with_the_parentheses_it_needs() {
    let cases = [
        (r#"(($A) == ("x"))"#, r#"$A == "x""#),
        (r#"$A || ($B && $C)"#, "$A || $B && $C"),
        ("($A || $B) && $C", "($A || $B) && $C"),
        ("$A == ($B == $C)", "$A == ($B == $C)"),
        ("($A == $B) == $C", "$A == $B == $C"),
        ("!($A == $B)", "!($A == $B)"),
        ("(!$A) == !(!$B)", "!$A == !!$B"),
        (r#"'a"b' =~ /a\/b/i"#, r#"'a"b' =~ /a\/b/i"#),
    ];
    for (text, printed) in cases {
        assert_eq!(Expression::parse(text).unwrap().to_string(), printed);
    }
}

#[test]
fn ninety_nine_tokens_are_enough() {
    let joined = |variables: usize| vec!["$A"; variables].join(" && ");
    assert!(Expression::parse(&joined(50)).is_ok());
    assert!(Expression::parse(&joined(51)).is_err());
    assert!(Expression::parse(&format!("{}$A", "!".repeat(98))).is_ok());
    assert!(Expression::parse(&format!("{}$A{}", "(".repeat(49), ")".repeat(49))).is_ok());
}

#[test]
fn what_is_refused() {
    let many = vec!["$A"; 51].join("&&");
    let texts = [
        "",
        "  ",
        // lexis
        r#"${NAME} == "x""#,
        "${NAME",
        "$ == null",
        "$$NAME",
        "$NAME:-x",
        "$[[ inputs.my-name ]] == null",
        "$[[ other ]]",
        "$X == 1",
        "$X == -1.5",
        "$X == main",
        "$X == feature/login",
        "$X and $Y",
        "not $X",
        "$X == True",
        "$X == nil",
        "$X = $Y",
        "$X === $Y",
        "$X & $Y",
        "$X | $Y",
        "$X > $Y",
        "$X ~= $Y",
        "$X == `x`",
        "$X == “x”",
        r#"$X == "main"#,
        "$X == 'a\nb'",
        // regular expressions
        "$X =~ /a/",
        "$X =~ /./",
        "$X =~ /^/",
        "$X =~ //",
        "$X =~ /main",
        r"$X =~ /main\/",
        "$X =~ /main/g",
        "$X =~ /feature/login/",
        "$X =~ /ma\nin/",
        "$X =~ /^(?!main)/",
        r"$X =~ /\/(a)\1/",
        "$X =~ /ma(in/",
        r"$X =~ /é\q/",
        // grammar
        "($X == $Y",
        "(",
        "$X == $Y)",
        ")",
        "()",
        "$X && ()",
        "== $X",
        "$X ==",
        "$X && == $Y",
        "$X && (|| $Y)",
        "($X &&)",
        "!",
        "$X && !",
        r#""a" "b""#,
        "$X ! $Y",
        "($X $Y)",
        "$X (",
        // what GitLab takes
        r#"$X "x" =="#,
        "$X $Y &&",
        "($X $Y &&)",
        "$X !",
        r#"$X ! == "x""#,
        "$X ! && $Y",
        r#"== $X "x""#,
        "$X $Y $Z || &&",
        "$X =~ true",
        "$X !~ (false)",
        "$X || $Y =~ true && $Z",
        &many,
    ];
    let mut shown = String::new();
    for text in texts {
        let error = Expression::parse(text).expect_err(text);
        let range = error.range();
        assert!(text.get(range.clone()).is_some(), "{text}");
        let (before, at_fault) = (text[..range.start].chars().count(), text[range].chars().count());
        let text = text.replace('\n', "⏎");
        writeln!(
            shown,
            "{text}\n{}{} {error}",
            " ".repeat(before),
            "^".repeat(at_fault)
        )
        .unwrap();
        if let Some(help) = error.help() {
            writeln!(shown, "  help: {help}").unwrap();
        }
    }
    insta::assert_snapshot!(shown, @r#"
     the expression is empty
      help: write a condition, such as `$NAME == "value"`
      
    ^^ the expression is empty
      help: write a condition, such as `$NAME == "value"`
    ${NAME} == "x"
    ^^^^^^^ `${NAME}` is not a variable in an expression
      help: write `$NAME`
    ${NAME
    ^^^^^^ `${NAME` is not a variable in an expression
      help: write `$NAME`
    $ == null
    ^ `$` is not followed by the name of a variable
    $$NAME
    ^ `$` is not followed by the name of a variable
    $NAME:-x
         ^ `:` is not part of an expression
    $[[ inputs.my-name ]] == null
    ^^^^^^^^^^^^^^^^^^^^^ `$[[ inputs.my-name ]]` is text in a file that declares no inputs
      help: declare it in a header: `spec: {inputs: {…}}`, then `---`
    $[[ other ]]
    ^ `$` is not followed by the name of a variable
    $X == 1
          ^ `1` is not a value, numbers are written as strings
      help: write `"1"`
    $X == -1.5
          ^^^^ `-1.5` is not a value, numbers are written as strings
      help: write `"-1.5"`
    $X == main
          ^^^^ `main` is not a value
      help: write `"main"` for the text, `$main` for a variable
    $X == feature/login
          ^^^^^^^^^^^^^ `feature/login` is not a value
      help: write `"feature/login"`
    $X and $Y
       ^^^ `and` is not a value
      help: write `&&`
    not $X
    ^^^ `not` is not a value
      help: write `!`
    $X == True
          ^^^^ `True` is not a value
      help: write `true`
    $X == nil
          ^^^ `nil` is not a value
      help: write `null`
    $X = $Y
       ^ `=` is not an operator
      help: write `==`
    $X === $Y
         ^ `=` is not an operator
      help: write `==`
    $X & $Y
       ^ `&` is not an operator
      help: write `&&`
    $X | $Y
       ^ `|` is not an operator
      help: write `||`
    $X > $Y
       ^ `>` is not an operator
      help: the operators are `==`, `!=`, `=~`, `!~`, `&&`, `||` and `!`
    $X ~= $Y
       ^ `~` is not an operator
      help: write `=~`
    $X == `x`
          ^ ``` is not part of an expression
      help: a string stands in `"` or `'`
    $X == “x”
          ^ `“` is not part of an expression
      help: a string stands in `"` or `'`
    $X == "main
          ^^^^^ the string opened by `"` is not closed on its line
      help: add `"`; a string has no escapes
    $X == 'a⏎b'
          ^^ the string opened by `'` is not closed on its line
      help: add `'`; a string has no escapes
    $X =~ /a/
          ^^^ the regular expression `/a/` has fewer than two characters
      help: write `/[a]/`
    $X =~ /./
          ^^^ the regular expression `/./` has fewer than two characters
      help: write `/.+/`
    $X =~ /^/
          ^^^ the regular expression `/^/` has fewer than two characters
    $X =~ //
          ^^ the regular expression `//` has fewer than two characters
    $X =~ /main
          ^ the regular expression opened by `/` is not closed
      help: add `/`; a slash inside is written `\/`
    $X =~ /main\/
          ^ the regular expression opened by `/` is not closed
      help: add `/`; a slash inside is written `\/`
    $X =~ /main/g
                ^ `g` is not a flag of regular expressions
      help: the flags are `i`, `s`, `m` and `U`; a slash inside is written `\/`
    $X =~ /feature/login/
                   ^ `l` is not a flag of regular expressions
      help: the flags are `i`, `s`, `m` and `U`; a slash inside is written `\/`
    $X =~ /ma⏎in/
          ^^^^^^^ a regular expression cannot contain a line break
    $X =~ /^(?!main)/
            ^^^ negative look-ahead `(?!` is not supported in a regular expression
      help: RE2 has no look-around: split the test in two and join them with `&&`, using `!~` for what must not match
    $X =~ /\/(a)\1/
                ^^ backreference `\1` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    $X =~ /ma(in/
             ^ `(` is never closed in the regular expression
      help: add `)`, or write `\(` for the character itself
    $X =~ /é\q/
            ^^ `\q` is not an escape of regular expressions
    ($X == $Y
    ^ `(` is never closed
      help: add `)`
    (
    ^ `(` is never closed
      help: add `)`
    $X == $Y)
            ^ `)` closes nothing
      help: remove it, or add `(` before it
    )
    ^ `)` closes nothing
      help: remove it, or add `(` before it
    ()
    ^^ the parentheses hold nothing
    $X && ()
          ^^ the parentheses hold nothing
    == $X
    ^^ `==` has nothing on its left
      help: compare with `null` for an unset variable, with `""` for an empty one
    $X ==
       ^^ `==` has nothing on its right
      help: compare with `null` for an unset variable, with `""` for an empty one
    $X && == $Y
       ^^ `&&` has nothing on its right
    $X && (|| $Y)
           ^^ `||` has nothing on its left
    ($X &&)
        ^^ `&&` has nothing on its right
    !
    ^ `!` has nothing on its right
    $X && !
          ^ `!` has nothing on its right
    "a" "b"
        ^^^ there is no operator before `"b"`
      help: join two conditions with `&&` or `||`
    $X ! $Y
       ^ there is no operator before `!`
      help: join two conditions with `&&` or `||`
    ($X $Y)
        ^^ there is no operator before `$Y`
      help: join two conditions with `&&` or `||`
    $X (
       ^ there is no operator before `(`
      help: join two conditions with `&&` or `||`
    $X "x" ==
    ^^^^^^^^^ the operators are not in infix order
      help: write `$X == "x"`
    $X $Y &&
    ^^^^^^^^ the operators are not in infix order
      help: write `$X && $Y`
    ($X $Y &&)
    ^^^^^^^^^^ the operators are not in infix order
      help: write `$X && $Y`
    $X !
    ^^^^ the operators are not in infix order
      help: write `!$X`
    $X ! == "x"
    ^^^^^^^^^^^ the operators are not in infix order
      help: write `!$X == "x"`
    $X ! && $Y
    ^^^^^^^^^^ the operators are not in infix order
      help: write `!$X && $Y`
    == $X "x"
    ^^^^^^^^^ the operators are not in infix order
      help: write `$X == "x"`
    $X $Y $Z || &&
    ^^^^^^^^^^^^^^ the operators are not in infix order
      help: write `$X || $Y && $Z`
    $X =~ true
          ^^^^ `=~` needs a regular expression on its right, `true` is a boolean
      help: write `$X == true`
    $X !~ (false)
          ^^^^^^^ `!~` needs a regular expression on its right, `false` is a boolean
      help: write `$X != false`
    $X || $Y =~ true && $Z
                ^^^^ `=~` needs a regular expression on its right, `true` is a boolean
      help: write `$Y == true`
    $A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A&&$A
                                                                                                                                                                                                          ^^^^ the expression has more than 99 tokens
      help: split it over several rules
    "#);
}
