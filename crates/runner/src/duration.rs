//! Durations in Go's notation: `1h30m`, `90m`, `1.5h`, `300ms`; what `RUNNER_SCRIPT_TIMEOUT` holds and time-outs print.

use std::fmt;
use std::time::Duration;

/// A duration that prints as Go prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GoDuration(pub(crate) Duration);

impl GoDuration {
    /// Reads a duration that is not negative.
    pub(crate) fn parse(text: &str) -> Option<GoDuration> {
        let mut rest = text.trim();
        rest = rest.strip_prefix('+').unwrap_or(rest);
        if rest == "0" {
            return Some(GoDuration(Duration::ZERO));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total = Duration::ZERO;
        while !rest.is_empty() {
            let number_end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
            let (number, after) = rest.split_at(number_end);
            let unit_end = after
                .find(|char: char| char.is_ascii_digit() || char == '.')
                .unwrap_or(after.len());
            let (unit, after) = after.split_at(unit_end);
            let unit_secs = match unit {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" | "μs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
            let number: f64 = number.parse().ok()?;
            total = total.checked_add(Duration::try_from_secs_f64(number * unit_secs).ok()?)?;
            rest = after;
        }
        Some(GoDuration(total))
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if seconds == 0 {
            return match nanos {
                0 => f.write_str("0s"),
                _ => write!(f, "{}ms", f64::from(nanos) / 1e6),
            };
        }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if seconds >= 60 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}", seconds % 60)?;
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed_as_go_does() {
        for (text, printed) in [
            ("90m", "1h30m0s"),
            ("1h", "1h0m0s"),
            ("1.5h", "1h30m0s"),
            ("2m30s", "2m30s"),
            ("61s", "1m1s"),
            ("300ms", "300ms"),
            ("1.25s", "1.25s"),
            ("0", "0s"),
        ] {
            let duration = GoDuration::parse(text).unwrap_or_else(|| panic!("`{text}` should be a duration"));
            assert_eq!(duration.to_string(), printed);
        }
        for wrong in ["", "10", "-1m", "1 m", "m", "1x", "1.2.3s", "1hour"] {
            assert_eq!(GoDuration::parse(wrong), None, "{wrong}");
        }
    }
}
