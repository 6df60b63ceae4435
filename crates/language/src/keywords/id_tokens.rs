//! `id_tokens`: signed tokens by which a job proves to others what it is. <https://docs.gitlab.com/ci/yaml/#id_tokens>

use gantry_yaml::{Entry, Node};

use crate::plan::{IdToken, IdTokens};
use crate::reader::Reader;

const NAME: &str = "id_tokens";

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> IdTokens {
    let mut reader = reader.at(NAME);
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type(NAME, "a mapping", node, "config should be a hash", None);
        return IdTokens::new();
    };
    let tokens = mapping.iter().filter_map(|Entry { key, value }| {
        let name = key.value.to_text().unwrap_or_default();
        let token = token(&mut reader.at(&name), &name, value)?;
        Some((name, token))
    });
    tokens.collect()
}

fn token(reader: &mut Reader<'_>, name: &str, node: &Node) -> Option<IdToken> {
    let what = format!("id_tokens:{name}");
    let mapping = reader.mapping(&what, node, &["aud"])?;
    let Some(audience) = mapping.get("aud").filter(|node| !node.is_null()) else {
        let help = "say who will check the token: `aud: https://vault.example.com`".to_owned();
        let message = format!("`{what}` needs an `aud`");
        let gitlab = "config missing required keys: aud";
        reader.error_with_help("missing-key", node.span, message, gitlab, Some(help));
        return None;
    };
    let aud = reader.string_or_strings("aud", audience);
    Some(IdToken {
        aud: aud.into_iter().map(|text| text.value).collect(),
    })
}
