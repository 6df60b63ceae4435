//! `artifacts:access` and `artifacts:public`: who may download what a job leaves.
//! <https://docs.gitlab.com/ci/yaml/#artifactsaccess>

use gantry_yaml::{Mapping, Node};

use crate::plan::ArtifactAccess;
use crate::reader::Reader;

const LEVELS: &[(&str, ArtifactAccess)] = &[
    ("none", ArtifactAccess::None),
    ("developer", ArtifactAccess::Developer),
    ("maintainer", ArtifactAccess::Maintainer),
    ("all", ArtifactAccess::All),
];

/// Returns the level that either key asks for; `public: false` is GitLab's older word for `developer`.
pub(super) fn parse(reader: &mut Reader<'_>, artifacts: &Mapping) -> Option<ArtifactAccess> {
    let given = |key: &str| artifacts.entry(key).filter(|entry| !entry.value.is_null());
    match (given("access"), given("public")) {
        (Some(access), Some(public)) => {
            let message = "`artifacts:access` and `artifacts:public` say the same in two ways";
            let help = "keep `access`".to_owned();
            let gitlab = "config these keys cannot be used together: public, access";
            let later = access.key.span.start.max(public.key.span.start);
            let span = [access.key.span, public.key.span]
                .into_iter()
                .find(|span| span.start == later);
            reader.error_with_help("bad-combination", span?, message, gitlab, Some(help));
            None
        }
        (Some(access), None) => reader.one_of("access", &access.value, LEVELS),
        (None, Some(public)) => level_of(reader, &public.value),
        (None, None) => None,
    }
}

fn level_of(reader: &mut Reader<'_>, public: &Node) -> Option<ArtifactAccess> {
    Some(match reader.boolean("public", public)? {
        true => ArtifactAccess::All,
        false => ArtifactAccess::Developer,
    })
}
