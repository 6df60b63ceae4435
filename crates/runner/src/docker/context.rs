//! The contexts of the `docker` client: names for engines, of which one may be the chosen one.
//!
//! See <https://docs.docker.com/engine/manage-resources/contexts/>. Only the address is taken; a context that needs
//! certificates has a `tcp` address that will not answer.

use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

/// Returns the address of the engine whose context is `named`, or else of the one that `config.json` in `folder` has
/// as the current one; nothing where that is the default, which has no address.
pub(super) fn host(folder: &Path, named: Option<String>) -> Option<String> {
    let current = || {
        let text = fs::read_to_string(folder.join("config.json")).ok()?;
        serde_json::from_str::<Config>(&text).ok()?.current_context
    };
    let name = named.or_else(current)?;
    // Their folders are called by a digest of the name; looking into each is simpler than to repeat it.
    let metas = fs::read_dir(folder.join("contexts/meta")).ok()?.flatten();
    let mut metas = metas.filter_map(|entry| {
        let text = fs::read_to_string(entry.path().join("meta.json")).ok()?;
        serde_json::from_str::<Meta>(&text).ok()
    });
    let meta = metas.find(|meta| meta.name == name)?;
    meta.endpoints.docker?.host.filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_context_has_an_address() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(host(folder.path(), None), None);
        write("config.json", r#"{"auths": {}, "currentContext": "desktop"}"#);
        assert_eq!(host(folder.path(), None), None);
        for (digest, name) in [("0a", "desktop"), ("1b", "far")] {
            let meta = format!(
                r#"{{"Name": "{name}", "Metadata": {{}}, "Endpoints": {{"docker": {{"Host": "unix:///{name}"}}}}}}"#
            );
            write(&format!("contexts/meta/{digest}/meta.json"), &meta);
        }
        assert_eq!(host(folder.path(), None).as_deref(), Some("unix:///desktop"));
        let named = host(folder.path(), Some("far".into()));
        assert_eq!(named.as_deref(), Some("unix:///far"));
        assert_eq!(host(folder.path(), Some("default".into())), None);
    }
}
