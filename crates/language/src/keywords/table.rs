//! What becomes of each keyword: the table behind `docs/keywords.md` and behind every refusal.

/// What Gantry does with a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It has its effect in `gantry run`.
    Honoured,
    /// It is checked and kept in the plan; the note says who will act on it.
    Carried,
    /// The file is refused, with the place of the keyword.
    Refused,
}

impl Support {
    pub fn as_str(self) -> &'static str {
        match self {
            Support::Honoured => "honoured",
            Support::Carried => "carried",
            Support::Refused => "refused",
        }
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Keyword {
    /// As written in a job (`cache`), at the top (`workflow`), or below another keyword (`include:remote`).
    pub name: &'static str,
    pub support: Support,
    pub note: &'static str,
}

const fn honoured(name: &'static str, note: &'static str) -> Keyword {
    Keyword {
        name,
        support: Support::Honoured,
        note,
    }
}

const fn carried(name: &'static str, note: &'static str) -> Keyword {
    Keyword {
        name,
        support: Support::Carried,
        note,
    }
}

const fn refused(name: &'static str, note: &'static str) -> Keyword {
    Keyword {
        name,
        support: Support::Refused,
        note,
    }
}

/// Why keywords of GitLab's licensed code are refused.
pub(crate) const PAID: &str = "of a paid tier of GitLab";

/// The keys that stand at the top of a file and are no jobs.
pub const TOP_LEVEL: &[Keyword] = &[
    honoured("after_script", "as under `default`"),
    honoured("before_script", "as under `default`"),
    honoured("cache", "as under `default`"),
    honoured("default", ""),
    honoured("image", "as under `default`"),
    honoured("include", "local files, with wildcards and rules"),
    honoured("include:component", "from the checkout that `gantry.yml` names"),
    honoured("include:inputs", ""),
    honoured("include:project", "from the checkout that `gantry.yml` names"),
    honoured("include:remote", "fetched, and kept for `--offline`"),
    honoured("include:template", "from the GitLab that `gantry.yml` names"),
    honoured("services", "as under `default`"),
    honoured(
        "spec",
        "inputs of all types, with rules, functions and included declarations",
    ),
    honoured("stages", ""),
    honoured("variables", ""),
    honoured("workflow", ""),
    honoured(
        "workflow:auto_cancel",
        "`on_job_failure`; `on_new_commit` is carried: no newer commit reaches a run on this machine",
    ),
];

/// The keys of jobs.
pub const JOB: &[Keyword] = &[
    honoured("after_script", ""),
    honoured("allow_failure", ""),
    honoured("artifacts", "`expose_as` is recorded"),
    carried("artifacts:access", "by the server, which hands artifacts out"),
    carried("artifacts:public", "as `artifacts:access`"),
    honoured("before_script", ""),
    honoured("cache", ""),
    honoured("coverage", ""),
    refused("dast_configuration", PAID),
    honoured("dependencies", ""),
    honoured(
        "environment",
        "jobs that deploy are held until `--deploy`, and recorded; `on_stop` and `auto_stop_in` are kept for a server",
    ),
    carried(
        "environment:kubernetes",
        "by the server, which shows environments with their cluster",
    ),
    honoured("except", ""),
    honoured("extends", ""),
    honoured("hooks", ""),
    carried(
        "id_tokens",
        "by the server, which signs them; here the job is refused unless a variable of that name is given",
    ),
    refused("identity", PAID),
    carried(
        "image",
        "by the Docker executor; `--executor shell` runs the job without it",
    ),
    carried("image:kubernetes", "by an executor that starts pods"),
    honoured("inherit", ""),
    honoured(
        "inputs",
        "with their defaults; other values are given on a server's page",
    ),
    carried(
        "interruptible",
        "by the server, when a newer pipeline makes this one redundant",
    ),
    carried(
        "manual_confirmation",
        "by the server's pages, where manual jobs are started; `gantry run` starts none that is not named",
    ),
    honoured(
        "needs",
        "jobs of the same pipeline, also by values of the own matrix",
    ),
    carried(
        "needs:pipeline",
        "by the server, which keeps the artifacts of other pipelines; here the job is refused",
    ),
    carried("needs:project", "as `needs:pipeline`"),
    honoured("only", ""),
    honoured("only:kubernetes", "holds where `CI_KUBERNETES_ACTIVE` is `true`"),
    honoured(
        "pages",
        "held until `--deploy`; the folder is kept as an artifact, and that a server would publish it is recorded",
    ),
    honoured("parallel", ""),
    honoured("publish", "as `pages:publish`"),
    carried(
        "release",
        "held until `--deploy`; recorded, as only a server creates it",
    ),
    carried("release:assets", "as `release`"),
    carried("release:milestones", "as `release`"),
    carried("release:released_at", "as `release`"),
    honoured(
        "resource_group",
        "in the order of the file, and among all runs of the project on this machine",
    ),
    honoured("retry", ""),
    honoured("rules", ""),
    honoured(
        "rules:changes:regexp",
        "in the syntax of RE2, without look-around",
    ),
    honoured("rules:exists:project", "in the checkout that `gantry.yml` names"),
    honoured("rules:exists:ref", ""),
    honoured("rules:exists:regexp", "as `rules:changes:regexp`"),
    refused("run", "an experiment of GitLab's, which may still change"),
    honoured("script", ""),
    carried(
        "secrets",
        "by the server, which fetches them; here the job is refused unless a variable of that name is given",
    ),
    carried("services", "by the Docker executor"),
    honoured("stage", ""),
    honoured("start_in", ""),
    carried(
        "tags",
        "by the server, which chooses runners by them; on this machine every job runs here",
    ),
    honoured("timeout", ""),
    honoured(
        "trigger",
        "`project` is held until `--deploy`, and runs in the checkout that `gantry.yml` names",
    ),
    honoured(
        "trigger:include",
        "every kind of `include`, with its `inputs` and `rules`, and files that a job leaves as artifacts",
    ),
    honoured(
        "trigger:inputs",
        "beside `project`; a child's are those of its entries",
    ),
    honoured("variables", ""),
    honoured("when", ""),
];

/// Returns the keys that a job may have, supported or not.
pub(crate) fn job_keys() -> impl Iterator<Item = &'static str> {
    JOB.iter()
        .map(|keyword| keyword.name)
        .filter(|name| !name.contains(':'))
}

