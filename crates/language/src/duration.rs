//! Durations as people write them: `1h 30m`, `one week`, `4:30`.
//!
//! GitLab reads them with a gem that works on the text in steps, and odd input shows the steps: words for numbers
//! become digits, a colon form gets its units, numbers are cut loose from what touches them, and what remains has
//! to be numbers, units and a few joining words. See <https://docs.gitlab.com/ci/yaml/#timeout>.

/// The units, each with its length in seconds and the words for it.
const UNITS: [(f64, &[&str]); 7] = [
    (1.0, &["s", "sec", "secs", "second", "seconds"]),
    (60.0, &["m", "min", "mins", "minute", "minutes"]),
    (3_600.0, &["h", "hr", "hrs", "hour", "hours"]),
    (86_400.0, &["d", "dy", "day", "days"]),
    (604_800.0, &["w", "wk", "wks", "week", "weeks"]),
    (2_592_000.0, &["mo", "mos", "month", "months"]),
    (31_557_600.0, &["y", "yr", "yrs", "year", "years"]),
];

/// What the places of `years:months:days:hours:minutes:seconds` mean, from the right. There are no weeks.
const COLON_UNITS: [&str; 6] = ["seconds", "minutes", "hours", "days", "months", "years"];

const JOINING_WORDS: [&str; 3] = ["and", "with", "plus"];

const NUMBER_WORDS: [(&str, u64); 28] = [
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

const SCALES: [(&str, u64); 4] = [
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];

/// Returns the seconds that a text stands for, or `None` if it is not a duration; nothing at all is not one.
///
/// A number counts by the unit right behind it, the last number without one as seconds. Other numbers without a
/// unit do not count: `5 10` is ten seconds.
pub fn parse(text: &str) -> Option<f64> {
    let text = digits_for_words(&text.to_lowercase());
    let terms = read_terms(&units_for_colons(text)?)?;
    let mut total = 0.0;
    for (index, term) in terms.iter().enumerate() {
        if let Term::Number(number) = term {
            total += match terms.get(index + 1) {
                Some(Term::Unit(seconds)) => number * seconds,
                Some(Term::Number(_)) => 0.0,
                None => *number,
            };
        }
    }
    // A bare unit in front means one of it.
    if let Some(Term::Unit(seconds)) = terms.first() {
        total += seconds;
    }
    (total > 0.0 && total.is_finite()).then_some(total)
}

enum Term {
    Number(f64),
    /// In seconds.
    Unit(f64),
}

/// Reads numbers and units and drops joining words; `None` if there is any other word.
fn read_terms(text: &str) -> Option<Vec<Term>> {
    let mut terms = Vec::new();
    for word in text.split_ascii_whitespace() {
        let mut rest = word;
        while !rest.is_empty() {
            let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            // The point of `.5` belongs to the number.
            let starts_with_point = other < rest.len() && rest[..other].ends_with('.');
            let (word, number_on) = rest.split_at(other - usize::from(starts_with_point));
            if !word.is_empty() {
                terms.extend(read_word(word)?);
            }
            let (number, after) = number_on.split_at(number_length(number_on));
            if !number.is_empty() {
                terms.push(Term::Number(number.parse().ok()?));
            }
            rest = after;
        }
    }
    Some(terms)
}

/// Returns how long the number is that a text begins with: digits, and a point if digits follow it.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    match text[whole..].strip_prefix('.').map(digits) {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

/// Returns a unit, or nothing for a joining word; the outer `None` is for a word that is neither.
fn read_word(word: &str) -> Option<Option<Term>> {
    let word = word.strip_prefix(',').unwrap_or(word);
    let word = word.strip_suffix(',').unwrap_or(word);
    if JOINING_WORDS.contains(&word) {
        return Some(None);
    }
    let (seconds, _) = UNITS.iter().find(|(_, words)| words.contains(&word))?;
    Some(Some(Term::Unit(*seconds)))
}

/// Writes `1:30` as `1 minutes 30 seconds`; `None` if there are more places than units.
fn units_for_colons(text: String) -> Option<String> {
    let compact = text.replace(' ', "");
    if !has_colon_form(&compact) {
        return Some(text);
    }
    let places: Vec<&str> = compact.trim_end_matches(':').split(':').collect();
    if places.len() > COLON_UNITS.len() {
        return None;
    }
    let units = COLON_UNITS[..places.len()].iter().rev();
    Some(
        places
            .iter()
            .zip(units)
            .map(|(number, unit)| format!("{number} {unit} "))
            .collect(),
    )
}

/// Says whether a colon stands between two numbers.
fn has_colon_form(compact: &str) -> bool {
    compact.match_indices(':').any(|(at, _)| {
        compact[..at].ends_with(|c: char| c.is_ascii_digit()) && number_length(&compact[at + 1..]) > 0
    })
}

/// Writes numbers as digits: `twenty-five minutes` as `25 minutes`.
fn digits_for_words(text: &str) -> String {
    let pieces = pieces(text);
    let mut written = String::with_capacity(text.len());
    let mut number: Option<SpokenNumber> = None;
    // What stands behind the number so far. It vanishes if the number goes on.
    let mut between = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if number.is_some() && is_link(piece) {
            between.push_str(piece);
            continue;
        }
        let next_word = pieces.get(index + 2).copied().unwrap_or_default();
        let joined = match number_word(piece, next_word) {
            Some(word) => number.unwrap_or_default().join(word),
            None => None,
        };
        if joined.is_none() {
            if let Some(number) = number {
                written.push_str(&number.value().to_string());
            }
            written.push_str(&between);
        }
        between.clear();
        number = joined.or_else(|| SpokenNumber::default().join(number_word(piece, next_word)?));
        if number.is_none() {
            written.push_str(piece);
        }
    }
    if let Some(number) = number {
        written.push_str(&number.value().to_string());
    }
    written + &between
}

