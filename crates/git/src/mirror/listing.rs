//! What a server says it has.

use std::collections::BTreeMap;

/// The branches and tags of a repository, with the ids of what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    default_branch: Option<String>,
    /// By their full names.
    references: BTreeMap<String, String>,
}

impl Listing {
    /// Reads what `git ls-remote --symref` prints.
    pub(super) fn read(printed: &[u8]) -> Listing {
        let text = String::from_utf8_lossy(printed);
        let mut listing = Listing::default();
        for (left, name) in text.lines().filter_map(|line| line.split_once('\t')) {
            match left.strip_prefix("ref: refs/heads/") {
                Some(branch) if name == "HEAD" => listing.default_branch = Some(branch.to_owned()),
                // The commit that an annotated tag is about.
                _ if name.ends_with("^{}") => {}
                _ => {
                    listing.references.insert(name.to_owned(), left.to_owned());
                }
            }
        }
        listing
    }

    pub fn default_branch(&self) -> Option<&str> {
        self.default_branch.as_deref()
    }

    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.references
            .keys()
            .filter_map(|name| name.strip_prefix("refs/tags/"))
    }

    /// Returns the full name and the id of a branch or a tag; of equal names the branch.
    pub(super) fn find(&self, name: &str) -> Option<(String, &str)> {
        let candidates = match (name, &self.default_branch) {
            ("HEAD", Some(branch)) => vec![format!("refs/heads/{branch}")],
            _ => vec![format!("refs/heads/{name}"), format!("refs/tags/{name}")],
        };
        candidates.into_iter().find_map(|name| {
            let id = self.references.get(&name)?;
            Some((name, id.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
ref: refs/heads/trunk\tHEAD
aa11\tHEAD
aa11\trefs/heads/trunk
bb22\trefs/heads/1.0
cc33\trefs/tags/1.0
dd44\trefs/tags/v2
ee55\trefs/tags/v2^{}
";

    #[test]
    fn names_are_found_as_git_printed_them() {
        let listing = Listing::read(PRINTED.as_bytes());
        assert_eq!(listing.default_branch(), Some("trunk"));
        assert_eq!(listing.tags().collect::<Vec<_>>(), ["1.0", "v2"]);
        for (name, found) in [
            ("HEAD", Some(("refs/heads/trunk", "aa11"))),
            ("1.0", Some(("refs/heads/1.0", "bb22"))),
            ("v2", Some(("refs/tags/v2", "dd44"))),
            ("v3", None),
        ] {
            let got = listing.find(name);
            let got = got.as_ref().map(|(name, id)| (name.as_str(), *id));
            assert_eq!(got, found, "{name}");
        }
    }

    #[test]
    fn a_server_without_commits_has_nothing() {
        assert_eq!(Listing::read(b""), Listing::default());
    }
}
