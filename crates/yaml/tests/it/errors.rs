//! The museum of broken texts, with everything that is said about each.

use insta::assert_snapshot;

use crate::support::errors;

#[test]
fn a_key_indented_between_two_levels() {
    assert_snapshot!(errors("job:\n    script: a\n  stage: b\n"), @r#"
    error: this line is indented unlike the lines around it
      --> 3:3 ""
    help: keys of one mapping, and items of one list, start in the same column
    "#);
}

#[test]
fn a_tab_for_indentation() {
    assert_snapshot!(errors("job:\n\tscript: a\n"), @r#"
    error: a tab cannot indent
      --> 2:2 ""
    help: indent with spaces
    "#);
    assert_snapshot!(errors("job:\n \tscript: a\n"), @r#"
    error: a tab cannot indent
      --> 2:2 "\t"
    help: indent with spaces
    "#);
    assert_snapshot!(errors("script:\n-\ta\n"), @r#"
    error: a tab cannot indent
      --> 2:2 "\t"
    help: indent with spaces
    "#);
    assert_snapshot!(errors("script: [\n\ta\n]\n"), @r#"
    error: a tab cannot indent
      --> 2:2 ""
    help: indent with spaces
    "#);
}

#[test]
fn a_quote_left_open() {
    assert_snapshot!(errors("job:\n  script: 'a\n  stage: b\n"), @r#"
    error: a quoted text goes on here without indentation
      --> 3:3 ""
    help: close the quote on the line above, or indent this one deeper than the key
    "#);
    assert_snapshot!(errors("a: \"b\nc: d\n"), @r#"
    error: a quoted text goes on here without indentation
      --> 2:1 ""
    help: close the quote on the line above, or indent this one deeper than the key
    "#);
}

#[test]
fn text_after_a_quote() {
    assert_snapshot!(errors("script:\n  - \"a\" && b\n"), @r#"
    error: text follows the closing quote
      --> 2:9 ""
    help: quote the whole text, or none of it
    "#);
}

#[test]
fn a_backslash_in_double_quotes() {
    assert_snapshot!(errors(r#"coverage: "\d+""#), @r#"
    error: unknown escape in a double-quoted text
      --> 1:11 ""
    help: write `\\` for a backslash, or use single quotes
    "#);
}

#[test]
fn brackets_that_do_not_match() {
    assert_snapshot!(errors("a: [b\nc: d\n"), @r#"
    error: a `:` cannot stand in a text that began on a line above
      --> 2:2 ""
    help: add the `:` or the bracket that the line above lacks, or quote the text
    "#);
    assert_snapshot!(errors("a: [b}\n"), @r#"
    error: `[` is closed by `}`
      --> 1:4 ""
    "#);
    assert_snapshot!(errors("a: ]\n"), @r#"
    error: closing bracket without an opening one
      --> 1:4 ""
    "#);
    assert_snapshot!(errors("a: {b: 1\nc: 2}\n"), @r#"
    error: expected `,` or `}`
      --> 2:2 ""
    "#);
}

#[test]
fn a_colon_too_many() {
    assert_snapshot!(errors("job: script: a\n"), @r#"
    error: a second `:` cannot stand here
      --> 1:12 ""
    help: quote the text if its `: ` is not meant as a key
    "#);
}

#[test]
fn a_line_without_a_colon() {
    assert_snapshot!(errors("job:\n  script\n  stage: b\n"), @r#"
    error: a `:` cannot stand in a text that began on a line above
      --> 3:8 ""
    help: add the `:` or the bracket that the line above lacks, or quote the text
    "#);
}

#[test]
fn a_missing_key() {
    assert_snapshot!(errors(": 1\n"), @r#"
    error: expected a key
      --> 1:2 ""
    help: a key is followed by `:` and a space; quote a text that spans lines
    "#);
}

#[test]
fn an_item_among_keys() {
    assert_snapshot!(errors("a:\n  b: 1\n  - c\n"), @r#"
    error: a `-` item cannot stand here
      --> 3:5 ""
    help: a mapping cannot have items beside its keys; indent the item below its key
    "#);
    assert_snapshot!(errors("a:\n  - b\n  c: 1\n"), @r#"
    error: expected `-`, as in the other items of this list
      --> 3:3 ""
    help: write `-` before it, or give it the indentation of the mapping it belongs to
    "#);
}

#[test]
fn characters_no_text_starts_with() {
    assert_snapshot!(errors("a: @b\n"), @r#"
    error: a text cannot start with `@`
      --> 1:4 ""
    help: quote the text
    "#);
    assert_snapshot!(errors("a: `b`\n"), @r#"
    error: a text cannot start with a backtick
      --> 1:4 ""
    help: quote the text
    "#);
}

#[test]
fn shell_that_looks_like_yaml() {
    assert_snapshot!(errors("script:\n  - !cmd && b\n"), @r#"
    error: anchor name `&` may hold only letters, digits, `_` and `-`
      --> 2:10 "&&"
    help: rename it, or quote the text if `&` is part of it
    "#);
    assert_snapshot!(errors("paths:\n  - *.txt\n"), @r#"
    error: alias `*.txt` has no anchor before it
      --> 2:5 "*.txt"
    help: quote the text if it is no alias
    "#);
    assert_snapshot!(errors("paths:\n  - **/*.txt\n"), @r#"
    error: alias `**/*.txt` has no anchor before it
      --> 2:5 "**/*.txt"
    help: quote the text if it is no alias
    "#);
    assert_snapshot!(errors("image: {{ name }}\n"), @r#"
    error: a key cannot be a mapping
      --> 1:9 "{ name }"
    help: quote the text if it starts with `{` or `[`
    "#);
}

#[test]
fn a_text_on_the_line_of_the_block_indicator() {
    assert_snapshot!(errors("script: | make\n"), @r#"
    error: expected a line break after the block indicator
      --> 1:9 ""
    help: start the text of a `|` or `>` block on the next line
    "#);
}

#[test]
fn a_directive() {
    assert_snapshot!(errors("%YAML 1.1\n---\na: 1\n"), @r#"
    error: directives cannot be used in pipelines
      --> 1:1 ""
    help: remove the line, or quote the text if it starts with `%`
    "#);
}

#[test]
fn a_binary_file() {
    assert_snapshot!(errors("\u{7f}ELF\0\0"), @r#"
    error: control character U+0000 is not allowed
      --> 1:5 "\0"
    help: the file is binary, or text in UTF-16; save it as UTF-8
    "#);
    assert_snapshot!(errors("a\0:\0"), @r#"
    error: control character U+0000 is not allowed
      --> 1:2 "\0"
    help: the file is binary, or text in UTF-16; save it as UTF-8
    "#);
    assert_snapshot!(errors("script: \"\u{1b}[1m\"\n"), @r#"
    error: control character U+001B is not allowed
      --> 1:10 "\u{1b}"
    help: remove it, or write it as `"\x1b"` in double quotes
    "#);
}

#[test]
fn a_byte_order_mark_in_the_middle() {
    assert_snapshot!(errors("a: 1\n\u{feff}b: 2\n"), @r#"
    error: a byte order mark in the middle of the text
      --> 2:1 ""
    "#);
}

#[test]
fn aliases_without_their_anchors() {
    assert_snapshot!(errors("a: *none\nb: *later\nc: &later 1\n"), @r#"
    error: alias `*none` has no anchor before it
      --> 1:4 "*none"
    help: define `&none` above, or quote the text if it is no alias; anchors do not reach across `include`
    error: alias `*later` has no anchor before it
      --> 2:4 "*later"
    help: `&later` is defined later; move it before its first use
    "#);
}

#[test]
fn anchors_end_with_their_document() {
    assert_snapshot!(errors("a: &x 1\n---\nb: *x\n"), @r#"
    error: alias `*x` has no anchor before it
      --> 3:4 "*x"
    help: define `&x` above, or quote the text if it is no alias; anchors do not reach across `include`
    "#);
}

#[test]
fn an_alias_inside_its_own_anchor() {
    assert_snapshot!(errors("a: &x\n  b: *x\n"), @r#"
    error: alias `*x` stands inside its own anchor
      --> 2:6 "*x"
    help: move the shared part out of the node that uses it
    "#);
}

#[test]
fn dates() {
    assert_snapshot!(errors("a: 2020-01-01\nb: 2020-01-01 10:00:00 +01:00\n"), @r#"
    error: `2020-01-01` is a date, which pipelines cannot hold
      --> 1:4 "2020-01-01"
    help: quote it: `"2020-01-01"`
    error: `2020-01-01 10:00:00 +01:00` is a point in time, which pipelines cannot hold
      --> 2:4 "2020-01-01 10:00:00 +01:00"
    help: quote it: `"2020-01-01 10:00:00 +01:00"`
    "#);
}

#[test]
fn a_number_without_end() {
    assert_snapshot!(errors("a: 1000000000000000000000000000000000000000\n"), @r#"
    error: `1000000000000000000000000000000000000000` is a number with too many digits
      --> 1:4 "1000000000000000000000000000000000000000"
    help: quote it: `"1000000000000000000000000000000000000000"`
    "#);
}

#[test]
fn tags_that_cannot_be_kept() {
    assert_snapshot!(errors("a: !ruby/object:OpenStruct {b: 1}\n"), @r#"
    error: tag `!ruby/object:OpenStruct` asks for a Ruby object, which pipelines cannot hold
      --> 1:4 "!ruby/object:OpenStruct"
    help: remove the tag
    "#);
    assert_snapshot!(errors("a: !!float b\n"), @r#"
    error: `!!float` needs a number, not `b`
      --> 1:12 "b"
    "#);
    assert_snapshot!(errors("a: !!binary /w==\n"), @r#"
    error: the bytes of this `!!binary` are not UTF-8 text
      --> 1:13 "/w=="
    help: keep the bytes in a file of the repository
    "#);
    assert_snapshot!(errors("a: !reference b\nc: !reference {d: e}\nf: !reference\n"), @r#"
    error: `!reference` needs a list, not a string
      --> 1:4 "!reference"
    help: write `!reference [job, keyword]`
    error: `!reference` needs a list, not a mapping
      --> 2:4 "!reference {d: e}"
    help: write `!reference [job, keyword]`
    error: `!reference` needs a list, not null
      --> 3:4 "!reference"
    help: write `!reference [job, keyword]`
    "#);
    assert_snapshot!(errors("a:\n  <<: !reference [b]\n"), @r#"
    error: `<<` cannot merge a `!reference`
      --> 2:7 "!reference [b]"
    help: use `extends`, or an anchor if both are in one file
    "#);
}

#[test]
fn collections_as_keys() {
    assert_snapshot!(errors("[a, b]: c\n"), @r#"
    error: a key cannot be a list
      --> 1:1 "[a, b]"
    help: quote the text if it starts with `{` or `[`
    "#);
    assert_snapshot!(errors("!reference [a]: c\n"), @r#"
    error: a key cannot be a `!reference`
      --> 1:1 "!reference [a]"
    "#);
}

#[test]
fn all_mistakes_up_to_the_first_that_is_not_yaml() {
    assert_snapshot!(errors("a: *x\nb: 2020-01-01\nc: [*y\nd: 2020-01-02\n"), @r#"
    error: alias `*x` has no anchor before it
      --> 1:4 "*x"
    help: define `&x` above, or quote the text if it is no alias; anchors do not reach across `include`
    error: `2020-01-01` is a date, which pipelines cannot hold
      --> 2:4 "2020-01-01"
    help: quote it: `"2020-01-01"`
    error: a `:` cannot stand in a text that began on a line above
      --> 4:2 ""
    help: add the `:` or the bracket that the line above lacks, or quote the text
    "#);
}
