use std::fmt::Write;

use proptest::prelude::*;

use super::Regex;

#[track_caller]
fn matches(body: &str, text: &str) -> bool {
    Regex::new(body, "")
        .unwrap_or_else(|error| panic!("`{body}`: {error}"))
        .is_match(text)
}

#[test]
fn classes_and_boundaries_are_ascii() {
    let cases = [
        (r"^\d$", "4", true),
        (r"^\d$", "٤", false),
        (r"^\D$", "٤", true),
        (r"^\w$", "_", true),
        (r"^\w$", "é", false),
        (r"^[\w-]$", "-", true),
        (r"^[^\w]$", "é", true),
        (r"^[\W]$", "é", true),
        (r"^\s$", "\u{a0}", false),
        (r"^\s$", "\t", true),
        (r"^\s$", "\x0b", false),
        (r"^[[:space:]]$", "\x0b", true),
        (r"caf\b", "café", true),
        (r"caf\B", "café", false),
        (r"é\Bé", "éé", true),
        (r"\b{start}", "a{start}", true),
        (r"^\pL$", "é", true),
        (r"^\p{^Greek}$", "é", true),
        (r"^\P{^Greek}$", "λ", true),
        (r"^[\p{Greek}\d]+$", "λ1", true),
    ];
    for (body, text, expected) in cases {
        assert_eq!(matches(body, text), expected, "{body} on {text}");
    }
}

