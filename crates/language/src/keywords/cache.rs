//! `cache`: files kept between pipelines. <https://docs.gitlab.com/ci/yaml/#cache>

use gantry_yaml::{Entry, Node, Value};

use super::artifacts::KEEP_WHEN;
use crate::plan::{Cache, CacheKey, KeepWhen};
use crate::reader::Reader;

const NAME: &str = "cache";
const KEYS: &[&str] = &[
    "key",
    "paths",
    "untracked",
    "unprotect",
    "when",
    "policy",
    "fallback_keys",
];
const MAX_CACHES: usize = 4;
const MAX_FALLBACK_KEYS: usize = 5;
const MAX_KEY_FILES: usize = 2;

/// Reads one cache or up to four.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Vec<Cache> {
    let mut items = Vec::new();
    match &node.value {
        Value::Mapping(_) => items.push(node),
        Value::Sequence(_) => items = reader.flattened(NAME, node).unwrap_or_default(),
        _ => {
            reader.at("caches").wrong_type(
                NAME,
                "a mapping or a list of them",
                node,
                "config can only be a hash or an array",
                None,
            );
        }
    }
    if items.len() > MAX_CACHES {
        let message = format!(
            "a job has at most {MAX_CACHES} caches, this one has {}",
            items.len()
        );
        let gitlab = "config no more than 4 caches can be created";
        reader.at("caches").error("limit", node.span, message, gitlab);
    }
    let mut reader = reader.at(NAME);
    items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| one(&mut reader, item, index))
        .collect()
}

fn one(reader: &mut Reader<'_>, node: &Node, index: usize) -> Option<Cache> {
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let mut cache = Cache {
        key: CacheKey::Text("default".to_owned()),
        paths: Vec::new(),
        untracked: false,
        unprotect: false,
        when: KeepWhen::OnSuccess,
        policy: "pull-push".to_owned(),
        fallback_keys: Vec::new(),
    };
    let texts = |texts: Vec<crate::reader::Text>| texts.into_iter().map(|text| text.value).collect();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "key" => cache.key = self::key(reader, value, index).unwrap_or(cache.key),
            "paths" => cache.paths = texts(reader.strings("paths", value)),
            "untracked" => cache.untracked = reader.boolean("untracked", value).unwrap_or_default(),
            "unprotect" => cache.unprotect = reader.boolean("unprotect", value).unwrap_or_default(),
            "when" => cache.when = reader.one_of("when", value, KEEP_WHEN).unwrap_or_default(),
            "policy" => cache.policy = policy(reader, value).unwrap_or(cache.policy),
            "fallback_keys" => {
                cache.fallback_keys = texts(reader.strings("fallback_keys", value));
                if cache.fallback_keys.len() > MAX_FALLBACK_KEYS {
                    let message = format!("a cache has at most {MAX_FALLBACK_KEYS} fallback keys");
                    reader.error(
                        "limit",
                        value.span,
                        message,
                        "fallback keys has to many entries (maximum 5)",
                    );
                }
            }
            _ => {}
        }
    }
    Some(cache)
}

fn key(reader: &mut Reader<'_>, node: &Node, index: usize) -> Option<CacheKey> {
    let mut reader = reader.at("key");
    match &node.value {
        Value::String(text) | Value::Symbol(text) => {
            check_characters(&mut reader, "cache:key", text, node)?;
            Some(CacheKey::Text(text.to_string()))
        }
        Value::Mapping(_) => {
            let mapping = reader.mapping("cache:key", node, &["files", "files_commits", "prefix"])?;
            let (files, commits) = match (mapping.get("files"), mapping.get("files_commits")) {
                (Some(files), None) => (files, false),
                (None, Some(files)) => (files, true),
                _ => {
                    let message = "`cache:key` takes either `files` or `files_commits`";
                    let gitlab = "must use exactly one of these keys: files, files_commits";
                    reader.error("missing-key", node.span, message, gitlab);
                    return None;
                }
            };
            let prefix = match mapping.get("prefix").filter(|prefix| !prefix.is_null()) {
                Some(prefix) => {
                    let prefix = reader.string("prefix", prefix)?;
                    check_characters(&mut reader, "cache:key:prefix", &prefix.value, node)?;
                    Some(prefix.value)
                }
                None => None,
            };
            let files: Vec<_> = reader
                .strings("files", files)
                .into_iter()
                .map(|file| file.value.trim_start_matches('/').to_owned())
                .collect();
            if files.is_empty() || files.len() > MAX_KEY_FILES {
                let message = format!(
                    "a cache key is made of 1 to {MAX_KEY_FILES} files, not {}",
                    files.len()
                );
                let gitlab = match files.len() {
                    0 => "files requires at least 1 item",
                    _ => "files has too many items (maximum is 2)",
                };
                reader.error("limit", node.span, message, gitlab);
                return None;
            }
            Some(if commits {
                CacheKey::FilesCommits {
                    prefix: prefix.unwrap_or_else(|| index.to_string()),
                    files,
                }
            } else {
                CacheKey::Files {
                    prefix: prefix.unwrap_or_else(|| generated_prefix(index, &files)),
                    files,
                }
            })
        }
        _ => {
            let gitlab = "should be a hash, a string or a symbol";
            reader.wrong_type("cache:key", "a string or `files`", node, gitlab, None);
            None
        }
    }
}

/// `<index>_<paths cut at their first dot>`.
fn generated_prefix(index: usize, files: &[String]) -> String {
    let names: Vec<_> = files
        .iter()
        .map(|file| file.split('.').next().unwrap_or_default())
        .collect();
    format!("{index}_{}", names.join("_"))
}

fn check_characters(reader: &mut Reader<'_>, what: &str, text: &str, node: &Node) -> Option<()> {
    let lower = text.to_ascii_lowercase();
    if lower.contains('/') || lower.contains("%2f") {
        let message = format!("`{what}` cannot contain `/`");
        let help = Some("use `-`, or a variable that ends in `_SLUG`".to_owned());
        reader.error_with_help(
            "bad-value",
            node.span,
            message,
            "cannot contain the \"/\" character",
            help,
        );
        return None;
    }
    if matches!(lower.replace("%2e", ".").as_str(), "." | "..") {
        reader.error(
            "bad-value",
            node.span,
            format!("`{what}` cannot be `.` or `..`"),
            "cannot be \".\" or \"..\"",
        );
        return None;
    }
    Some(())
}

fn policy(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    match node.as_str() {
        Some(text) if text.starts_with('$') || ["pull-push", "push", "pull"].contains(&text) => {
            Some(text.to_owned())
        }
        _ => {
            let words = [("pull-push", ()), ("push", ()), ("pull", ())];
            reader.one_of("policy", node, &words);
            None
        }
    }
}
