//! The two pages. They are whole without JavaScript, and need nothing from anywhere else.

use std::fmt::Write as _;

use axum::body::Bytes;

use crate::domain::{Choice, Labels, Profile, Tally};

const VOTE: &str = include_str!("../../assets/vote.html");
const RESULT: &str = include_str!("../../assets/result.html");

/// All that the page with the choice can look like, rendered once.
pub(super) struct VotePages {
    pub(super) unmarked: Bytes,
    chosen: [Bytes; 2],
    pub(super) refused: Bytes,
    pub(super) unavailable: Bytes,
    keys: [&'static str; 2],
}

impl VotePages {
    pub(super) fn new(profile: &'static Profile, labels: &Labels, host: &str) -> VotePages {
        let render = |chosen: Option<usize>, notice: &str| vote_page(profile, labels, host, chosen, notice);
        let thanks = |at: usize| format!("You voted for {}.", labels.0[at]);
        VotePages {
            unmarked: render(None, ""),
            chosen: [render(Some(0), &thanks(0)), render(Some(1), &thanks(1))],
            refused: render(None, "That was no vote: choose one of the two."),
            unavailable: render(None, "Your vote could not be taken. Try again in a moment."),
            keys: profile.keys,
        }
    }

    /// An option that is not on the page marks nothing.
    pub(super) fn after(&self, choice: &Choice) -> Bytes {
        self.keys
            .iter()
            .position(|key| *key == choice.as_str())
            .map_or(&self.unmarked, |at| &self.chosen[at])
            .clone()
    }
}

fn vote_page(profile: &Profile, labels: &Labels, host: &str, chosen: Option<usize>, notice: &str) -> Bytes {
    let question = labels.question();
    let state = |at| if chosen == Some(at) { " disabled" } else { "" };
    let mark = |at| if chosen == Some(at) { " ✓" } else { "" };
    fill(
        VOTE,
        &[
            ("title", profile.title.unwrap_or(&question)),
            ("question", &question),
            ("key_a", profile.keys[0]),
            ("key_b", profile.keys[1]),
            ("label_a", &labels.0[0]),
            ("label_b", &labels.0[1]),
            ("state_a", state(0)),
            ("state_b", state(1)),
            ("mark_a", mark(0)),
            ("mark_b", mark(1)),
            ("notice", notice),
            ("host", host),
        ],
    )
}

pub(super) fn result_page(profile: &Profile, labels: &Labels, tally: &Tally) -> Bytes {
    let [a, b] = profile.keys.map(|key| tally.of(key));
    let (percent_a, percent_b) = percentages(a, b);
    fill(
        RESULT,
        &[
            ("question", &labels.question()),
            ("key_a", profile.keys[0]),
            ("key_b", profile.keys[1]),
            ("label_a", &labels.0[0]),
            ("label_b", &labels.0[1]),
            ("percent_a", &percent_a.to_string()),
            ("percent_b", &percent_b.to_string()),
            ("total", &total(a + b)),
        ],
    )
}

/// Rounds as the original page does: the first half up, the second is the rest.
fn percentages(a: i64, b: i64) -> (i64, i64) {
    let total = a + b;
    let first = if total > 0 {
        (200 * a + total) / (2 * total)
    } else {
        50
    };
    (first, 100 - first)
}

fn total(votes: i64) -> String {
    match votes {
        0 => "No votes yet".to_owned(),
        1 => "1 vote".to_owned(),
        _ => format!("{votes} votes"),
    }
}

/// Replaces each `{{name}}` by its value, escaped.
fn fill(template: &str, values: &[(&str, &str)]) -> Bytes {
    let mut page = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .expect("BUG: a template has an open placeholder");
        let (_, value) = values
            .iter()
            .find(|(known, _)| *known == name)
            .expect("BUG: a template has a placeholder without a value");
        page.push_str(before);
        escape(&mut page, value);
        rest = after;
    }
    page.push_str(rest);
    Bytes::from(page)
}

fn escape(page: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' | '\'' => {
                let _ = write!(page, "&#{};", u32::from(letter));
            }
            _ => page.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PROFILES;

    #[test]
    fn shares_are_rounded_as_on_the_original_page() {
        assert_eq!(percentages(0, 0), (50, 50));
        assert_eq!(percentages(2, 1), (67, 33));
        assert_eq!(percentages(1, 7), (13, 87));
        assert_eq!(percentages(0, 9), (0, 100));
    }

    #[test]
    fn a_label_cannot_break_out_of_the_page() {
        let labels = Labels(["<script>'\"&".to_owned(), "Dogs".to_owned()]);
        let pages = VotePages::new(&PROFILES[0], &labels, "host");
        let page = String::from_utf8(pages.unmarked.to_vec()).unwrap();
        assert!(
            page.contains("<h1>&lt;script&gt;&#39;&#34;&amp; vs Dogs!</h1>"),
            "{page}"
        );
    }

    #[test]
    fn the_chosen_button_is_marked_and_cannot_be_pressed_again() {
        let pages = VotePages::new(&PROFILES[1], &Labels::new(&PROFILES[1], None, None), "host");
        let page = String::from_utf8(pages.after(&Choice::from_store("pepsi".to_owned())).to_vec()).unwrap();
        assert!(page.contains(r#"value="coca">Coca</button>"#), "{page}");
        assert!(
            page.contains(r#"value="pepsi" disabled>Pepsi ✓</button>"#),
            "{page}"
        );
        assert!(
            page.contains(r#"role="status">You voted for Pepsi.</p>"#),
            "{page}"
        );
    }
}
