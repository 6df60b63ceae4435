//! The names of images: `registry.example:5000/group/app:tag@digest`.

/// An image's name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// As written, without tag and digest.
    pub(super) repository: String,
    /// `docker.io` where the name does not begin with a registry.
    pub(super) registry: String,
    /// The repository without its registry; without `library/`.
    pub(super) path: String,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
}

impl Reference {
    pub(super) fn parse(name: &str) -> Reference {
        let (name, digest) = match name.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (name, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match name[last..].find(':') {
            Some(colon) => (&name[..last + colon], Some(name[last + colon + 1..].to_owned())),
            None => (name, None),
        };
        let (registry, path) = match repository.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => ("docker.io", repository),
        };
        Reference {
            repository: repository.to_owned(),
            registry: registry.to_owned(),
            path: path.strip_prefix("library/").unwrap_or(path).to_owned(),
            tag,
            digest,
        }
    }

    /// Returns what the engine is to fetch of the repository. Without it, it would fetch every tag.
    pub(super) fn version(&self) -> &str {
        let named = self.digest.as_deref().or(self.tag.as_deref());
        named.unwrap_or("latest")
    }

    /// Returns the names by which a service of this image is reached.
    ///
    /// See <https://docs.gitlab.com/ci/services/#accessing-the-services>.
    pub(super) fn host_names(&self) -> Vec<String> {
        let without_port = match self.repository.split_once('/') {
            Some((first, rest)) if first.contains(':') => {
                let host = first.split(':').next().unwrap_or_default();
                format!("{host}/{rest}")
            }
            _ => self.repository.clone(),
        };
        let mut names = vec![without_port.replace('/', "__"), without_port.replace('/', "-")];
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, registry, path, version) in [
            ("postgres", "docker.io", "postgres", "latest"),
            ("library/postgres:15", "docker.io", "postgres", "15"),
            ("group/app:1", "docker.io", "group/app", "1"),
            ("localhost/app", "localhost", "app", "latest"),
            ("reg.local:5000/db/pg:15", "reg.local:5000", "db/pg", "15"),
            ("reg.local:5000/pg", "reg.local:5000", "pg", "latest"),
            ("ghcr.io/a/b@sha256:00", "ghcr.io", "a/b", "sha256:00"),
            ("a:1@sha256:00", "docker.io", "a", "sha256:00"),
        ] {
            let reference = Reference::parse(name);
            assert_eq!(
                (
                    reference.registry.as_str(),
                    reference.path.as_str(),
                    reference.version()
                ),
                (registry, path, version),
                "{name}"
            );
        }
    }

    #[test]
    fn services_are_reached_by_their_images_names() {
        for (name, hosts) in [
            ("postgres:15", &["postgres"][..]),
            ("group/app:1", &["group__app", "group-app"]),
            (
                "reg.local:5000/db/pg:15",
                &["reg.local__db__pg", "reg.local-db-pg"],
            ),
        ] {
            assert_eq!(Reference::parse(name).host_names(), hosts);
        }
    }
}
