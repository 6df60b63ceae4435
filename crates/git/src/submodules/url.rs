//! Addresses of submodules: relative ones resolved as git does, and SSH ones turned into HTTPS.

/// Resolves an address that begins with `./` or `../` against the address of the repository around it.
///
/// The last part goes for each `../`, at a slash, or at the colon of `host:path` where no slash is left.
pub(super) fn resolve(url: &str, base: &str) -> String {
    if !is_relative(url) {
        return url.to_owned();
    }
    let (mut base, mut rest) = (base.trim_end_matches('/'), url);
    let mut separator = '/';
    loop {
        if let Some(after) = rest.strip_prefix("../") {
            rest = after;
            let slash = base.rfind('/').map(|at| (at, '/'));
            let (end, found) = slash
                .or_else(|| base.rfind(':').map(|at| (at, ':')))
                .unwrap_or((0, '/'));
            (base, separator) = (&base[..end], found);
        } else if let Some(after) = rest.strip_prefix("./") {
            rest = after;
        } else {
            break;
        }
    }
    format!("{base}{separator}{}", rest.trim_end_matches('/'))
}

pub(super) fn is_relative(url: &str) -> bool {
    url.starts_with("./") || url.starts_with("../")
}

/// Tells whether an address is a path on this machine.
pub(super) fn is_path(url: &str) -> bool {
    let before_slash = url.split('/').next().unwrap_or_default();
    !before_slash.contains(':')
}

/// Asks `host` by HTTPS where the address says SSH, as `GIT_SUBMODULE_FORCE_HTTPS` wants it.
pub(super) fn by_https(url: &str, host: &str) -> String {
    let path = ssh_path(url, host);
    path.map_or_else(|| url.to_owned(), |path| format!("https://{host}/{path}"))
}

fn ssh_path<'a>(url: &'a str, host: &str) -> Option<&'a str> {
    if let Some(rest) = url.strip_prefix("ssh://") {
        let (authority, path) = rest.split_once('/')?;
        let address = authority
            .rsplit_once('@')
            .map_or(authority, |(_, address)| address);
        let name = address.split_once(':').map_or(address, |(name, _)| name);
        return (name == host).then_some(path);
    }
    let (address, path) = url.split_once(':')?;
    let (_, name) = address.split_once('@')?;
    (name == host).then(|| path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_addresses_are_resolved_as_git_does() {
        for (url, base, expected) in [
            (
                "../b.git",
                "https://example.org/group/a.git",
                "https://example.org/group/b.git",
            ),
            (
                "../../other/b.git",
                "https://example.org/group/a.git",
                "https://example.org/other/b.git",
            ),
            ("./b", "https://example.org/a/", "https://example.org/a/b"),
            ("../b", "git@example.org:group/a.git", "git@example.org:group/b"),
            ("../../b", "git@example.org:group/a.git", "git@example.org:b"),
            ("../b/", "/srv/git/a", "/srv/git/b"),
            ("https://example.org/b", "/srv/git/a", "https://example.org/b"),
            ("/srv/b", "https://example.org/a", "/srv/b"),
        ] {
            assert_eq!(resolve(url, base), expected, "{url} at {base}");
        }
    }

    #[test]
    fn only_ssh_addresses_of_the_host_become_https() {
        for (url, expected) in [
            ("git@example.org:group/a.git", "https://example.org/group/a.git"),
            (
                "ssh://git@example.org/group/a.git",
                "https://example.org/group/a.git",
            ),
            (
                "ssh://git@example.org:2222/group/a.git",
                "https://example.org/group/a.git",
            ),
            ("git@other.org:group/a.git", "git@other.org:group/a.git"),
            ("https://example.org/a.git", "https://example.org/a.git"),
            ("/srv/example.org:a", "/srv/example.org:a"),
        ] {
            assert_eq!(by_https(url, "example.org"), expected);
        }
    }

    #[test]
    fn paths_and_addresses() {
        assert!(is_path("/srv/a:b") && is_path("a") && is_path("../a"));
        assert!(!is_path("git@host:a") && !is_path("https://host/a") && !is_path("file:///a"));
    }
}
