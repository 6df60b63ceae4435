//! The rows as people and as programs read them.

use std::fmt::Write;

use gantry_language::plan::Place;
use serde_json::{Value, json};

use super::rows::{Lost, Row};
use super::shown::Shown;
use super::{Dotenv, View};
use crate::output::{padded, style::*, width};

pub(super) fn text(views: &[View<'_>]) -> String {
    let mut out = String::new();
    for (number, view) in views.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        match view.job {
            Some(job) => {
                let _ = writeln!(
                    out,
                    "{BOLD}{}{RESET}  stage {}, {}",
                    job.name, job.stage, job.place
                );
            }
            None => {
                let _ = writeln!(out, "{BOLD}before there are jobs{RESET}");
            }
        }
        rows(&view.rows, &mut out);
        dotenv(&view.dotenv, &mut out);
    }
    out
}

fn rows(rows: &[Row], out: &mut String) {
    for group in rows.chunk_by(|one, next| one.source == next.source) {
        let _ = writeln!(out, "\n  {BOLD}{}{RESET}", group[0].source.words());
        let wide = width(group.iter().map(|row| row.key.as_str()), 32);
        for row in group {
            one_row(row, wide, out);
        }
    }
}

fn one_row(row: &Row, wide: usize, out: &mut String) {
    let remarks: Vec<String> = remarks(row).collect();
    let remarks = match remarks.as_slice() {
        [] => String::new(),
        remarks => format!("  {DIM}{}{RESET}", remarks.join(" · ")),
    };
    let _ = writeln!(
        out,
        "    {}  {}{remarks}",
        padded(&row.key, wide),
        shown(&row.value)
    );
    let indent = " ".repeat(wide + 6);
    if let Some(written) = &row.written {
        let _ = writeln!(out, "{indent}{DIM}written as {}{RESET}", one_line(written));
    }
    for Lost { value, source, place } in &row.outranked {
        let (value, words, place) = (shown(value), source.words(), at(place.as_ref()));
        let _ = writeln!(out, "{indent}{DIM}outranks {value}, {words}{place}{RESET}");
    }
}

fn remarks(row: &Row) -> impl Iterator<Item = String> {
    let words = [(row.file, "file"), (row.raw, "not expanded")];
    let words = words.into_iter().filter(|(holds, _)| *holds);
    let place = row.place.as_ref().map(short);
    words.map(|(_, word)| word.to_owned()).chain(place)
}

fn at(place: Option<&Place>) -> String {
    place
        .map(|place| format!(", {}", short(place)))
        .unwrap_or_default()
}

fn short(Place { file, line, .. }: &Place) -> String {
    format!("{file}:{line}")
}

fn shown(value: &Shown) -> String {
    match value {
        Shown::Text(text) => one_line(text),
        Shown::Partly(text) => format!(
            "{}  {YELLOW}the rest is known once it runs{RESET}",
            one_line(text)
        ),
        Shown::Later => format!("{YELLOW}known once it runs{RESET}"),
        Shown::Masked => "[MASKED]".to_owned(),
    }
}

/// In quotes where a line would not show it as it is.
fn one_line(text: &str) -> String {
    let is_plain =
        !text.is_empty() && text.trim() == text && !text.contains(|letter: char| letter.is_control());
    if is_plain {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

fn dotenv(sources: &[Dotenv<'_>], out: &mut String) {
    for Dotenv { job, paths } in sources {
        let _ = writeln!(
            out,
            "\n  {DIM}and what `{job}` leaves in its dotenv report ({}), which outranks the configuration{RESET}",
            paths.join(", ")
        );
    }
}

/// Returns what version 1 of the output of `gantry variables --format json` has under `views`; `docs/json.md`
/// describes it.
pub(super) fn json(views: &[View<'_>]) -> Value {
    let views = views.iter().map(|view| {
        let dotenv = view.dotenv.iter();
        json!({
            "job": view.job.map(|job| job.name.as_str()),
            "variables": view.rows.iter().map(row).collect::<Vec<_>>(),
            "dotenv": dotenv.map(|Dotenv { job, paths }| json!({ "job": job, "paths": paths })).collect::<Vec<_>>(),
        })
    });
    views.collect()
}

fn row(row: &Row) -> Value {
    json!({
        "key": row.key,
        "value": row.value.value(),
        "known": row.value.is_known(),
        "written": row.written,
        "masked": row.masked,
        "file": row.file,
        "raw": row.raw,
        "source": row.source.as_str(),
        "place": row.place,
        "outranks": row.outranked.iter().map(lost).collect::<Vec<_>>(),
    })
}

fn lost(lost: &Lost) -> Value {
    json!({ "value": lost.value.value(), "source": lost.source.as_str(), "place": lost.place })
}
