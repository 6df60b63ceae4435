//! Names cut down to what a host name can hold, and the tier that an environment's name suggests.
//!
//! See <https://docs.gitlab.com/ci/variables/predefined_variables/> for the slugs, and
//! <https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments> for the tiers.

use sha2::{Digest, Sha256};

const MAX_REF_SLUG: usize = 63;
const MAX_ENVIRONMENT_SLUG: usize = 24;

/// How much of a name remains before the suffix that tells it from similar ones.
const ENVIRONMENT_STEM: usize = 17;
const SUFFIX_DIGITS: u32 = 6;

/// The words that decide about a tier; earlier rows win, and a word counts anywhere in the name.
const TIERS: [(&str, &[&str]); 4] = [
    ("development", &["dev", "review", "trunk"]),
    (
        "testing",
        &[
            "test", "tst", "int", "acpt", "accept", "qa", "qc", "control", "quality",
        ],
    ),
    ("staging", &["stg", "stag", "modl", "model", "pre", "demo", "non"]),
    ("production", &["prd", "prod", "live"]),
];

/// Returns the slug of a branch, a tag, a project's path or a job: at most 63 characters, no hyphen at the ends.
pub fn ref_slug(text: &str) -> String {
    let hyphenated: String = hyphenate(text).chars().take(MAX_REF_SLUG).collect();
    hyphenated.trim_matches('-').to_owned()
}

/// Returns the slug of an environment: at most 24 characters, with a suffix unless the name was a slug already.
pub fn environment_slug(name: &str) -> String {
    let mut slug = hyphenate(name);
    if !slug.starts_with(|c: char| c.is_ascii_lowercase()) {
        slug.insert_str(0, "env-");
    }
    let mut slug = squeeze_hyphens(&slug);
    if slug.len() <= MAX_ENVIRONMENT_SLUG && slug == name {
        return slug.strip_suffix('-').unwrap_or(&slug).to_owned();
    }
    slug.truncate(ENVIRONMENT_STEM);
    if !slug.ends_with('-') {
        slug.push('-');
    }
    slug + &suffix(name)
}

/// Returns the tier of an environment for which none was given.
pub fn tier(name: &str) -> &'static str {
    let name = name.to_lowercase();
    TIERS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map_or("other", |(tier, _)| tier)
}

fn hyphenate(text: &str) -> String {
    let is_kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.to_lowercase()
        .chars()
        .map(|c| if is_kept(c) { c } else { '-' })
        .collect()
}

fn squeeze_hyphens(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '-' || !squeezed.ends_with('-') {
            squeezed.push(c);
        }
    }
    squeezed
}

/// Returns the last digits, in base 36, of the name's SHA-256 read as one number.
fn suffix(name: &str) -> String {
    let modulus = 36_u64.pow(SUFFIX_DIGITS);
    let number = Sha256::digest(name.as_bytes())
        .iter()
        .fold(0, |number, byte| (number * 256 + u64::from(*byte)) % modulus);
    (0..SUFFIX_DIGITS)
        .rev()
        .filter_map(|place| char::from_digit((number / 36_u64.pow(place) % 36) as u32, 36))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn environment_slugs() {
        for (name, slug) in [
            ("production", "production"),
            ("staging-eu", "staging-eu"),
            ("review/pow", "review-pow-u1yu3x"),
            ("Production", "production-iis43c"),
            ("9lives", "env-9lives-j5o5r3"),
            ("a-very-long-environment-name-x", "a-very-long-envir-jhg2i5"),
            ("prod-", "prod"),
        ] {
            assert_eq!(environment_slug(name), slug, "{name}");
        }
        assert_ne!(environment_slug("Review/X"), environment_slug("review/x"));
    }

    #[test]
    fn ref_slugs() {
        let long = format!("{}-{}", "x".repeat(62), "y");
        for (text, slug) in [
            ("main", "main"),
            ("Feature/Nice_Thing", "feature-nice-thing"),
            ("1.2.3", "1-2-3"),
            ("--a--b--", "a--b"),
            ("é", ""),
            ("", ""),
            (&long, &long[..62]),
        ] {
            assert_eq!(ref_slug(text), slug, "{text}");
        }
    }

    #[test]
    fn tiers() {
        for (name, expected) in [
            ("dev", "development"),
            ("review/a", "development"),
            ("production-review", "development"),
            ("Trunk", "development"),
            ("QA", "testing"),
            ("mint", "testing"),
            ("print-service", "testing"),
            ("acceptance", "testing"),
            ("preprod", "staging"),
            ("stg-1", "staging"),
            ("Production", "production"),
            ("live", "production"),
            ("customer", "other"),
            ("", "other"),
        ] {
            assert_eq!(tier(name), expected, "{name}");
        }
    }

    fn is_slug(text: &str) -> bool {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }

    proptest! {
        #[test]
        fn slugs_hold_only_what_they_may(text: String) {
            let reference = ref_slug(&text);
            prop_assert!(is_slug(&reference) && reference.len() <= 63);
            prop_assert!(!reference.starts_with('-') && !reference.ends_with('-'));
            let environment = environment_slug(&text);
            prop_assert!(is_slug(&environment) && environment.len() <= 24);
            prop_assert!(environment.starts_with(|c: char| c.is_ascii_lowercase()));
            tier(&text);
        }
    }
}
