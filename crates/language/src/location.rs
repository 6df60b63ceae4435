//! Where the files of a configuration are: in this project, in another one, on a web server.
//! <https://docs.gitlab.com/ci/yaml/#include>

use std::fmt;

/// The place of one file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// In the checkout, by its path without a leading `/`.
    Local {
        path: String,
    },
    /// In another project.
    Project {
        at: ProjectRef,
        path: String,
    },
    Remote {
        url: String,
    },
    /// One of GitLab's own.
    Template {
        name: String,
    },
    Component(ComponentAddress),
    /// In the archive that a job of this pipeline leaves.
    Artifact {
        job: String,
        path: String,
    },
}

/// A project at a branch, tag or commit; `HEAD` is the tip of its default branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectRef {
    /// With its groups, in lower case.
    pub project: String,
    pub git_ref: String,
}

/// `host/project/component@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComponentAddress {
    pub host: String,
    pub project: String,
    pub name: String,
    pub version: String,
}

impl ComponentAddress {
    /// Reads an address; `None` where it lacks one of its parts.
    pub fn parse(text: &str) -> Option<ComponentAddress> {
        let (path, version) = text.split_once('@')?;
        let (rest, name) = path.rsplit_once('/')?;
        let (host, project) = rest.split_once('/')?;
        let address = ComponentAddress {
            host: host.to_owned(),
            project: project.to_lowercase(),
            name: name.to_owned(),
            version: version.to_owned(),
        };
        let is_complete = [host, project, name, version].iter().all(|part| !part.is_empty());
        is_complete.then_some(address)
    }

    /// Returns the paths at which the file of the component may be, the first one first.
    pub fn paths(&self) -> [String; 2] {
        [
            format!("templates/{}.yml", self.name),
            format!("templates/{}/template.yml", self.name),
        ]
    }

    /// Returns the tag of a release that the version stands for: `~latest`, `1` and `1.2` the newest one that fits.
    /// `None` where the version is the name of a tag, branch or commit itself.
    pub fn release<'t>(&self, tags: impl IntoIterator<Item = &'t str>) -> Option<&'t str> {
        let wanted: Vec<u64> = match self.version.as_str() {
            "~latest" => Vec::new(),
            version => numbers(version).filter(|parts| parts.len() <= 2)?,
        };
        let releases = tags.into_iter().filter_map(|tag| {
            let parts = numbers(tag.strip_prefix('v').unwrap_or(tag))?;
            (parts.len() == 3 && parts.starts_with(&wanted)).then_some((parts, tag))
        });
        releases.max().map(|(_, tag)| tag)
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Local { path } => f.write_str(path),
            Location::Project { at, path } => write!(f, "{at}:{path}"),
            Location::Remote { url } => f.write_str(url),
            Location::Template { name } => f.write_str(name),
            Location::Component(address) => address.fmt(f),
            Location::Artifact { job, path } => write!(f, "{path} of job `{job}`"),
        }
    }
}

impl fmt::Display for ProjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.project, self.git_ref)
    }
}

impl fmt::Display for ComponentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}@{}", self.host, self.project, self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ComponentAddress {
        ComponentAddress::parse(text).expect("it is complete")
    }

    // §4.1.1
    #[test]
    fn an_address_has_four_parts() {
        let lint = address("gitlab.example.com/Group/sub/lib/lint@1.0");
        assert_eq!(lint.project, "group/sub/lib");
        assert_eq!(lint.name, "lint");
        assert_eq!(lint.to_string(), "gitlab.example.com/group/sub/lib/lint@1.0");
        for text in [
            "host/project/name",
            "host/name@1",
            "/project/name@1",
            "host/project/name@",
        ] {
            assert_eq!(ComponentAddress::parse(text), None, "{text}");
        }
    }

    // §4.1.1
    #[test]
    fn a_short_version_is_the_newest_release_that_begins_so() {
        let tags = ["1.0.0", "v1.10.0", "1.9.9", "2.0.0-rc1", "0.1.0", "main"];
        for (version, release) in [
            ("~latest", Some("v1.10.0")),
            ("1", Some("v1.10.0")),
            ("1.9", Some("1.9.9")),
            ("2", None),
            ("1.0.0", None),
            ("main", None),
        ] {
            let text = format!("host/group/lib/lint@{version}");
            assert_eq!(address(&text).release(tags), release, "{version}");
        }
    }
}
