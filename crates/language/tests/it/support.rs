//! A configuration with the world around it, and pictures of what becomes of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use gantry_language::compile::{Checked, Outcome, Root, check_root};
use gantry_language::diagnostic::{Diagnostic, Severity};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::inputs::Given;
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::plan::{
    AllowFailure, Decision, LeftOut, OperandValue, Plan, PlannedJob, PlannedNeed, When,
};
use gantry_language::source::{ComponentFile, ForeignError, Repository, SourceError, SourceMap, Sources};
use gantry_language::variables::{Explained, Layers, Outranked, Ranking, Variable, for_job};
use gantry_yaml::Span;

use crate::seeds;

/// Begins with the text of `.gitlab-ci.yml`; what all its lines are indented by does not count.
pub(crate) fn case(yaml: &str) -> Case {
    Case {
        text: dedent(yaml),
        files: Files::default(),
        event: Event {
            source: Source::Push,
            git_ref: Ref::Branch("main".to_owned()),
        },
        inputs: Given::default(),
        layers: Layers::default(),
        checkout: Checkout::default(),
    }
}

/// One configuration, the event that it meets, and what can be seen from there.
#[must_use]
#[derive(Debug)]
pub(crate) struct Case {
    text: String,
    files: Files,
    inputs: Given,
    event: Event,
    layers: Layers,
    checkout: Checkout,
}