/// Cuts a text where words begin and end.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let in_word = first.is_alphanumeric();
        let end = rest
            .find(|c: char| c.is_alphanumeric() != in_word)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Says whether a number may go on behind this piece.
fn is_link(piece: &str) -> bool {
    piece == "and" || piece.chars().all(|c| c == ' ' || c == '-')
}

#[derive(Clone, Copy)]
enum NumberWord {
    Value(u64),
    Scale(u64),
}

/// Reads a word as part of a number. Digits are one only in front of a scale, as in `5 hundred`.
fn number_word(piece: &str, next_word: &str) -> Option<NumberWord> {
    let scale = |word: &str| SCALES.iter().find(|(name, _)| *name == word);
    if let Some((_, factor)) = scale(piece) {
        return Some(NumberWord::Scale(*factor));
    }
    let spoken = NUMBER_WORDS.iter().find(|(name, _)| *name == piece);
    let value = match spoken {
        Some((_, value)) => *value,
        None => piece.parse().ok().filter(|_| scale(next_word).is_some())?,
    };
    Some(NumberWord::Value(value))
}

/// A number while it is being spoken.
#[derive(Clone, Copy, Default)]
struct SpokenNumber {
    /// Closed by `thousand` and more.
    thousands: u64,
    current: u64,
}

impl SpokenNumber {
    /// Returns the number with one more word, or `None` if that word begins another one, as in `one two`.
    fn join(mut self, word: NumberWord) -> Option<SpokenNumber> {
        match word {
            NumberWord::Value(value) => {
                let place = if value < 10 { 10 } else { 100 };
                if !self.current.is_multiple_of(place) {
                    return None;
                }
                self.current = self.current.checked_add(value)?;
            }
            NumberWord::Scale(100) => self.current = self.current.max(1).checked_mul(100)?,
            NumberWord::Scale(factor) => {
                self.thousands = self
                    .thousands
                    .checked_add(self.current.max(1).checked_mul(factor)?)?;
                self.current = 0;
            }
        }
        Some(self)
    }

    fn value(self) -> u64 {
        self.thousands.saturating_add(self.current)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(cases: &[(&str, f64)]) {
        for (text, seconds) in cases {
            assert_eq!(parse(text), Some(*seconds), "{text}");
        }
    }

    #[test]
    fn numbers_with_units_are_summed() {
        check(&[
            ("3 mins 4 sec", 184.0),
            ("1.5 hours", 5400.0),
            ("7d", 604_800.0),
            ("6 mos 1 day", 15_638_400.0),
            ("2h20min", 8400.0),
            ("1h 1h", 7200.0),
            ("0.4 sec", 0.4),
            (".5 min", 30.0),
            ("1 YEAR", 31_557_600.0),
            ("2 weeks, 1 hr and 5 m plus 1s", 1_213_501.0),
        ]);
    }

    #[test]
    fn every_unit_has_its_synonyms() {
        for (seconds, words) in UNITS {
            for word in words {
                check(&[(&format!("2 {word}"), 2.0 * seconds), (word, seconds)]);
            }
        }
    }

    #[test]
    fn numbers_without_units() {
        check(&[
            ("3600", 3600.0),
            ("5 10", 10.0),
            ("1h30", 3630.0),
            ("5 and 10", 10.0),
        ]);
    }

    #[test]
    fn a_unit_in_front_means_one() {
        check(&[
            ("week", 604_800.0),
            ("day", 86_400.0),
            ("minute 30sec", 90.0),
            ("and day", 86_400.0),
            ("2h day", 7200.0),
        ]);
    }

    #[test]
    fn colons_count_from_the_right() {
        check(&[
            ("4:30", 270.0),
            ("1:30:00", 5400.0),
            ("1 : 30", 90.0),
            ("1:0:0:0", 86_400.0),
            ("1:0:0:0:0", 2_592_000.0),
            ("1:0:0:0:0:0", 31_557_600.0),
            ("4:30:", 270.0),
        ]);
        assert_eq!(parse("1:0:0:0:0:0:0"), None);
    }

    #[test]
    fn numbers_in_words() {
        check(&[
            ("one week", 604_800.0),
            ("Twenty-five minutes", 1500.0),
            ("two hundred and five seconds", 205.0),
            ("one day and two hours", 93_600.0),
            ("three thousand six hundred", 3600.0),
            ("5 hundred s", 500.0),
            ("one two", 2.0),
            ("ten", 10.0),
        ]);
    }

    #[test]
    fn all_else_is_no_duration() {
        for text in [
            "0",
            "",
            " ",
            "-5",
            "half an hour",
            "fortnight",
            "never",
            "a day",
            "0 days",
            "and",
            "1,000",
            "5.",
            ":",
            "4:",
            "1h!",
            "١ day",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(400)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            parse(&text);
        }

        #[test]
        fn what_looks_like_a_duration_is_positive_or_nothing(
            text in "([0-9]{0,3}|[.:, -]|one|twenty|hundred|million|and|h|min|weeks){0,12}",
        ) {
            if let Some(seconds) = parse(&text) {
                prop_assert!(seconds > 0.0 && seconds.is_finite());
            }
        }

        #[test]
        fn hours_minutes_seconds_agree_with_colons(h in 0..100_u32, m in 0..60_u32, s in 1..60_u32) {
            let seconds = Some(f64::from(h * 3600 + m * 60 + s));
            prop_assert_eq!(parse(&format!("{h}h{m}m{s}s")), seconds);
            prop_assert_eq!(parse(&format!("{h}:{m}:{s}")), seconds);
        }
    }
}
