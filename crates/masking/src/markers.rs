//! Hides what stands behind a marker: the rest of a token, the value of a query parameter.
//!
//! GitLab's tokens tell their kind by a prefix, and URLs carry secrets in parameters of well-known names. The marker
//! itself is shown, what follows it becomes `[MASKED]`: also where nobody has declared the secret. Where a marker
//! begins nothing is held back, since it is shown anyway.
//!
//! See <https://docs.gitlab.com/security/tokens/#token-prefixes>.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use crate::MASK;
use crate::beginnings::{Beginnings, Case};

const TOKEN_PREFIXES: &[&str] = &[
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "glrtr-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glsoat-",
    "glffct-",
    "gltok-",
    "_gitlab_session=",
];

const PARAMETERS: &[&str] = &[
    "private_token",
    "authenticity_token",
    "rss_token",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
];

/// How many prefixes a server may add.
const MOST_ADDED: usize = 15;

/// What a marker stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    Parameter,
}

impl Kind {
    fn is_hidden(self, byte: u8) -> bool {
        match self {
            Kind::Token => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'=' | b'-'),
            Kind::Parameter => !matches!(byte, b'?' | b'&' | b' ') && !byte.is_ascii_control(),
        }
    }
}

/// The markers, ready to be searched for.
#[derive(Debug)]
pub(crate) struct Markers {
    automaton: NFA,
    start: StateID,
    /// By the number of the pattern.
    kinds: Vec<Kind>,
    beginnings: Beginnings,
}

impl Markers {
    /// Prepares the search for the well-known markers and for `prefixes` of tokens.
    pub(crate) fn new(prefixes: &[String]) -> Markers {
        let added = prefixes.iter().map(String::as_str).take(MOST_ADDED);
        let tokens = TOKEN_PREFIXES.iter().copied().chain(added);
        let tokens = tokens.filter(|prefix| !prefix.is_empty());
        let mut markers: Vec<(String, Kind)> =
            tokens.map(|prefix| (prefix.to_owned(), Kind::Token)).collect();
        for before in ["?", "&"] {
            let texts = PARAMETERS.iter().map(|name| format!("{before}{name}="));
            markers.extend(texts.map(|text| (text, Kind::Parameter)));
        }
        let patterns: Vec<&[u8]> = markers.iter().map(|(text, _)| text.as_bytes()).collect();
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(&patterns)
            .expect("BUG: a few markers make too large an automaton");
        let start = automaton
            .start_state(Anchored::No)
            .expect("BUG: the automaton was built for one kind of search only");
        Markers {
            automaton,
            start,
            beginnings: Beginnings::new(&patterns, Case::Ignored),
            kinds: markers.iter().map(|(_, kind)| *kind).collect(),
        }
    }
}

/// The filter for one stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Behind {
    /// Before the first byte.
    #[default]
    Nothing,
    /// After the beginning of a marker, which the automaton's state stands for.
    Begun(StateID),
    /// After a marker, and perhaps after hidden bytes.
    Marker { kind: Kind, announced: bool },
}

impl Behind {
    /// Takes the next bytes of the stream and appends to `out` what is safe to show.
    pub(crate) fn push(&mut self, markers: &Markers, bytes: &[u8], out: &mut Vec<u8>) {
        let mut at = 0;
        while at < bytes.len() {
            at += match *self {
                Behind::Nothing => self.search(markers, &bytes[at..], markers.start, out),
                Behind::Begun(state) => self.search(markers, &bytes[at..], state, out),
                Behind::Marker { kind, announced } => self.hide(kind, announced, &bytes[at..], out),
            };
        }
    }

    /// Shows everything up to the end of the next marker, and returns how much that was.
    fn search(&mut self, markers: &Markers, bytes: &[u8], begun: StateID, out: &mut Vec<u8>) -> usize {
        let mut state = begun;
        let mut at = 0;
        while at < bytes.len() {
            if state == markers.start {
                at = markers.beginnings.next(bytes, at);
            }
            let Some(byte) = bytes.get(at) else { break };
            state = markers.automaton.next_state(Anchored::No, state, *byte);
            at += 1;
            if markers.automaton.is_match(state) {
                let pattern = markers.automaton.match_pattern(state, 0);
                *self = Behind::Marker {
                    kind: markers.kinds[pattern.as_usize()],
                    announced: false,
                };
                out.extend_from_slice(&bytes[..at]);
                return at;
            }
        }
        *self = Behind::Begun(state);
        out.extend_from_slice(bytes);
        bytes.len()
    }