/// Returns what becomes of a job's key, or `None` where there is no such keyword.
pub(crate) fn job_key(name: &str) -> Option<&'static Keyword> {
    JOB.iter().find(|keyword| keyword.name == name)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use super::*;

    fn page() -> String {
        let mut page = String::from(
            "<!-- Generated from crates/language/src/keywords/table.rs: UPDATE_PAGES=1 cargo test -p gantry-language -->\n\n\
             # Keywords\n\n\
             *Honoured*: it has its effect in `gantry run`. *Carried*: it is checked and kept in the plan, and the note says who\n\
             acts on it. *Refused*: the file is refused, with the place of the keyword. Any other key is an error, as in GitLab.\n",
        );
        for (title, keywords) in [("At the top of a file", TOP_LEVEL), ("In a job", JOB)] {
            let _ = write!(page, "\n## {title}\n\n| keyword | | |\n|---|---|---|\n");
            for keyword in keywords {
                let _ = writeln!(
                    page,
                    "| `{}` | {} | {} |",
                    keyword.name,
                    keyword.support.as_str(),
                    keyword.note
                );
            }
        }
        page
    }

    #[test]
    fn the_page_of_keywords_says_what_the_table_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/keywords.md");
        let page = page();
        if std::env::var_os("UPDATE_PAGES").is_some() {
            std::fs::write(&path, &page).expect("the page can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written, page,
            "UPDATE_PAGES=1 cargo test -p gantry-language writes it"
        );
    }

    #[test]
    fn the_tables_are_in_order_and_name_nothing_twice() {
        for table in [TOP_LEVEL, JOB] {
            assert!(
                table.windows(2).all(|pair| pair[0].name < pair[1].name),
                "sorted by name"
            );
        }
    }
}
