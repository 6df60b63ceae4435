//! `gantry keywords`: what becomes of each keyword.

use std::fmt::Write;

use gantry_language::diagnostic::did_you_mean;
use gantry_language::keywords::table::{JOB, Keyword, Support, TOP_LEVEL};
use serde_json::{Value, json};

use crate::args::{Format, Global, KeywordsArgs};
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, style::*, width};

/// Where a keyword stands: as people read it, as programs do, and the rows.
const PLACES: &[(&str, &str, &[Keyword])] = &[
    ("at the top of a file", "top", TOP_LEVEL),
    ("in a job", "job", JOB),
];

pub(crate) fn keywords(global: &Global, args: &KeywordsArgs) -> Result<Exit, CommandError> {
    let wanted = match &args.word {
        None => Wanted::All,
        Some(word) => Wanted::of(word)?,
    };
    match global.format {
        Format::Json => output::print_json(&json(&wanted))?,
        Format::Text => output::print(&text(&wanted))?,
    }
    Ok(Exit::Success)
}

enum Wanted<'a> {
    All,
    /// The keyword itself and what stands below it.
    Family(&'a str),
    /// As part of a name.
    Containing(&'a str),
    /// A key that has no row: the family of the keyword that it stands below.
    Below {
        key: &'a str,
        family: &'a str,
    },
}

impl<'a> Wanted<'a> {
    fn of(word: &'a str) -> Result<Wanted<'a>, CommandError> {
        let family = word.split(':').next().unwrap_or(word);
        let choices = [
            Wanted::Family(word),
            Wanted::Containing(word),
            Wanted::Below { key: word, family },
        ];
        let found = choices.into_iter().find(|wanted| wanted.rows().next().is_some());
        found.ok_or_else(|| {
            let names = PLACES.iter().flat_map(|(_, _, keywords)| keywords.iter());
            CommandError::usage(format!("there is no keyword `{word}`"))
                .maybe_hint(did_you_mean(word, names.map(|keyword| keyword.name)))
                .hint("gantry keywords lists all")
        })
    }

    fn has(&self, name: &str) -> bool {
        let is_of = |family: &str| {
            let below = name.strip_prefix(family);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        match self {
            Wanted::All => true,
            Wanted::Family(family) | Wanted::Below { family, .. } => is_of(family),
            Wanted::Containing(part) => name.contains(part),
        }
    }

    /// The rows with where they stand.
    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static Keyword)> {
        PLACES.iter().flat_map(move |(title, place, keywords)| {
            let rows = keywords.iter().filter(|keyword| self.has(keyword.name));
            rows.map(move |keyword| (*title, *place, keyword))
        })
    }
}

fn text(wanted: &Wanted<'_>) -> String {
    let mut out = String::new();
    if let Wanted::Below { key, family } = wanted {
        let _ = writeln!(
            out,
            "`{key}` has no row of its own: what is not listed is as `{family}` is, if GitLab has it\n"
        );
    }
    let wide = width(wanted.rows().map(|(_, _, keyword)| keyword.name), 40);
    let mut last = None;
    for (title, _, Keyword { name, support, note }) in wanted.rows() {
        if last != Some(title) {
            let gap = if last.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{gap}{BOLD}{title}{RESET}");
            last = Some(title);
        }
        let line = format!(
            "  {}  {}{}{RESET}  {note}",
            padded(name, wide),
            color(*support),
            padded(support.as_str(), 8)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if matches!(wanted, Wanted::All) {
        let _ = writeln!(
            out,
            "\n{DIM}honoured: it has its effect in `gantry run`; carried: it is checked and kept in the plan, and the\n\
             note says who acts on it; refused: the file is refused, with the place of the keyword{RESET}"
        );
    }
    out
}

fn color(support: Support) -> &'static str {
    match support {
        Support::Honoured => GREEN,
        Support::Carried => YELLOW,
        Support::Refused => RED,
    }
}

/// Version 1 of the output of `gantry keywords --format json`; `docs/json.md` describes it.
fn json(wanted: &Wanted<'_>) -> Value {
    let rows = wanted.rows().map(|(_, place, keyword)| {
        json!({
            "name": keyword.name,
            "where": place,
            "support": keyword.support.as_str(),
            "note": keyword.note,
        })
    });
    json!({ "version": 1, "keywords": rows.collect::<Vec<_>>() })
}