    /// Hides what belongs to the marker, and returns how much that was.
    fn hide(&mut self, kind: Kind, announced: bool, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let shown = bytes.iter().position(|byte| !kind.is_hidden(*byte));
        let hidden = shown.unwrap_or(bytes.len());
        if hidden > 0 && !announced {
            out.extend_from_slice(MASK.as_bytes());
        }
        *self = match shown {
            Some(_) => Behind::Nothing,
            None => Behind::Marker {
                kind,
                announced: true,
            },
        };
        hidden
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(prefixes: &[&str], chunks: &[&str]) -> String {
        let prefixes: Vec<String> = prefixes.iter().map(ToString::to_string).collect();
        let markers = Markers::new(&prefixes);
        let mut filter = Behind::default();
        let mut out = Vec::new();
        for chunk in chunks {
            filter.push(&markers, chunk.as_bytes(), &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_rest_of_a_token_is_hidden() {
        for prefix in TOKEN_PREFIXES {
            assert_eq!(
                shown(&[], &[&format!("<{prefix}aB3_x.y=-z>")]),
                format!("<{prefix}[MASKED]>")
            );
        }
        assert_eq!(shown(&["acme-"], &["acme-1 acm-2"]), "acme-[MASKED] acm-2");
        assert_eq!(
            shown(&[], &["glpat- and glpat-[MASKED]"]),
            "glpat- and glpat-[MASKED]"
        );
        let many: Vec<String> = (0..16).map(|number| format!("own{number:02}-")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(shown(&many, &["own14-x own15-x"]), "own14-[MASKED] own15-x");
    }

    #[test]
    fn the_value_of_a_parameter_is_hidden() {
        for name in PARAMETERS {
            assert_eq!(
                shown(
                    &[],
                    &[&format!("GET /a?b=c&{name}=s%20/€&d=e?{name}=t {name}=u\n")]
                ),
                format!("GET /a?b=c&{name}=[MASKED]&d=e?{name}=[MASKED] {name}=u\n")
            );
        }
        assert_eq!(
            shown(&[], &["?X-Amz-Signature=abc&Private_Token=d\nx?rss_token=&y"]),
            "?X-Amz-Signature=[MASKED]&Private_Token=[MASKED]\nx?rss_token=&y"
        );
    }

    #[test]
    fn nothing_is_held_back() {
        let markers = Markers::new(&[]);
        let mut filter = Behind::default();
        let mut out = Vec::new();
        for (chunk, shown) in [
            ("a glp", "a glp"),
            ("at", "at"),
            ("-se", "-[MASKED]"),
            ("cret", ""),
            (" b", " b"),
        ] {
            out.clear();
            filter.push(&markers, chunk.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), shown);
        }
    }

    /// The same promise, kept the obvious way.
    fn naive(text: &str) -> String {
        let mut markers: Vec<(String, Kind)> = vec![
            ("glpat-".to_owned(), Kind::Token),
            ("gldt-".to_owned(), Kind::Token),
        ];
        markers.extend(["?", "&"].map(|before| (format!("{before}rss_token="), Kind::Parameter)));
        let mut out = String::new();
        let mut rest = text;
        loop {
            let ends = markers
                .iter()
                .filter_map(|(marker, kind)| Some((rest.find(marker)? + marker.len(), *kind)));
            let Some((end, kind)) = ends.min_by_key(|(end, _)| *end) else {
                return out + rest;
            };
            let hidden = rest[end..]
                .bytes()
                .take_while(|byte| kind.is_hidden(*byte))
                .count();
            out.push_str(&rest[..end]);
            if hidden > 0 {
                out.push_str(MASK);
            }
            rest = &rest[end + hidden..];
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_the_obvious_search_however_the_stream_is_cut(
            chunks in prop::collection::vec(
                prop::sample::select(vec!["gl", "glpat", "pat-", "-", "gldt-", "x", " ", "?", "&", "rss_", "token=", "rss_token=", "\n"]),
                0..24,
            ),
        ) {
            prop_assert_eq!(shown(&[], &chunks), naive(&chunks.concat()));
        }
    }
}
