//! A number of bytes as people type it.

/// The units, with decimal and binary prefixes.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("b", 1),
];

/// Reads `100MB`, `64 KiB` or `4096`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((&lower, 1));
    let number = number.trim_end().parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(bytes))
        .ok_or_else(|| "write a size such as `100MB`, `64KiB` or a number of bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_have_units_or_none() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("12B", 12),
            ("64KiB", 65_536),
            ("100MB", 100_000_000),
            (" 2 g ", 2_000_000_000),
            ("3m", 3_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "-1", "1.5MB", "1TB", "99999999999G", "1 0"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
