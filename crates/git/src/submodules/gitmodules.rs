//! What a `.gitmodules` file says.

use std::fs;
use std::path::{Component, Path};

use crate::GitError;
use crate::command::{Call, records};

/// One entry with a path and a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) url: String,
}

/// Tells whether there is a file to read below `top`; git does not follow a link in its place.
pub(super) fn is_there(top: &Path) -> bool {
    fs::symlink_metadata(top.join(".gitmodules")).is_ok_and(|found| found.is_file())
}

pub(super) const ARGUMENTS: [&str; 5] = ["config", "--file", ".gitmodules", "--list", "-z"];

/// Reads the output of a call with [`ARGUMENTS`].
pub(super) fn read(call: Call) -> Result<Vec<Registered>, GitError> {
    Ok(parse(&call.run()?.stdout))
}

fn parse(listed: &[u8]) -> Vec<Registered> {
    let mut all: Vec<Registered> = Vec::new();
    for record in records(listed) {
        let record = String::from_utf8_lossy(record);
        let Some((key, value)) = record.split_once('\n') else {
            continue;
        };
        let Some((name, field)) = key
            .strip_prefix("submodule.")
            .and_then(|rest| rest.rsplit_once('.'))
        else {
            continue;
        };
        let position = all.iter().position(|entry| entry.name == name);
        let position = position.unwrap_or_else(|| {
            all.push(Registered {
                name: name.to_owned(),
                ..Registered::default()
            });
            all.len() - 1
        });
        match field {
            "path" => all[position].path = value.trim_end_matches('/').to_owned(),
            "url" => all[position].url = value.to_owned(),
            _ => {}
        }
    }
    all.retain(|entry| is_inside(&entry.path) && is_inside(&entry.name) && !entry.url.is_empty());
    all
}

/// Tells whether a relative path stays where it is joined to. Names are paths below `.git/modules`.
fn is_inside(path: &str) -> bool {
    let components = Path::new(path).components();
    !path.is_empty()
        && components
            .into_iter()
            .all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_with_a_place_and_an_address_count() {
        let listed = b"submodule.a.b.path\nlib/a\0submodule.a.b.url\n../a\0\
            submodule.a.b.branch\nmain\0core.bare\ntrue\0\
            submodule.../evil.path\nx\0submodule.../evil.url\nx\0\
            submodule.up.path\n../x\0submodule.up.url\nx\0\
            submodule.half.path\nhalf\0";
        assert_eq!(
            parse(listed),
            [Registered {
                name: "a.b".into(),
                path: "lib/a".into(),
                url: "../a".into()
            }]
        );
    }
}
