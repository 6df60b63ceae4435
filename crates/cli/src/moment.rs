//! A moment as people type it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Reads a time as RFC 3339 has it, or a date, which means its first moment by UTC.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    // A date's own parser would take a time without a zone as well, and drop it.
    let date = || {
        Date::strptime("%Y-%m-%d", text)
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
    };
    let found = text.parse().ok().or_else(|| Some(date()?.timestamp()));
    found.ok_or_else(|| "write a date (2026-01-31) or a time with its zone (2026-01-31T08:00:00Z)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_and_times_are_read() {
        for (typed, read) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
            ("2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z"),
            ("2026-01-31 08:00:00.5-01:30", "2026-01-31T09:30:00.5Z"),
        ] {
            let moment = parse(typed).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), Ok(read), "{typed}");
        }
    }

    #[test]
    fn a_time_without_its_zone_is_no_moment() {
        for typed in ["2026-01-31T08:00:00", "2026-02-30", "08:00", "tomorrow", ""] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }
}
