//! Names made fit for host names and paths, as GitLab makes them.

use sha2::{Digest, Sha256};

/// Returns the slug of a ref, a job or a project.
pub fn slug(name: &str) -> String {
    let cut: String = dashed(name).chars().take(63).collect();
    cut.trim_matches('-').to_owned()
}

/// Returns the slug of an environment, which stays different where the names do: what had to be changed gets a
/// part of the name's digest.
pub fn environment_slug(name: &str) -> String {
    const LENGTH: usize = 24;
    const DIGEST: usize = 6;
    let mut slug = dashed(name);
    if !slug.starts_with(|first: char| first.is_ascii_lowercase()) {
        slug.insert_str(0, "env-");
    }
    let mut slug = squeezed(&slug);
    if slug.len() <= LENGTH && slug == name {
        slug.truncate(slug.strip_suffix('-').map_or(slug.len(), str::len));
        return slug;
    }
    slug.truncate(LENGTH - DIGEST - 1);
    if !slug.ends_with('-') {
        slug.push('-');
    }
    slug + &digest_end(name, DIGEST)
}

fn dashed(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .collect()
}

fn squeezed(slug: &str) -> String {
    let mut out = String::with_capacity(slug.len());
    for c in slug.chars() {
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out
}

/// Returns the last digits of a name's SHA-256 as a number with base 36.
fn digest_end(name: &str, digits: usize) -> String {
    let modulus = 36_u64.pow(digits as u32);
    let mut rest = Sha256::digest(name.as_bytes())
        .iter()
        .fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % modulus);
    let mut end = Vec::with_capacity(digits);
    for _ in 0..digits {
        end.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
    }
    end.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_get_gitlabs_slugs() {
        for (name, slug) in [
            ("production", "production"),
            ("staging-eu", "staging-eu"),
            ("review/pow", "review-pow-u1yu3x"),
            ("Production", "production-iis43c"),
            ("9lives", "env-9lives-j5o5r3"),
            ("a-very-long-environment-name-x", "a-very-long-envir-jhg2i5"),
            ("prod-", "prod"),
        ] {
            assert_eq!(environment_slug(name), slug);
        }
    }

    #[test]
    fn other_names_are_cut_and_trimmed() {
        assert_eq!(slug("Feature/Wave #2!"), "feature-wave--2");
        assert_eq!(slug("-x-"), "x");
        assert_eq!(slug(&"a".repeat(80)).len(), 63);
    }
}
