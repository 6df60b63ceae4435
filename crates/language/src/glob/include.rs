//! The wildcards of `include:local` and `cache:key:files`, where only `*` is special.
//!
//! `**/` stands for any directories or none, `**` for any text, `*` for any text without `/`. GitLab's documentation
//! says that `configs/**/*.yml` leaves out the files of `configs` itself; that was so once, and its source has
//! since changed. See <https://docs.gitlab.com/ci/yaml/includes/#use-includelocal-with-wildcard-file-paths>.

use regex::Regex;

/// A wildcard, compiled once and compared with many paths.
///
/// Leading slashes mean nothing. A wildcard too long for the regular expression engine matches nothing.
#[derive(Debug, Clone)]
pub struct IncludeWildcard {
    regex: Option<Regex>,
}

impl IncludeWildcard {
    pub fn new(pattern: &str) -> IncludeWildcard {
        IncludeWildcard {
            regex: Regex::new(&translate(pattern.trim_start_matches('/'))).ok(),
        }
    }

    /// Says whether the wildcard matches the whole path.
    pub fn matches(&self, path: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(path))
    }
}

fn translate(pattern: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    let mut rest = pattern;
    while !rest.is_empty() {
        let (literal, stars_on) = rest.split_at(rest.find('*').unwrap_or(rest.len()));
        regex.push_str(&regex::escape(literal));
        rest = stars_on.trim_start_matches('*');
        let mut stars = stars_on.len() - rest.len();
        // GitLab replaces `**/` first, so of a longer run the last two stars belong to the slash.
        let directories = rest.strip_prefix('/').filter(|_| stars >= 2);
        if directories.is_some() {
            stars -= 2;
        }
        match stars {
            0 => {}
            1 => regex.push_str("[^/]*"),
            _ => regex.push_str(".*"),
        }
        if let Some(after) = directories {
            regex.push_str("(?:.*/)?");
            rest = after;
        }
    }
    regex.push_str(r"\z");
    regex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let wildcard = IncludeWildcard::new(pattern);
        for path in matching {
            assert!(wildcard.matches(path), "`{pattern}` does not match `{path}`");
        }
        for path in others {
            assert!(!wildcard.matches(path), "`{pattern}` matches `{path}`");
        }
    }

    #[test]
    fn stars_by_their_number() {
        let configs = ["configs/a.yml", "configs/d/a.yml", "configs/d/e/a.yml"];
        check("configs/*.yml", &configs[..1], &configs[1..]);
        check("configs/**.yml", &configs, &["a.yml", "configs/a.yaml"]);
        check("configs/**/*.yml", &configs, &["a.yml", "xconfigs/a.yml"]);
        check("**/a.yml", &["a.yml", "configs/a.yml"], &["configs/xa.yml"]);
        check("*/a.yml", &["configs/a.yml"], &["a.yml", "configs/d/a.yml"]);
        check("**", &["a", "a/b"], &[]);
        check("x***/b", &["x/b", "xy/b", "xy/z/b", "xb"], &["y/b"]);
    }

    #[test]
    fn all_else_is_literal() {
        check("a.{yml,?}[b]", &["a.{yml,?}[b]"], &["a.yml", "axyml"]);
        check("configs/**", &["configs/.hidden"], &["configs"]);
        check("///a/*.yml", &["a/b.yml"], &["/a/b.yml"]);
        check("./a.yml", &["./a.yml"], &["a.yml"]);
        check("a", &["a"], &["a\n", "A"]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_wildcard(pattern in any::<String>(), path in any::<String>()) {
            IncludeWildcard::new(&pattern).matches(&path);
        }

        #[test]
        fn stars_may_stand_for_nothing(before in "[a-z/.]{0,6}", after in "[a-z.][a-z/.]{0,5}") {
            let path = format!("{before}{after}");
            let path = path.trim_start_matches('/');
            for stars in ["*", "**", "***", "**/"] {
                let pattern = format!("{before}{stars}{after}");
                prop_assert!(IncludeWildcard::new(&pattern).matches(path), "{}", pattern);
            }
        }
    }
}
