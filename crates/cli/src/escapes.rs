//! Escape sequences in what jobs print: colours are welcome, what moves the cursor is not.
//!
//! See ECMA-48; `CSI … m` is what sets colours. Other programs' output is shown between our own lines, so nothing of it
//! may clear the screen, rename the window or ring, or show its letters in another order than they come.

/// Returns the text without any escape sequence or control character.
pub(crate) fn plain(text: &str) -> String {
    filtered(text, false)
}

/// Returns the text with its colours, and without any other escape sequence or control character.
pub(crate) fn colors_only(text: &str) -> String {
    filtered(text, true)
}

fn filtered(text: &str, colors: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest));
        out.push_str(plain);
        rest = special;
        let Some(letter) = rest.chars().next() else {
            return out;
        };
        let length = match letter {
            '\u{1b}' => sequence(rest),
            _ => letter.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        rest = after;
        match letter {
            '\u{1b}' if colors && part.starts_with("\u{1b}[") && part.ends_with('m') => out.push_str(part),
            '\t' => out.push_str("    "),
            _ if letter.is_control() || reorders(letter) => {}
            _ => out.push(letter),
        }
    }
}

/// Returns how much of a text is plain ASCII, of which logs mostly consist.
fn plain_length(text: &str) -> usize {
    let special = |byte: u8| !matches!(byte, b' '..=b'~');
    text.bytes().position(special).unwrap_or(text.len())
}

/// Tells whether a letter decides in which direction others are shown.
fn reorders(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the length of the escape sequence that a text begins with. One that does not end takes all there is.
fn sequence(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    let ends: fn(char) -> bool = match letters.next() {
        Some((_, '[')) => |letter| ('\u{40}'..='\u{7e}').contains(&letter),
        // The string of an operating system command, a device control or a message.
        Some((_, ']' | 'P' | '_' | '^' | 'X')) => |letter| matches!(letter, '\u{7}' | '\u{9c}' | '\\'),
        Some((_, ' '..='/')) => |letter| !(' '..='/').contains(&letter),
        Some((at, letter)) => return at + letter.len_utf8(),
        None => return text.len(),
    };
    letters
        .find(|(_, letter)| ends(*letter))
        .map_or(text.len(), |(at, letter)| at + letter.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_are_kept() {
        for (text, with_colors, without) in [
            (
                "a\u{1b}[31;1mred\u{1b}[0;mb",
                "a\u{1b}[31;1mred\u{1b}[0;mb",
                "aredb",
            ),
            ("\u{1b}[2J\u{1b}[1;1Hcleared\u{1b}[0K", "cleared", "cleared"),
            ("\u{1b}]0;title\u{7}after", "after", "after"),
            (
                "\u{1b}]8;;https://x.test\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "link",
                "link",
            ),
            ("\u{1b}(Bcharset\u{1b}7saved", "charsetsaved", "charsetsaved"),
            (
                "bell\u{7} back\u{8} tab\tend\u{1b}",
                "bell back tab    end",
                "bell back tab    end",
            ),
            ("cut off \u{1b}[31", "cut off ", "cut off "),
            ("naïve €", "naïve €", "naïve €"),
            ("one \u{202e}owt\u{202c}", "one owt", "one owt"),
            ("\u{9b}2J and \u{90}x\u{9c}", "2J and x", "2J and x"),
        ] {
            assert_eq!(colors_only(text), with_colors);
            assert_eq!(plain(text), without);
        }
    }
}
