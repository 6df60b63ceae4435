//! The patterns of `rules:exists`, which GitLab sorts by kind to look at as few paths as it can.
//!
//! The sorting shows from outside. A pattern without wildcards is never read as one, so that its braces and
//! backslashes are plain text; only patterns that need [`Fnmatch`] count towards the limit; and if no pattern
//! speaks of directories, only the top level is looked at. See <https://docs.gitlab.com/ci/yaml/#rulesexists>.

use super::Fnmatch;

/// From here on GitLab does not look any more and takes the files to be there.
const MAX_COMPARISONS: usize = 50_000;

/// What [`Exists::find`] answers beyond that limit, in place of a path.
const NOT_LOOKED: &str = "more than 50000 comparisons, so taken to exist";

/// The patterns of one `exists` clause.
#[derive(Debug, Clone, Default)]
pub struct Exists {
    exact: Vec<String>,
    /// What paths have to end with, the dot included.
    extensions: Vec<String>,
    globs: Vec<Fnmatch>,
    top_level_only: bool,
}

impl Exists {
    pub fn new(patterns: &[String]) -> Exists {
        let mut exists = Exists {
            top_level_only: patterns.iter().all(|pattern| is_top_level(pattern)),
            ..Exists::default()
        };
        for pattern in patterns {
            if !has_wildcard(pattern) {
                exists.exact.push(pattern.clone());
            } else if let Some(extension) = extension(pattern) {
                exists.extensions.push(extension.to_owned());
            } else {
                exists.globs.push(Fnmatch::new(pattern));
            }
        }
        exists
    }

    /// Returns the file or directory that satisfies one of the patterns: exact ones are tried first, then
    /// extensions, then the rest. Where that rest needs more than 50,000 comparisons the answer is a sentence
    /// saying so, and none is made.
    pub fn find(&self, paths: &[String]) -> Option<String> {
        let considered: Vec<&str> = paths
            .iter()
            .map(String::as_str)
            .filter(|path| !self.top_level_only || !path.contains('/'))
            .collect();
        self.find_exact(&considered)
            .or_else(|| self.find_extension(&considered))
            .or_else(|| self.find_glob(&considered))
            .map(str::to_owned)
    }

    fn find_exact<'a>(&'a self, paths: &[&'a str]) -> Option<&'a str> {
        self.exact
            .iter()
            .map(String::as_str)
            .find(|wanted| match wanted.ends_with('/') {
                true => paths.iter().any(|path| path.starts_with(wanted)),
                false => paths.contains(wanted),
            })
    }

    fn find_extension<'a>(&self, paths: &[&'a str]) -> Option<&'a str> {
        let has_extension = |path: &str| self.extensions.iter().any(|wanted| path.ends_with(wanted));
        paths.iter().copied().find(|path| has_extension(path))
    }

    fn find_glob<'a>(&self, paths: &[&'a str]) -> Option<&'a str> {
        if paths.len().saturating_mul(self.globs.len()) > MAX_COMPARISONS {
            return Some(NOT_LOOKED);
        }
        let is_wanted = |path: &str| self.globs.iter().any(|glob| glob.matches(path));
        paths.iter().copied().find(|path| is_wanted(path))
    }
}

fn is_top_level(pattern: &str) -> bool {
    !pattern.contains('/') && !pattern.contains("**")
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

/// Returns `.md` of `**/*.md`.
fn extension(pattern: &str) -> Option<&str> {
    pattern
        .strip_prefix("**/*")
        .filter(|rest| rest.starts_with('.') && !rest.contains('/') && !has_wildcard(rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(patterns: &[&str], paths: &[&str]) -> Option<String> {
        let owned = |texts: &[&str]| texts.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        Exists::new(&owned(patterns)).find(&owned(paths))
    }

    #[test]
    fn kinds_of_patterns() {
        let paths = [
            "Dockerfile",
            "app/main.rb",
            "app/a.test.js",
            "docs/index.md",
            ".env",
            "a{b}",
        ];
        let cases: &[(&str, Option<&str>)] = &[
            ("Dockerfile", Some("Dockerfile")),
            ("dockerfile", None),
            (".env", Some(".env")),
            ("docs", None),
            ("docs/", Some("docs/")),
            ("doc/", None),
            ("main.rb", None),
            ("app/main.rb", Some("app/main.rb")),
            ("**/*.rb", Some("app/main.rb")),
            ("**/*.test.js", Some("app/a.test.js")),
            ("**/*.go", None),
            ("**/*.{rb,go}", Some("app/main.rb")),
            ("*/*.rb", Some("app/main.rb")),
            ("app/**", Some("app/main.rb")),
            ("*file", Some("Dockerfile")),
            ("*.rb", None),
            ("[.]env", Some(".env")),
            ("a{b}", None),
            ("a\\", None),
        ];
        for (pattern, expected) in cases {
            assert_eq!(find(&[pattern], &paths).as_deref(), *expected, "{pattern}");
        }
    }

    #[test]
    fn exact_names_come_before_extensions_before_the_rest() {
        let paths = ["a.c", "a.md", "b"];
        assert_eq!(find(&["a.?", "**/*.md", "b"], &paths).as_deref(), Some("b"));
        assert_eq!(find(&["a.?", "**/*.md", "c"], &paths).as_deref(), Some("a.md"));
        assert_eq!(find(&["c", "a.?"], &paths).as_deref(), Some("a.c"));
    }

    #[test]
    fn only_the_top_level_counts_if_no_pattern_goes_deeper() {
        let mut paths = vec!["a/b"; MAX_COMPARISONS];
        assert_eq!(find(&["x*"], &paths), None);
        paths.push("top");
        assert_eq!(find(&["t*"], &paths).as_deref(), Some("top"));
        assert_eq!(find(&["t*", "x/y"], &paths).as_deref(), Some(NOT_LOOKED));
    }

    #[test]
    fn too_many_comparisons_count_as_found() {
        let paths = vec!["d/a"; MAX_COMPARISONS / 2];
        assert_eq!(find(&["x/*", "y/*"], &paths), None);
        assert_eq!(find(&["x/*", "y/*", "z/*"], &paths).as_deref(), Some(NOT_LOOKED));
        assert_eq!(find(&["x/*", "y/*", "**/*.c", "z/"], &paths), None);
        assert_eq!(
            find(&["x/*", "y/*", "z/*", "d/a"], &paths).as_deref(),
            Some("d/a")
        );
    }

    #[test]
    fn nothing_is_never_found() {
        assert_eq!(find(&[], &["a"]), None);
        assert_eq!(find(&["a", "**/*.a", "*"], &[]), None);
        assert_eq!(find(&["", "/"], &["a", "a/b"]), None);
    }

    proptest! {
        #[test]
        fn any_texts_are_patterns(
            patterns in prop::collection::vec(any::<String>(), 0..5),
            paths in prop::collection::vec(any::<String>(), 0..5),
        ) {
            Exists::new(&patterns).find(&paths);
        }

        #[test]
        fn every_file_is_found_by_its_name(paths in prop::collection::vec("[a-z]{1,3}(/[a-z.]{1,3}){0,2}", 1..6)) {
            for path in &paths {
                prop_assert_eq!(Exists::new(std::slice::from_ref(path)).find(&paths), Some(path.clone()));
            }
        }
    }
}
