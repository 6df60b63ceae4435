//! What the tour says, to people and to programs.

use std::fmt::Write;

use gantry_host::{PageStatus, Status};
use serde_json::{Value, json};

use super::findings::Findings;
use super::folder::DemoFolder;
use super::project::Prepared;
use super::wording::{difference, named};
use crate::args::Format;
use crate::error::CommandError;
use crate::output::{self, padded, size, style::*};

/// Something that the tour tells.
pub(super) enum Told<'a> {
    Begun {
        folder: &'a DemoFolder,
        prepared: Prepared,
        pages: &'a [PageStatus],
    },
    Found {
        findings: &'a Findings,
        status: &'a Status,
    },
    /// The tour is over, and the application runs.
    Running {
        folder: &'a DemoFolder,
        pages: &'a [PageStatus],
        detached: bool,
        /// The pipeline compiles what is in the repository.
        can_build: bool,
    },
    Ended,
}

impl Told<'_> {
    pub(super) fn tell(&self, format: Format) -> Result<(), CommandError> {
        match format {
            Format::Text => output::print(&self.text()),
            Format::Json => output::print(&format!("{}\n", self.json())),
        }
    }

    fn text(&self) -> String {
        match self {
            Told::Begun {
                folder,
                prepared,
                pages,
            } => begun(folder, *prepared, pages),
            Told::Found { findings, status } => found(findings, status),
            Told::Running {
                folder,
                pages,
                detached,
                can_build,
            } => running(folder, pages, *detached, *can_build),
            Told::Ended => "everything is stopped; votes and repository stay\n".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Told::Begun { folder, pages, .. } => json!({
                "event": "demo_started", "version": 1, "folder": folder.root(), "project": folder.project(),
                "pages": pages,
            }),
            Told::Found { findings, status } => json!({
                "event": "demo_found",
                "run": findings.run,
                "cast": findings.cast(),
                "failed": findings.failed(),
                "seconds": findings.seconds(),
                "p99_ms": findings.p99_ms(),
                "before": findings.before(),
                "shown": findings.shown,
                "backup_bytes": findings.backup_bytes,
                "restored": findings.restored,
                "release": status.current,
                "differences": findings.differences().iter().map(difference).collect::<Vec<_>>(),
            }),
            Told::Running { pages, detached, .. } => json!({
                "event": "demo_running", "pages": pages, "detached": detached,
            }),
            Told::Ended => json!({ "event": "demo_ended" }),
        }
    }
}

fn begun(folder: &DemoFolder, prepared: Prepared, pages: &[PageStatus]) -> String {
    let repository = match prepared {
        Prepared::New => "a new repository",
        Prepared::Renewed => "a repository with a new commit",
        Prepared::Same => "the repository of the last time",
        Prepared::Theirs => "the repository with your changes",
    };
    let project = folder.project();
    let mut text = format!(
        "{BOLD}A voting application, delivered by a pipeline on this machine.{RESET}\n\n\
         project   {} {DIM}{repository}{RESET}\n",
        project.display()
    );
    for page in pages {
        let _ = writeln!(text, "{} {}", padded(&page.service, 9), page.url);
    }
    text.push('\n');
    text
}

fn found(findings: &Findings, status: &Status) -> String {
    let mut text = format!("\n{BOLD}What happened{RESET}\n");
    if let Some(release) = &status.current {
        let _ = writeln!(text, "  {} answers", named(release));
    }
    let shown: Vec<String> = findings
        .shown
        .iter()
        .map(|(option, votes)| format!("{option} {votes}"))
        .collect();
    let before = match findings.before() {
        0 => String::new(),
        before => format!(", {before} of them from before"),
    };
    let _ = writeln!(
        text,
        "  {} votes cast in {:.2} s, {} failed; 99 of 100 took less than {:.1} ms",
        findings.cast(),
        findings.seconds(),
        findings.failed(),
        findings.p99_ms(),
    );
    let _ = writeln!(
        text,
        "  the result shows {}: {}{before}",
        findings.total(),
        shown.join(", ")
    );
    let _ = writeln!(
        text,
        "  the backup of {}, restored into a scratch database, has {}",
        size(findings.backup_bytes),
        findings.restored,
    );
    match findings.differences().as_slice() {
        [] => {
            let _ = writeln!(text, "  {GREEN}not a vote was lost or counted twice{RESET}");
        }
        differences => {
            for found in differences {
                let _ = writeln!(text, "  {RED}{}{RESET}", difference(found));
            }
        }
    }
    text
}

fn running(folder: &DemoFolder, pages: &[PageStatus], detached: bool, can_build: bool) -> String {
    let page = |service: &str| {
        let page = pages.iter().find(|page| page.service == service);
        page.map_or("", |page| &page.url)
    };
    let project = folder.project();
    let project = project.display();
    let own = crate::places::demo().is_some_and(|own| own == folder.root());
    let directory = match own {
        true => String::new(),
        false => format!(" -C {}", folder.root().display()),
    };
    let mut suggestions = vec![
        ("vote", format!("open {}", page("vote"))),
        ("watch", format!("open {}", page("result"))),
    ];
    if can_build {
        let file = format!("edit {project}/apps/voting/assets/vote.html");
        suggestions.push(("change the page", file));
    }
    suggestions.extend([
        ("deliver again", format!("gantry run --deploy -C {project}")),
        ("take it back", format!("gantry demo --rollback{directory}")),
        ("see what runs", format!("gantry demo --status{directory}")),
    ]);
    let mut text = format!("\n{BOLD}What to try{RESET}\n");
    for (why, what) in suggestions {
        let _ = writeln!(text, "  {DIM}{why:<16}{RESET} {what}");
    }
    let end = match detached {
        true => format!("It goes on in the background; gantry demo --stop{directory} ends it."),
        false => "Ctrl-C ends it.".to_owned(),
    };
    let _ = writeln!(text, "\n{end}");
    text
}