impl Case {
    /// Adds a file that can be included.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Case {
        self.files.local.insert(path.to_owned(), dedent(text));
        self
    }

    /// Adds a file of another project, at a ref.
    pub(crate) fn project_file(mut self, project: &str, git_ref: &str, path: &str, text: &str) -> Case {
        let at = ProjectRef {
            project: project.to_owned(),
            git_ref: git_ref.to_owned(),
        };
        self.files.foreign.insert((at, path.to_owned()), dedent(text));
        self
    }

    /// Adds what a web server has.
    pub(crate) fn remote(mut self, url: &str, text: &str) -> Case {
        self.files.remote.insert(url.to_owned(), dedent(text));
        self
    }

    /// Adds what a web server has, to the last line break.
    pub(crate) fn remote_as_it_is(mut self, url: &str, text: &str) -> Case {
        self.files.remote.insert(url.to_owned(), text.to_owned());
        self
    }

    /// Adds a template of GitLab's.
    pub(crate) fn template(mut self, name: &str, text: &str) -> Case {
        self.files.templates.insert(name.to_owned(), dedent(text));
        self
    }

    /// Gives the pipeline an input, as a command line does.
    pub(crate) fn input(mut self, name: &str, value: &str) -> Case {
        self.inputs.text(name, value);
        self
    }

    pub(crate) fn push(self, branch: &str) -> Case {
        self.event(Source::Push, Ref::Branch(branch.to_owned()))
    }

    pub(crate) fn tag(self, name: &str) -> Case {
        self.event(Source::Push, Ref::Tag(name.to_owned()))
    }

    pub(crate) fn merge_request(self, from: &str, into: &str) -> Case {
        let git_ref = Ref::MergeRequest {
            source_branch: from.to_owned(),
            target_branch: into.to_owned(),
        };
        self.event(Source::MergeRequestEvent, git_ref)
    }

    /// A pipeline on `main` that somebody or something else than a push asked for.
    pub(crate) fn from(self, source: Source) -> Case {
        self.event(source, Ref::Branch("main".to_owned()))
    }

    pub(crate) fn event(mut self, source: Source, git_ref: Ref) -> Case {
        self.event = Event { source, git_ref };
        self
    }

    /// Sets a variable that came with the event.
    pub(crate) fn variable(mut self, key: &str, value: &str) -> Case {
        self.layers.pipeline.push(Variable::new(key, value));
        self
    }

    /// Sets a variable of the project.
    pub(crate) fn project(mut self, variable: Variable) -> Case {
        self.layers.project.push(variable);
        self
    }

    /// Sets a predefined variable.
    pub(crate) fn predefined(mut self, key: &str, value: &str) -> Case {
        self.layers.predefined.push(Variable::new(key, value).raw());
        self
    }

    /// Says what the event changed.
    pub(crate) fn changed<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> Case {
        self.checkout.changed = Some(owned(paths));
        self
    }

    /// Says what changed since the merge base with a ref.
    pub(crate) fn changed_since<'a>(
        mut self,
        reference: &str,
        paths: impl IntoIterator<Item = &'a str>,
    ) -> Case {
        self.checkout.since.insert(reference.to_owned(), owned(paths));
        self
    }

    /// Says which files the checkout has.
    pub(crate) fn files<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> Case {
        self.checkout.paths = owned(paths);
        self
    }

    /// Says which files another project has at a ref.
    pub(crate) fn project_files<const N: usize>(
        mut self,
        project: &str,
        git_ref: &str,
        paths: [&str; N],
    ) -> Case {
        let at = (project.to_owned(), git_ref.to_owned());
        self.checkout
            .foreign
            .insert(at, paths.map(str::to_owned).to_vec());
        self
    }

    pub(crate) fn checked(&self) -> Checked {
        seeds::offer(|| self.seed());
        let root = Root {
            path: ".gitlab-ci.yml",
            text: self.text.clone(),
            inputs: self.inputs.clone(),
        };
        check_root(root, &self.files, &self.checkout, &self.layers)
    }

    /// Writes the case as one text.
    fn seed(&self) -> String {
        let mut seed = self.text.clone();
        let mut part = |mark: &str, text: &str| {
            write!(seed, "\n#> {mark}\n{text}").expect("a string takes it");
        };
        for (path, text) in &self.files.local {
            part(&format!("local {path}"), text);
        }
        for ((at, path), text) in &self.files.foreign {
            part(&format!("project {} {} {path}", at.project, at.git_ref), text);
        }
        for (url, text) in &self.files.remote {
            part(&format!("remote {url}"), text);
        }
        for (name, text) in &self.files.templates {
            part(&format!("template {name}"), text);
        }
        for variable in self.layers.pipeline.iter().chain(&self.layers.project) {
            part(&format!("variable {} {}", variable.key, variable.value), "");
        }
        for path in self.checkout.changed.iter().flatten() {
            part(&format!("changed {path}"), "");
        }
        for path in &self.checkout.paths {
            part(&format!("path {path}"), "");
        }
        seed
    }

    fn outcome(&self, checked: &Checked) -> Result<Outcome, Vec<Diagnostic>> {
        let outcome = checked.plan(&self.event, &self.layers, &self.checkout);
        if let Some(alone) = checked.standalone() {
            self.comes_to_the_same(&alone.yaml(false), &outcome);
        }
        outcome
    }

    /// Whatever is tested, written as one file it has to compile to the same plan, without any other file.
    #[track_caller]
    fn comes_to_the_same(&self, alone: &str, outcome: &Result<Outcome, Vec<Diagnostic>>) {
        // What was put together of many files may be more than one may hold.
        if alone.len() > gantry_yaml::Limits::default().size_bytes {
            return;
        }
        let root = Root {
            path: "alone.yml",
            text: alone.to_owned(),
            inputs: Given::default(),
        };
        let checked = check_root(root, &Files::default(), &self.checkout, &self.layers);
        let told = diagnostics(&checked.sources, &checked.diagnostics);
        assert!(checked.is_valid(), "{told}\nin\n{alone}");
        let same = checked.plan(&self.event, &self.layers, &self.checkout);
        assert_eq!(summary(&same), summary(outcome), "of\n{alone}");
    }

    /// Pictures all that is wrong with the configuration, whatever the event; `fine` where nothing is.
    pub(crate) fn check(self) -> String {
        let checked = self.checked();
        diagnostics(&checked.sources, &checked.diagnostics)
    }

    /// Pictures the pipeline: a line for each job, then those left out, or else why there is none.
    pub(crate) fn plan(self) -> String {
        let checked = self.checked();
        match self.outcome(&checked) {
            Ok(Outcome::Pipeline(plan)) => pipeline(&plan),
            Ok(Outcome::Filtered(decision)) => format!("no pipeline: {}", decision.summary),
            Ok(Outcome::Empty(left_out)) => {
                lines(["empty".to_owned()].into_iter().chain(left_out.iter().map(left)))
            }
            Ok(Outcome::Skipped) => "skipped".to_owned(),
            Err(errors) => diagnostics(&checked.sources, &errors),
        }
    }

    /// Returns what becomes of the event, or the picture of why nothing can, and the variables from outside.
    pub(crate) fn decided(self) -> (Result<Outcome, String>, Layers) {
        let checked = self.checked();
        let outcome = self.outcome(&checked);
        (
            outcome.map_err(|errors| diagnostics(&checked.sources, &errors)),
            self.layers,
        )
    }

    /// Returns the plan itself, of a pipeline that there must be.
    pub(crate) fn planned(self) -> Plan {
        let checked = self.checked();
        match self.outcome(&checked) {
            Ok(Outcome::Pipeline(plan)) => *plan,
            Ok(other) => panic!("no pipeline: {other:?}"),
            Err(errors) => panic!("{}", diagnostics(&checked.sources, &errors)),
        }
    }

    /// Returns one job of a pipeline that must have it.
    pub(crate) fn planned_job(self, name: &str) -> PlannedJob {
        let plan = self.planned();
        plan.job(name)
            .unwrap_or_else(|| panic!("no `{name}` in:\n{}", pipeline(&plan)))
            .clone()
    }

    /// Pictures everything that a job says and that is not its name, its decision, its variables, or a default.
    pub(crate) fn job(self, name: &str) -> String {
        fields(&self.planned_job(name))
    }

    /// Pictures a job's variables and where they come from.
    pub(crate) fn variables_of(self, name: &str) -> String {
        let job = self.planned_job(name);
        lines(job.variables.iter().map(|variable| {
            let raw = if variable.raw { " raw" } else { "" };
            format!("{}={:?} {:?}{raw}", variable.key, variable.value, variable.origin)
        }))
    }

    /// Pictures the variables that a job sees, where they come from, and what they hide.
    pub(crate) fn explained(self, name: &str, dotenv: &[Variable]) -> String {
        let checked = self.checked();
        let outcome = self.outcome(&checked);
        let Ok(Outcome::Pipeline(plan)) = outcome else {
            panic!("no pipeline: {outcome:?}");
        };
        let job = plan.job(name).unwrap_or_else(|| panic!("no job `{name}`"));
        let explained = Ranking::of_job(&self.layers, job, &[], dotenv).explain();
        let seen = explained.iter().map(|explained| &explained.variable);
        let handed_over = for_job(&self.layers, job, &[], dotenv);
        assert!(seen.eq(&handed_over), "one computation, two results");
        let place = |span: Option<Span>| {
            let place = span.map(|span| checked.sources.place(span));
            place.map(|place| format!(" {place}")).unwrap_or_default()
        };
        lines(explained.iter().map(|explained| {
            let Explained {
                variable,
                written,
                origin,
                span,
                outranked,
            } = explained;
            let mut line = format!("{}={:?} {origin:?}{}", variable.key, variable.value, place(*span));
            if *written != variable.value {
                write!(line, " written {written:?}").expect("a string takes it");
            }
            for Outranked {
                variable,
                origin,
                span,
            } in outranked
            {
                write!(line, "\n  over {:?} {origin:?}{}", variable.value, place(*span))
                    .expect("a string takes it");
            }
            line
        }))
    }

    /// Pictures how it was decided on one job, in the pipeline or not.
    pub(crate) fn why(self, name: &str) -> String {
        let plan = self.planned();
        let left_out = plan.left_out.iter().find(|job| job.name == name);
        let decision = plan
            .job(name)
            .map(|job| &job.decision)
            .or(left_out.map(|job| &job.decision));
        why(decision.unwrap_or_else(|| panic!("no job `{name}`")))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Files {
    local: BTreeMap<String, String>,
    foreign: HashMap<(ProjectRef, String), String>,
    remote: BTreeMap<String, String>,
    templates: BTreeMap<String, String>,
}

impl Files {
    /// Only files of the project itself.
    pub(crate) fn local(files: impl IntoIterator<Item = (String, String)>) -> Files {
        Files {
            local: files.into_iter().collect(),
            ..Files::default()
        }
    }
}

impl Sources for Files {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        self.local.get(path).cloned().ok_or(SourceError::NotFound)
    }

    fn paths(&self) -> Vec<String> {
        self.local.keys().cloned().collect()
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        let paths = self.paths_of(at)?;
        let file = self.foreign.get(&(at.clone(), path.to_owned()));
        file.filter(|_| !paths.is_empty())
            .cloned()
            .ok_or(SourceError::NotFound)
    }

    fn paths_of(&self, at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        if !self.foreign.keys().any(|(known, _)| known.project == at.project) {
            return Err(SourceError::UnknownProject);
        }
        let mut paths: Vec<_> = self
            .foreign
            .keys()
            .filter(|(known, _)| known == at)
            .map(|(_, path)| path.clone())
            .collect();
        paths.sort();
        if paths.is_empty() {
            Err(SourceError::NoRef)
        } else {
            Ok(paths)
        }
    }

    fn remote(&self, url: &str, _max_age_secs: Option<u64>) -> Result<String, SourceError> {
        let found = self.remote.get(url).cloned();
        found.ok_or(SourceError::Status {
            code: 404,
            attempts: 1,
        })
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        match self.templates.get(name) {
            Some(text) => Ok(text.clone()),
            None if self.templates.is_empty() => Err(SourceError::NoHost),
            None => Err(SourceError::NotFound),
        }
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        let tags: Vec<&str> = self
            .foreign
            .keys()
            .filter(|(at, _)| at.project == address.project)
            .map(|(at, _)| at.git_ref.as_str())
            .collect();
        let version = address.release(tags).unwrap_or(&address.version).to_owned();
        let at = ProjectRef {
            project: address.project.clone(),
            git_ref: version.clone(),
        };
        let texts = address.paths().map(|path| self.read_of(&at, &path));
        let text = texts.into_iter().reduce(|first, second| first.or(second));
        Ok(ComponentFile {
            text: text.expect("there are two paths")?,
            at,
            sha: "0123456789abcdef".to_owned(),
            version,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Checkout {
    changed: Option<Vec<String>>,
    since: BTreeMap<String, Vec<String>>,
    foreign: BTreeMap<(String, String), Vec<String>>,
    paths: Vec<String>,
}

impl Repository for Checkout {
    fn changed(&self) -> Option<&[String]> {
        self.changed.as_deref()
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        let since = self.since.get(reference).cloned();
        since.ok_or_else(|| "there is no such ref".to_owned())
    }

    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn paths_of(&self, project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        if !self.foreign.keys().any(|(known, _)| known == project) {
            return Err(ForeignError::UnknownProject);
        }
        let at = (project.to_owned(), git_ref.to_owned());
        self.foreign.get(&at).cloned().ok_or(ForeignError::NoRef)
    }
}

fn owned<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    paths.into_iter().map(str::to_owned).collect()
}

/// Takes off the first line break, the last line if it is blank, and what all lines are indented by.
pub(crate) fn dedent(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let text = text.trim_end_matches(' ');
    let indentation = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or_default();
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.get(indentation..).unwrap_or_default())
        .collect();
    lines.join("\n")
}

/// What two compilations must have in common.
fn summary(outcome: &Result<Outcome, Vec<Diagnostic>>) -> String {
    match outcome {
        Ok(Outcome::Pipeline(plan)) => format!("{}\n{:?}\n{}", plan.hash, plan.name, pipeline(plan)),
        Ok(Outcome::Filtered(decision)) => format!("filtered: {}", decision.summary),
        Ok(Outcome::Empty(left_out)) => lines(left_out.iter().map(left)),
        Ok(Outcome::Skipped) => "skipped".to_owned(),
        Err(errors) => lines(errors.iter().map(|error| error.message.clone())),
    }
}

pub(crate) fn diagnostics(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    if diagnostics.is_empty() {
        return "fine".to_owned();
    }
    lines(diagnostics.iter().map(|diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut out = format!("{severity}: {}", diagnostic.message);
        let mut line = |what: &str, text: &str| write!(out, "\n  {what} {text}").expect("a string takes it");
        if let Some(span) = diagnostic.span {
            line("-->", &sources.place(span).to_string());
        }
        for (span, text) in &diagnostic.related {
            line("...", &format!("{}: {text}", sources.place(*span)));
        }
        if let Some(help) = &diagnostic.help {
            line("help:", help);
        }
        if let Some(gitlab) = &diagnostic.gitlab_message {
            line("gitlab:", gitlab);
        }
        out
    }))
}

fn pipeline(plan: &Plan) -> String {
    lines(
        plan.jobs
            .iter()
            .map(in_pipeline)
            .chain(plan.left_out.iter().map(left)),
    )
}

fn in_pipeline(job: &PlannedJob) -> String {
    let mut notes = Vec::new();
    match (job.when, job.start_in_secs) {
        (When::OnSuccess, _) => {}
        (When::Delayed, Some(secs)) => notes.push(format!("delayed {secs}s")),
        (when, _) => notes.push(when.as_str().to_owned()),
    }
    match &job.allow_failure {
        AllowFailure::No => {}
        AllowFailure::Yes => notes.push("may fail".to_owned()),
        AllowFailure::ExitCodes(codes) => notes.push(format!("may fail with {codes:?}")),
    }
    notes.extend(
        job.needs
            .as_deref()
            .map(|needs| format!("needs [{}]", needed(needs))),
    );
    notes.extend(
        job.dependencies
            .as_ref()
            .map(|names| format!("fetches [{}]", names.join(", "))),
    );
    let notes = notes.iter().map(|note| format!(", {note}"));
    format!("{}: {}{}", job.stage, job.name, notes.collect::<String>())
}

fn needed(needs: &[PlannedNeed]) -> String {
    let names = needs.iter().map(|need| {
        let artifacts = if need.artifacts { "" } else { " without artifacts" };
        format!("{}{artifacts}", need.job)
    });
    names.collect::<Vec<_>>().join(", ")
}

fn left(job: &LeftOut) -> String {
    format!("- {}: {}", job.name, job.decision.summary)
}

fn why(decision: &Decision) -> String {
    let clauses = decision.clauses.iter().map(|clause| {
        let truth = if clause.matched { "holds" } else { "does not hold" };
        let mut line = format!("  {} {truth}", clause.text);
        for operand in &clause.operands {
            let value = match &operand.value {
                OperandValue::Unset => "unset".to_owned(),
                OperandValue::Text(text) => format!("{text:?}"),
                OperandValue::Masked => "masked".to_owned(),
            };
            write!(line, "; {} is {value}", operand.name).expect("a string takes it");
        }
        line
    });
    lines([decision.summary.clone()].into_iter().chain(clauses))
}

fn fields(job: &PlannedJob) -> String {
    const ELSEWHERE: &[&str] = &[
        "name",
        "base_name",
        "stage_index",
        "place",
        "decision",
        "variables",
        "work",
    ];
    let serde_json::Value::Object(fields) = serde_json::to_value(job).expect("a job is JSON") else {
        panic!("a job is an object");
    };
    let shown = fields
        .iter()
        .filter(|(key, value)| !ELSEWHERE.contains(&key.as_str()) && !is_default(key, value));
    let work = match &fields["work"] {
        serde_json::Value::Object(work) => work.values().find_map(|work| work.as_object()),
        _ => None,
    };
    let work = work.expect("work is an object of one part");
    lines(shown.chain(work).map(|(key, value)| format!("{key}: {value}")))
}

fn is_default(key: &str, value: &serde_json::Value) -> bool {
    match key {
        "stage" => value == "test",
        "when" => value == "on_success",
        "allow_failure" => value == "no",
        "retry" => *value == serde_json::json!({"when": ["always"]}),
        _ => false,
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