#[test]
fn class_set_operators_are_literals() {
    let cases = [
        ("^[a&&b]+$", "a&b", true),
        ("^[a--]$", "a", false),
        ("^[+--]+$", "+,-", true),
        ("^[a~~b]+$", "~", true),
        ("^[[a]$", "[", true),
        ("^[[a]]$", "a]", true),
        ("^[]a]$", "]", true),
        ("^[^]a]$", "]", false),
        ("^[a-c-e]+$", "b-e", true),
        (r"^[\d-z]+$", "5-z", true),
        ("^[[:alpha:]_]+$", "a_", true),
        ("^[[:^alpha:]]+$", "12", true),
        ("^[[:alpha]+$", ":[", true),
        (r"^[\]\\]+$", r"]\", true),
        ("^[^a]$", "\n", true),
    ];
    for (body, text, expected) in cases {
        match Regex::new(body, "") {
            Ok(regex) => assert_eq!(regex.is_match(text), expected, "{body} on {text}"),
            // `a` to `-` runs backwards.
            Err(error) => assert!(!expected, "{body}: {error}"),
        }
    }
}

#[test]
fn escapes_and_literals() {
    let cases = [
        (r"^\Qa.b*\E+$", "a.b**", true),
        (r"^\Qa.b", "a.b", true),
        (r"^\Qa.b", "axb", false),
        (r"^\x41\x{42}\103\0$", "ABC\0", true),
        (r"^\<a\>$", "<a>", true),
        (r"^a\-\_\ \#$", "a-_ #", true),
        (r"\Aab\z", "ab", true),
        (r"ab$", "ab\n", false),
        ("^a{,2}$", "a{,2}", true),
        ("^a{$", "a{", true),
        ("^a{02}$", "a{02}", true),
        ("^a}]$", "a}]", true),
        ("^a{2}$", "aa", true),
        ("^a{2,3}?$", "aaa", true),
        ("^a{1000}$", "a", false),
        ("^(?P<x>a)(?<1st>b)$", "ab", true),
        ("^(?)a$", "a", true),
        ("^()*$", "", true),
        ("^(?:|a)+$", "aa", true),
        ("^(?i-s:A).$", "ab", true),
        ("^(?ii-i:A)$", "a", false),
        ("ab|", "", true),
        ("é+", "ééé", true),
    ];
    for (body, text, expected) in cases {
        assert_eq!(matches(body, text), expected, "{body} on {text}");
    }
}

#[test]
fn flags_apply_to_the_whole() {
    let cases = [
        ("AB", "i", "ab", true),
        ("AB", "", "ab", false),
        ("a.b", "s", "a\nb", true),
        ("a.b", "", "a\nb", false),
        ("^b$", "m", "a\nb\nc", true),
        ("^b$", "", "a\nb\nc", false),
        ("^a+$", "U", "aaa", true),
        ("^A.B$", "iiss", "a\nb", true),
    ];
    for (body, flags, text, expected) in cases {
        let regex = Regex::new(body, flags).unwrap();
        assert_eq!(regex.is_match(text), expected, "/{body}/{flags} on {text:?}");
    }
}

#[test]
fn literals() {
    let matching =
        |literal: &str, text: &str| Regex::parse_literal(literal).map(|regex| regex.unwrap().is_match(text));
    assert_eq!(matching("/ab/", "xabx"), Some(true));
    assert_eq!(matching("/AB/i", "xabx"), Some(true));
    assert_eq!(matching(r"/^a\/b$/", "a/b"), Some(true));
    assert_eq!(matching("/^a/b$/", "a/b"), Some(true));
    assert_eq!(matching("//", "anything"), Some(true));
    assert_eq!(matching("first\n/ab/\nlast", "ab"), Some(true));
    for text in ["", "/", "ab", "/ab", "ab/", "/ab/x", "/ab/I", " /ab/", "/a\nb/"] {
        assert!(Regex::parse_literal(text).is_none(), "{text:?}");
    }
}

#[test]
fn what_is_refused() {
    let bodies = [
        "a(?=b)",
        "a(?!b)",
        "(?<=a)b",
        "(?<!a)b",
        "(?>a)",
        "(?#note)",
        "(?(1)a|b)",
        "(?|a)",
        "(?&x)",
        "(?R)",
        "(?P=x)",
        "(?P>x)",
        r"(a)\1",
        r"\8",
        r"\k<x>",
        r"\C",
        r"a\Z",
        r"\G",
        r"\Ka",
        r"\R",
        r"\X",
        r"\h",
        r"\q",
        r"\u0041",
        r"\x4",
        r"\x{110000}",
        r"a\E",
        r"[\b]",
        r"[\Q]",
        "(?x)a",
        "(?ia",
        "(?i-)",
        "(?iz:a)",
        "(?P<a-b>x)",
        "(?<>x)",
        "(?<a",
        "(?<a>x)(?<a>y)",
        "[[:foo:]]",
        r"\p{Klingon}",
        r"\p{L",
        r"[a-\d]",
        "[z-a]",
        "*a",
        "a|*",
        "(+)",
        "a**",
        "a+?+",
        "a{2}{3}",
        "a{1001}",
        "a{1,1001}",
        "(a{100}){11}",
        "a{3,2}",
        "(a",
        "a)",
        "[a",
        "[a-",
        "[]",
        "[",
        r"a\",
        r"[\",
        r"(\pL{100}){10}",
    ];
    let mut shown = String::new();
    for body in bodies {
        let error = Regex::new(body, "").expect_err(body);
        let range = error.range();
        writeln!(
            shown,
            "{body}\n{}{} {error}",
            " ".repeat(range.start),
            "^".repeat(range.len())
        )
        .unwrap();
        if let Some(help) = error.help() {
            writeln!(shown, "  help: {help}").unwrap();
        }
    }
    insta::assert_snapshot!(shown, @r##"
    a(?=b)
     ^^^ look-ahead `(?=` is not supported in a regular expression
      help: RE2 has no look-around: split the test in two and join them with `&&`, using `!~` for what must not match
    a(?!b)
     ^^^ negative look-ahead `(?!` is not supported in a regular expression
      help: RE2 has no look-around: split the test in two and join them with `&&`, using `!~` for what must not match
    (?<=a)b
    ^^^^ look-behind `(?<=` is not supported in a regular expression
      help: RE2 has no look-around: split the test in two and join them with `&&`, using `!~` for what must not match
    (?<!a)b
    ^^^^ negative look-behind `(?<!` is not supported in a regular expression
      help: RE2 has no look-around: split the test in two and join them with `&&`, using `!~` for what must not match
    (?>a)
    ^^^ atomic group `(?>` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?#note)
    ^^^ comment `(?#` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?(1)a|b)
    ^^^ conditional `(?(` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?|a)
    ^^^ branch reset `(?|` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?&x)
    ^^^ subroutine call `(?&` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?R)
    ^^^ recursion `(?R` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?P=x)
    ^^^^ backreference `(?P=` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (?P>x)
    ^^^^ subroutine call `(?P>` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    (a)\1
       ^^ backreference `\1` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \8
    ^^ backreference `\8` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \k<x>
    ^^ backreference `\k` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \C
    ^^ single byte `\C` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    a\Z
     ^^ end before a last line break `\Z` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \G
    ^^ end of the previous match `\G` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \Ka
    ^^ reset of the match `\K` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \R
    ^^ line break `\R` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \X
    ^^ grapheme cluster `\X` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \h
    ^^ horizontal space `\h` is not supported in a regular expression
      help: RE2, which GitLab uses, does not have it
    \q
    ^^ `\q` is not an escape of regular expressions
    \u0041
    ^^ `\u` is not an escape of regular expressions
    \x4
    ^^^ `\x4` is not an escape of regular expressions
    \x{110000}
    ^^^^^^^^^^ `\x{110000}` is not an escape of regular expressions
    a\E
     ^^ `\E` is not an escape of regular expressions
    [\b]
     ^^ `\b` is not an escape of regular expressions
    [\Q]
     ^^ `\Q` is not an escape of regular expressions
    (?x)a
      ^ `x` is not a flag of regular expressions
      help: the flags are `i`, `s`, `m` and `U`
    (?ia
    ^ `(` is never closed in the regular expression
      help: add `)`, or write `\(` for the character itself
    (?i-)
       ^ `-` is not a flag of regular expressions
      help: the flags are `i`, `s`, `m` and `U`
    (?iz:a)
       ^ `z` is not a flag of regular expressions
      help: the flags are `i`, `s`, `m` and `U`
    (?P<a-b>x)
    ^^^^^^^ `(?P<a-b` is not the start of a named group
    (?<>x)
    ^^^ `(?<` is not the start of a named group
    (?<a
    ^^^^ `(?<a` is not the start of a named group
    (?<a>x)(?<a>y)
           ^^^^ the group name `a` is used twice
    [[:foo:]]
     ^^^^^^^ `[:foo:]` is not a character class
    \p{Klingon}
    ^^^^^^^^^^^ `\p{Klingon}` is not a character class
    \p{L
    ^^^ `\p{` is not a character class
    [a-\d]
     ^^^^ `a-\d` is not a range of characters
    [z-a]
     ^^^ the range `z-a` runs backwards
    *a
    ^ `*` has nothing to repeat
      help: write `\*` for the character itself
    a|*
      ^ `*` has nothing to repeat
      help: write `\*` for the character itself
    (+)
     ^ `+` has nothing to repeat
      help: write `\+` for the character itself
    a**
     ^^ `**` repeats a repetition
      help: put the inner repetition into `(?:…)`
    a+?+
     ^^^ `+?+` repeats a repetition
      help: put the inner repetition into `(?:…)`
    a{2}{3}
     ^^^^^^ `{2}{3}` repeats a repetition
      help: put the inner repetition into `(?:…)`
    a{1001}
     ^^^^^^ `{1001}` repeats more than 1000 times
      help: use `*` or `+`, or a smaller count
    a{1,1001}
     ^^^^^^^^ `{1,1001}` repeats more than 1000 times
      help: use `*` or `+`, or a smaller count
    (a{100}){11}
            ^^^^ `{11}` repeats more than 1000 times
      help: use `*` or `+`, or a smaller count
    a{3,2}
     ^^^^^ the repetition `{3,2}` runs backwards
    (a
    ^ `(` is never closed in the regular expression
      help: add `)`, or write `\(` for the character itself
    a)
     ^ `)` closes nothing in the regular expression
      help: remove it, or write `\)` for the character itself
    [a
    ^ `[` is never closed in the regular expression
      help: add `]`, or write `\[` for the character itself
    [a-
    ^ `[` is never closed in the regular expression
      help: add `]`, or write `\[` for the character itself
    []
    ^ `[` is never closed in the regular expression
      help: add `]`, or write `\[` for the character itself
    [
    ^ `[` is never closed in the regular expression
      help: add `]`, or write `\[` for the character itself
    a\
     ^ `\` has nothing to escape
      help: write `\\` for the character itself
    [\
     ^ `\` has nothing to escape
      help: write `\\` for the character itself
    (\pL{100}){10}
    ^^^^^^^^^^^^^^ the regular expression takes more than 8 MiB when compiled
      help: use `*` or `+`, or a smaller count
    "##);
}

#[test]
fn a_range_counts_in_the_literal() {
    let literal = r"/a\/\/é(?=b)\//";
    let error = Regex::parse_literal(literal).unwrap().unwrap_err();
    assert_eq!(&literal[error.range()], "(?=");
    assert_eq!(
        Regex::new("ab", "ix").unwrap_err().to_string(),
        "`x` is not a flag of regular expressions"
    );
}

proptest! {
    #[test]
    fn no_text_panics(body in "\\PC*", text in "\\PC*") {
        match Regex::new(&body, "") {
            Ok(regex) => { regex.is_match(&text); }
            Err(error) => { prop_assert!(body.get(error.range()).is_some()); }
        }
    }

    /// Whatever passes the translation is understood by the crate, unless it is too large or too deep.
    #[test]
    fn what_is_translated_compiles(body in r"([a-c.|^$&~-]|\[\^?|\]|\(|\)|\(\?(:|i\)|s-U:|=|<n>)|[*+?]|\{2\}|\{1,\}|\{|\\[dwsbBDWSAzQEp1x0n/.<\[\]]|\[:alpha:\]|é){0,12}") {
        match Regex::new(&body, "i") {
            Ok(regex) => { regex.is_match("abc"); }
            Err(error) => {
                let other = matches!(error.kind(), super::RegexErrorKind::Other(_));
                prop_assert!(!other, "{body}: {error}");
            }
        }
    }

    #[test]
    fn quoted_text_matches_itself(text in "[^\\\\]*") {
        let body = format!(r"^\Q{text}\E$");
        let longer = text.clone() + "x";
        prop_assert!(matches(&body, &text));
        prop_assert!(!matches(&body, &longer));
    }
}
