//! Puts the time, the stream and a continuation mark before each line of a log.
//!
//! `2026-08-01T10:00:00.000100Z 01O text`: the stream is `00` for the runner and `01` for the job's script, then `O`
//! (the script's standard error goes through the same pipe, so that its lines keep their place), then a blank for a
//! new line or `+` for the rest of the line before. A reader puts the line together again by dropping the line feed
//! before each `+`; that line feed is not the job's.

use std::time::{SystemTime, UNIX_EPOCH};

/// An unfinished line longer than this is written in pieces.
const LONGEST_UNFINISHED_BYTES: usize = 8 * 1024;

/// The filter for one stream.
#[derive(Debug)]
pub(crate) struct Timestamper {
    stream: u8,
    clock: fn() -> SystemTime,
    unfinished: Vec<u8>,
    continues: bool,
}

impl Timestamper {
    pub(crate) fn new(stream: u8, clock: fn() -> SystemTime) -> Timestamper {
        Timestamper {
            stream,
            clock,
            unfinished: Vec::new(),
            continues: false,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let last = pieces.next_back().unwrap_or_default();
        for line in pieces {
            self.unfinished.extend_from_slice(line);
            self.entry(out);
            self.continues = false;
        }
        self.unfinished.extend_from_slice(last);
        if last.contains(&b'\r') || self.unfinished.len() > LONGEST_UNFINISHED_BYTES {
            self.entry(out);
            self.continues = true;
        }
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.unfinished.is_empty() {
            self.entry(out);
            self.continues = true;
        }
    }

    fn entry(&mut self, out: &mut Vec<u8>) {
        let mark = if self.continues { '+' } else { ' ' };
        let head = format!("{} {:02x}O{mark}", Rfc3339((self.clock)()), self.stream);
        out.extend_from_slice(head.as_bytes());
        out.append(&mut self.unfinished);
        out.push(b'\n');
    }
}

/// A point in time as `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
struct Rfc3339(SystemTime);

impl std::fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (year, month, day) = civil_date(since.as_secs() / 86_400);
        let second = since.as_secs() % 86_400;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let micros = since.subsec_micros();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

/// Turns days since 1970-01-01 into year, month and day.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years are counted from the first of March of year 0, so that a leap day is a year's last day.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn clock() -> SystemTime {
        UNIX_EPOCH + Duration::new(1_785_578_400, 200_000)
    }

    fn stamped(writes: &[&str]) -> String {
        let mut stamper = Timestamper::new(1, clock);
        let mut out = Vec::new();
        writes
            .iter()
            .for_each(|write| stamper.push(write.as_bytes(), &mut out));
        stamper.finish(&mut out);
        String::from_utf8(out)
            .unwrap()
            .replace("2026-08-01T10:00:00.000200Z ", "T ")
    }

    #[test]
    fn lines_progress_and_rests() {
        assert_eq!(stamped(&["one\ntw", "o\n"]), "T 01O one\nT 01O two\n");
        assert_eq!(
            stamped(&["10%\r", "20%\r", "done\n", "x"]),
            "T 01O 10%\r\nT 01O+20%\r\nT 01O+done\nT 01O x\n"
        );
        assert_eq!(stamped(&["\n\n"]), "T 01O \nT 01O \n");
        assert_eq!(
            stamped(&[&"y".repeat(8193), "z\n"]),
            format!("T 01O {}\nT 01O+z\n", "y".repeat(8193))
        );
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds| Rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        assert_eq!(at(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000000Z");
        assert_eq!(at(951_868_799), "2000-02-29T23:59:59.000000Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00.000000Z");
        assert_eq!(at(1_767_225_599), "2025-12-31T23:59:59.000000Z");
    }
}
