//! What the address of `origin` says about the project: its server and its path there.

use std::path::Path;

/// Where the project lives, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) host: String,
    /// `group/name`.
    pub(crate) path: String,
}

impl Remote {
    /// Reads an address of git; without one, or with a local path, the project is called like its folder.
    pub(crate) fn of(url: Option<&str>, root: &Path) -> Remote {
        url.and_then(parse).unwrap_or_else(|| {
            let name = root
                .file_name()
                .map_or_else(|| "project".into(), |name| name.to_string_lossy());
            Remote {
                host: "localhost".to_owned(),
                path: format!("local/{name}"),
            }
        })
    }
}

fn parse(url: &str) -> Option<Remote> {
    let (authority, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        // `git@host:group/name.git`; a path with a colon has a slash before it.
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let path = path.trim_matches('/').trim_end_matches(".git");
    let has_group = path.contains('/');
    (!host.is_empty() && !path.is_empty()).then(|| Remote {
        host: host.to_owned(),
        path: if has_group {
            path.to_owned()
        } else {
            format!("{host}/{path}")
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address_names_the_project() {
        let cases = [
            (
                "https://git.example.com/group/sub/app.git",
                "git.example.com",
                "group/sub/app",
            ),
            (
                "ssh://git@git.example.com:2222/group/app.git",
                "git.example.com",
                "group/app",
            ),
            (
                "git@git.example.com:group/app.git",
                "git.example.com",
                "group/app",
            ),
            (
                "git@git.example.com:app",
                "git.example.com",
                "git.example.com/app",
            ),
            ("/srv/git/app.git", "localhost", "local/here"),
            ("file:///srv/git/app.git", "localhost", "local/here"),
            ("../app.git", "localhost", "local/here"),
        ];
        for (url, host, path) in cases {
            let remote = Remote::of(Some(url), Path::new("/x/here"));
            assert_eq!(
                (remote.host.as_str(), remote.path.as_str()),
                (host, path),
                "{url}"
            );
        }
    }
}
