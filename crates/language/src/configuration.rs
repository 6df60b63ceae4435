//! The typed configuration: what the file says, before any event is known.
//!
//! Reading goes over all top-level keys once: stages, root variables, `workflow` and `default` are taken first, then
//! every job, with the defaults it inherits already in place.

use std::collections::HashSet;

use gantry_yaml::{Entry, Mapping, Node, Value};

use crate::compile::hides_jobs;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::keywords::default::Defaults;
use crate::keywords::environment::{self, Environment};
use crate::keywords::inherit::{self, Inherit, Inherited};
use crate::keywords::needs::{self, Need};
use crate::keywords::only::{self, Policy};
use crate::keywords::parallel::{self, Parallel};
use crate::keywords::rules::{self, Owner, Rule};
use crate::keywords::table::{self, Support};
use crate::keywords::{
    allow_failure, artifacts, auto_cancel, cache, coverage, dependencies, foreign_needs, hooks, id_tokens,
    image, job_inputs, pages, release, resource_group, retry, secrets, tags, trigger, variables, when,
};
use crate::plan::{
    AllowFailure, Build, ForeignNeed, ParallelNode, Retry, VariableOrigin, When, Work, YamlVariable,
};
use crate::reader::{MONTH_SECS, Reader, Spanned, Text, WEEK_SECS};
use crate::reference::Resolved;

pub(crate) const MAX_NAME: usize = 255;
const DEFAULT_STAGE: &str = "test";
const DEFAULT_STAGES: [&str; 3] = ["build", "test", "deploy"];

/// Keys at the top of a file that are never jobs.
const RESERVED: &[&str] = &[
    "include",
    "before_script",
    "image",
    "services",
    "after_script",
    "variables",
    "stages",
    "cache",
    "default",
    "workflow",
];

/// Keys of a job that a trigger job has too.
const TRIGGER_KEYS: &[&str] = &[
    "allow_failure",
    "environment",
    "except",
    "extends",
    "inherit",
    "interruptible",
    "needs",
    "only",
    "parallel",
    "resource_group",
    "rules",
    "stage",
    "trigger",
    "variables",
    "when",
];

/// What a file says.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// In order, `.pre` and `.post` at the ends.
    pub(crate) stages: Vec<String>,
    /// False where `stages` could not be read: no stage is undefined then.
    pub(crate) knows_stages: bool,
    pub(crate) variables: Vec<YamlVariable>,
    pub(crate) workflow: Workflow,
    /// In the order of the file.
    pub(crate) jobs: Vec<Job>,
    /// Jobs that are in the file and could not be read: naming one of them is no mistake.
    pub(crate) unreadable: HashSet<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Workflow {
    pub(crate) name: Option<Text>,
    pub(crate) rules: Option<Vec<Rule>>,
    /// The key is there, even if it holds nothing: that alone takes the implicit `only` from all jobs.
    pub(crate) has_rules: bool,
    pub(crate) auto_cancel: auto_cancel::Written,
}

/// One job as written, with its defaults. After [`crate::expansion`], one instance of it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) name: Text,
    /// The name in the file.
    pub(crate) base_name: String,
    pub(crate) node: Option<ParallelNode>,
    pub(crate) stage: Text,
    pub(crate) when: Option<When>,
    pub(crate) start_in: Option<u64>,
    pub(crate) allow_failure: Option<AllowFailure>,
    pub(crate) selection: Selection,
    pub(crate) needs: Option<Vec<Need>>,
    pub(crate) foreign_needs: Vec<ForeignNeed>,
    pub(crate) dependencies: Option<Vec<Text>>,
    pub(crate) parallel: Option<Parallel>,
    pub(crate) inherit_variables: Inherited,
    pub(crate) variables: Vec<YamlVariable>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) retry: Option<Retry>,
    pub(crate) interruptible: Option<bool>,
    pub(crate) environment: Option<Environment>,
    pub(crate) resource_group: Option<Text>,
    pub(crate) work: Work,
}

/// What decides whether a job is in a pipeline.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// Neither rules nor policy: it is always in.
    Always,
    Rules(Vec<Rule>),
    Policy {
        only: Option<Policy>,
        except: Option<Policy>,
        /// `only: [branches, tags]` holds although nobody wrote it.
        implicit: bool,
    },
}

/// Reads the typed configuration and reports everything that is wrong with it.
pub(crate) fn read(resolved: &Resolved, diagnostics: &mut Vec<Diagnostic>) -> Configuration {
    let root = &resolved.root;
    let before = diagnostics.len();
    let stages = stages(root, diagnostics);
    let knows_stages = diagnostics.len() == before;
    let workflow = workflow(root, diagnostics);
    let defaults = Defaults::read(root, diagnostics);
    let variables = match root.get("variables").filter(|node| !node.is_null()) {
        Some(node) => variables::parse(&mut Reader::new(diagnostics, ""), node, VariableOrigin::Global),
        None => Vec::new(),
    };
    check_defaults(&defaults, diagnostics);
    let mut jobs = Vec::new();
    let mut unreadable = HashSet::new();
    for entry in root.iter() {
        let Some(name) = visible_job(entry, resolved, diagnostics) else {
            continue;
        };
        let written = name.value.clone();
        let reader = JobReader {
            is_complete: !resolved.incomplete.contains(&written),
            name,
            defaults: &defaults,
            workflow: &workflow,
            diagnostics,
        };
        match reader.read(&entry.value) {
            Some(job) => jobs.push(job),
            None => drop(unreadable.insert(written)),
        }
    }
    if jobs.is_empty() && unreadable.is_empty() && !diagnostics.iter().any(hides_jobs) {
        let span = root.iter().next().map(|entry| entry.key.span);
        diagnostics.push(
            Diagnostic::error("no-jobs", span, "the configuration has no job")
                .help("a job is a mapping with a `script`; names that begin with `.` are templates")
                .gitlab("jobs config should contain at least one visible job"),
        );
    }
    Configuration {
        stages,
        knows_stages,
        variables,
        workflow,
        jobs,
        unreadable,
    }
}

fn stages(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut stages: Vec<String> = Vec::new();
    match root.get("stages").filter(|node| !node.is_null()) {
        None => stages.extend(DEFAULT_STAGES.map(str::to_owned)),
        Some(node) => {
            let mut reader = Reader::new(diagnostics, "stages");
            match reader.flattened("stages", node) {
                Some(items) => {
                    let texts = items.into_iter().filter_map(|item| reader.string("stages", item));
                    stages.extend(texts.map(|text| text.value));
                }
                None => reader.wrong_type(
                    "stages",
                    "a list of names",
                    node,
                    "config should be an array",
                    None,
                ),
            }
        }
    }
    let mut seen = HashSet::new();
    stages.retain(|stage| stage != ".pre" && stage != ".post" && seen.insert(stage.clone()));
    stages.insert(0, ".pre".to_owned());
    stages.push(".post".to_owned());
    stages
}

fn workflow(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> Workflow {
    let Some(node) = root.get("workflow").filter(|node| !node.is_null()) else {
        return Workflow::default();
    };
    let mut reader = Reader::new(diagnostics, "workflow");
    let Some(mapping) = reader.mapping("workflow", node, &["name", "rules", "auto_cancel"]) else {
        return Workflow::default();
    };
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let name = given("name").and_then(|node| reader.string("name", node));
    if let Some(name) = name.as_ref().filter(|name| name.value.chars().count() > MAX_NAME) {
        let message = format!("`workflow:name` is longer than {MAX_NAME} characters");
        reader.error(
            "limit",
            name.span,
            message,
            "name is too long (maximum is 255 characters)",
        );
    }
    let rules = given("rules").and_then(|node| rules::parse(&mut reader, node, Owner::Workflow));
    let auto_cancel = given("auto_cancel").and_then(|node| auto_cancel::parse(&mut reader, node));
    Workflow {
        name,
        rules,
        has_rules: mapping.get("rules").is_some(),
        auto_cancel: auto_cancel.unwrap_or_default(),
    }
}

/// Mistakes inside `default` are reported once and at their place, also where every job sets its own value.
fn check_defaults(defaults: &Defaults, diagnostics: &mut Vec<Diagnostic>) {
    for Entry { key, value } in defaults.values().iter().filter(|entry| !entry.value.is_null()) {
        let mut reader = Reader::new(diagnostics, "default");
        match key.as_str().unwrap_or_default() {
            name @ ("after_script" | "before_script") => drop(reader.at(name).script(name, value)),
            "artifacts" => drop(artifacts::parse(&mut reader, value)),
            "cache" => drop(cache::parse(&mut reader, value)),
            "image" => drop(image::parse(&mut reader, value)),
            "interruptible" => drop(reader.boolean("interruptible", value)),
            "retry" => drop(retry::parse(&mut reader, value)),
            "services" => drop(image::services(&mut reader, value)),
            "tags" => drop(tags::parse(&mut reader, value)),
            "timeout" if reader.duration("timeout", value, Some(MONTH_SECS)).is_some() => {
                reader.report(
                    Diagnostic::warning("default-timeout", key.span, "`default:timeout` has no effect")
                        .help("GitLab takes `timeout` from the job itself only; set it there"),
                );
            }
            "hooks" => drop(hooks::parse(&mut reader, value)),
            "id_tokens" => drop(id_tokens::parse(&mut reader, value)),
            "identity" => reader.refused("default:identity", table::PAID, key.span),
            _ => {}
        }
    }
}

/// Returns the name of a job that is to be read; hidden entries and keywords are none.
fn visible_job(entry: &Entry, resolved: &Resolved, diagnostics: &mut Vec<Diagnostic>) -> Option<Text> {
    let Entry { key, value } = entry;
    let Some(name) = key.as_str() else {
        let written = key.value.to_text().unwrap_or_default();
        diagnostics.push(
            Diagnostic::error(
                "job-name",
                key.span,
                format!("the name of a job is a string, not {}", key.value.kind()),
            )
            .maybe_help((!written.is_empty()).then(|| format!("put it in quotes: `\"{written}\":`")))
            .gitlab("jobs name should be a symbol"),
        );
        return None;
    };
    if RESERVED.contains(&name) {
        return None;
    }
    if name.starts_with('.') {
        if is_nothing(value) && !resolved.incomplete.contains(name) {
            diagnostics.push(
                Diagnostic::error("blank", key.span, format!("the template `{name}` is empty"))
                    .gitlab(format!("jobs:{name} config can't be blank")),
            );
        }
        return None;
    }
    if name.is_empty() || name.chars().count() > MAX_NAME {
        let message = format!("the name of a job has 1 to {MAX_NAME} characters");
        diagnostics.push(
            Diagnostic::error("job-name", key.span, message)
                .gitlab("name is too long (maximum is 255 characters)"),
        );
        return None;
    }
    Some(Spanned::new(name.to_owned(), key.span))
}

struct JobReader<'a> {
    name: Text,
    /// False where a template of the job is missing, which may have held what the job lacks.
    is_complete: bool,
    defaults: &'a Defaults,
    workflow: &'a Workflow,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl JobReader<'_> {
    fn read(mut self, node: &Node) -> Option<Job> {
        let location = format!("jobs:{}", self.name.value);
        let Some(mapping) = node.as_mapping() else {
            self.not_a_job(node);
            return None;
        };
        let is_trigger = mapping.get("trigger").is_some_and(|node| !node.is_null());
        let has_script = ["script", "run"].iter().any(|key| mapping.get(key).is_some());
        let is_keyword = || nearest(&self.name.value, RESERVED.iter().copied()).is_some();
        if !has_script && !is_trigger && self.is_complete && is_keyword() {
            self.no_work(mapping);
            return None;
        }
        self.keys(mapping, is_trigger, &location);
        if !has_script && !is_trigger && self.is_complete {
            self.no_work(mapping);
        }
        if let (true, Some(entry)) = (
            is_trigger,
            mapping.entry("script").or_else(|| mapping.entry("run")),
        ) {
            self.diagnostics.push(
                Diagnostic::error("bad-combination", entry.key.span, "a trigger job has no script").gitlab(
                    format!("{location} config these keys cannot be used together: script, trigger"),
                ),
            );
        }
        let mut reader = Reader::new(self.diagnostics, location.clone());
        let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
        let inherit = given("inherit")
            .and_then(|node| inherit::parse(&mut reader, node))
            .unwrap_or_default();
        let fields = Fields {
            mapping,
            defaults: self.defaults,
            inherit: &inherit,
            is_trigger,
            is_complete: self.is_complete,
        };
        let stage = given("stage").and_then(|node| reader.string("stage", node));
        let stage_failed = given("stage").is_some() && stage.is_none();
        let work = fields.work(&mut reader, &self.name.value);
        let when = given("when").and_then(|node| when::parse(&mut reader, node, is_trigger));
        let needs = given("needs").and_then(|node| needs::parse(&mut reader, node));
        let foreign_needs = given("needs").map(|node| foreign_needs::parse(&mut reader, node));
        if let (true, Some([_, ..]), Some(node)) = (is_trigger, foreign_needs.as_deref(), given("needs")) {
            let message = "a trigger job has no artifacts, and needs jobs of this pipeline only";
            reader.error(
                "bad-value",
                node.span,
                message,
                "needs config uses invalid types: cross_dependency",
            );
        }
        let parallel = given("parallel").and_then(|node| parallel::parse(&mut reader, node));
        if let (true, Some(Parallel::Count(_)), Some(node)) = (is_trigger, &parallel, given("parallel")) {
            let message = "a trigger job takes `parallel:matrix` only";
            reader.error(
                "bad-combination",
                node.span,
                message,
                "parallel cannot use \"parallel: <number>\".",
            );
        }
        let job = Job {
            base_name: self.name.value.clone(),
            node: None,
            stage: stage.unwrap_or_else(|| Spanned::new(DEFAULT_STAGE.to_owned(), self.name.span)),
            when,
            start_in: fields.start_in(&mut reader, when),
            allow_failure: given("allow_failure")
                .and_then(|node| allow_failure::parse(&mut reader, node, is_trigger)),
            selection: fields.selection(&mut reader, self.workflow),
            needs,
            foreign_needs: foreign_needs.unwrap_or_default(),
            dependencies: given("dependencies").map(|node| dependencies::parse(&mut reader, node)),
            parallel,
            variables: given("variables")
                .map(|node| variables::parse(&mut reader, node, VariableOrigin::Job))
                .unwrap_or_default(),
            tags: fields
                .inherited("tags")
                .map(|node| tags::parse(&mut reader, node))
                .unwrap_or_default(),
            timeout: given("timeout")
                .and_then(|node| reader.duration("timeout", node, Some(MONTH_SECS)))
                .map(|secs| secs.value),
            retry: fields
                .inherited("retry")
                .and_then(|node| retry::parse(&mut reader, node)),
            interruptible: fields
                .inherited("interruptible")
                .and_then(|node| reader.boolean("interruptible", node)),
            environment: given("environment").and_then(|node| environment::parse(&mut reader, node)),
            resource_group: given("resource_group").and_then(|node| resource_group::parse(&mut reader, node)),
            inherit_variables: inherit.variables.clone(),
            work: work?,
            name: self.name,
        };
        (has_script || is_trigger)
            .then_some(job)
            .filter(|_| !stage_failed)
    }

    /// Reports the keys that a job may not have, and those that are not supported yet.
    fn keys(&mut self, mapping: &Mapping, is_trigger: bool, location: &str) {
        for Entry { key, value } in mapping.iter() {
            let mut reader = Reader::new(self.diagnostics, location);
            let written = key.value.to_text().unwrap_or_default();
            let gitlab = format!("config contains unknown keys: {written}");
            match key.as_str().and_then(table::job_key) {
                None => {
                    let help = did_you_mean(&written, table::job_keys());
                    let message = format!("`{written}` is no keyword of a job");
                    reader.error_with_help("unknown-key", key.span, message, &gitlab, help);
                }
                _ if value.is_null() => {}
                Some(keyword) if keyword.support == Support::Refused => {
                    reader.refused(&written, keyword.note, key.span);
                }
                Some(_) if is_trigger && !TRIGGER_KEYS.contains(&written.as_str()) && written != "script" => {
                    let message = format!("a trigger job has no `{written}`");
                    reader.error("unknown-key", key.span, message, &gitlab);
                }
                Some(_) => {}
            }
        }
    }

    fn not_a_job(&mut self, node: &Node) {
        let name = &self.name.value;
        let keywords = RESERVED.iter().copied();
        let help = did_you_mean(name, keywords).unwrap_or_else(|| {
            format!("write `{name}: {{script: […]}}`, or begin the name with `.` for a template")
        });
        self.diagnostics.push(
            Diagnostic::error(
                "not-a-job",
                self.name.span,
                format!("`{name}` is no keyword, and {} is no job", node.value.kind()),
            )
            .help(help)
            .gitlab(no_work_in_gitlabs_words(name)),
        );
    }

    fn no_work(&mut self, mapping: &Mapping) {
        let misspelt = |entry: &Entry| {
            entry
                .key
                .as_str()
                .and_then(|key| nearest(key, ["script", "trigger"]))
        };
        if mapping.iter().any(|entry| misspelt(entry).is_some()) {
            // It was reported as an unknown key, with the right one.
            return;
        }
        let name = &self.name.value;
        let help = did_you_mean(name, RESERVED.iter().copied()).unwrap_or_else(|| {
            "give it a `script`, or begin its name with `.` to make it a template".to_owned()
        });
        self.diagnostics.push(
            Diagnostic::error(
                "no-script",
                self.name.span,
                format!("job `{name}` has neither `script` nor `trigger`"),
            )
            .help(help)
            .gitlab(no_work_in_gitlabs_words(name)),
        );
    }
}

/// GitLab writes a name of letters and blanks with `_`.
fn no_work_in_gitlabs_words(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphabetic() || c.is_whitespace());
    let printed = if is_plain {
        name.replace(char::is_whitespace, "_")
    } else {
        name.to_owned()
    };
    format!("jobs {printed} config should implement the script:, run:, or trigger: keyword")
}

/// One job's mapping together with what it inherits.
struct Fields<'a> {
    mapping: &'a Mapping,
    defaults: &'a Defaults,
    inherit: &'a Inherit,
    is_trigger: bool,
    is_complete: bool,
}

impl<'a> Fields<'a> {
    fn own(&self, key: &str) -> Option<&'a Node> {
        self.mapping.get(key).filter(|node| !node.is_null())
    }

    fn inherited(&self, key: &str) -> Option<&'a Node> {
        self.defaults
            .node(self.mapping, &self.inherit.default, self.is_trigger, key)
    }

    fn work(&self, reader: &mut Reader<'_>, name: &str) -> Option<Work> {
        if self.is_trigger {
            return trigger::parse(reader, self.own("trigger")?).map(Work::Trigger);
        }
        let mut build = Build::default();
        let mut script = |key: &str, node: Option<&Node>| {
            node.map(|node| reader.at(key).script(key, node))
                .unwrap_or_default()
        };
        build.before_script = script("before_script", self.inherited("before_script"));
        build.script = script("script", self.own("script"));
        build.after_script = script("after_script", self.inherited("after_script"));
        if let Some(entry) = self
            .mapping
            .entry("script")
            .filter(|entry| self.is_complete && is_blank(&entry.value))
        {
            reader.error(
                "blank",
                entry.key.span,
                "`script` is empty",
                "script can't be blank",
            );
        }
        build.image = self
            .inherited("image")
            .and_then(|node| image::parse(reader, node));
        build.services = self
            .inherited("services")
            .map(|node| image::services(reader, node))
            .unwrap_or_default();
        build.artifacts = self
            .inherited("artifacts")
            .and_then(|node| artifacts::parse(reader, node));
        build.cache = self
            .inherited("cache")
            .map(|node| cache::parse(reader, node))
            .unwrap_or_default();
        build.pages = pages::parse(reader, name, self.mapping);
        if let Some(pages) = &build.pages {
            pages::keep(pages, &mut build.artifacts);
        }
        build.coverage = self
            .own("coverage")
            .and_then(|node| coverage::parse(reader, node));
        build.release = self.own("release").and_then(|node| release::parse(reader, node));
        build.pre_get_sources_script = self
            .inherited("hooks")
            .and_then(|node| hooks::parse(reader, node))
            .unwrap_or_default();
        build.id_tokens = self
            .inherited("id_tokens")
            .map(|node| id_tokens::parse(reader, node))
            .unwrap_or_default();
        build.secrets = self
            .own("secrets")
            .map(|node| secrets::parse(reader, node))
            .unwrap_or_default();
        if let Some(node) = self.own("inputs") {
            build.inputs = job_inputs::parse(reader, node);
            job_inputs::check(reader, &build, node);
        }
        build.manual_confirmation = self
            .own("manual_confirmation")
            .and_then(|node| reader.string("manual_confirmation", node))
            .map(|text| text.value);
        Some(Work::Build(Box::new(build)))
    }

    fn start_in(&self, reader: &mut Reader<'_>, when: Option<When>) -> Option<u64> {
        if self.is_trigger {
            return None;
        }
        match (
            self.mapping
                .entry("start_in")
                .filter(|entry| !entry.value.is_null()),
            when,
        ) {
            (Some(entry), Some(When::Delayed)) => reader
                .duration("start_in", &entry.value, Some(WEEK_SECS))
                .map(|secs| secs.value),
            (Some(entry), _) if self.own("rules").is_none() => {
                let message = "`start_in` goes with `when: delayed` only";
                reader.error(
                    "bad-combination",
                    entry.key.span,
                    message,
                    "start in must be blank",
                );
                None
            }
            (None, Some(When::Delayed)) if self.own("rules").is_none() => {
                let span = self.mapping.entry("when").map(|entry| entry.key.span)?;
                let help = "say how long to wait: `start_in: 30 minutes`".to_owned();
                let message = "`when: delayed` needs `start_in`";
                reader.error_with_help(
                    "missing-key",
                    span,
                    message,
                    "start in should be a duration",
                    Some(help),
                );
                None
            }
            _ => None,
        }
    }

    fn selection(&self, reader: &mut Reader<'_>, workflow: &Workflow) -> Selection {
        if let Some(entry) = self.mapping.entry("rules").filter(|entry| !entry.value.is_null()) {
            for key in ["only", "except", "start_in"] {
                if let Some(other) = self.mapping.entry(key).filter(|entry| !entry.value.is_null()) {
                    reader.report(rules::incompatible(key, other.key.span, entry.key.span));
                }
            }
            return rules::parse(reader, &entry.value, Owner::Job)
                .map_or(Selection::Always, Selection::Rules);
        }
        let mut policy = |key: &str| self.own(key).and_then(|node| only::parse(reader, key, node));
        let (only, except) = (policy("only"), policy("except"));
        let free = self.mapping.get("rules").is_some() || workflow.has_rules;
        let implicit = !free && only.as_ref().is_none_or(|only| only.refs.is_none());
        match (&only, &except) {
            (None, None) if !implicit => Selection::Always,
            _ => Selection::Policy {
                only,
                except,
                implicit,
            },
        }
    }
}

/// What GitLab's check for presence misses something in.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    }
}

/// No command is in it.
fn is_blank(script: &Node) -> bool {
    match &script.value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Sequence(items) => items.iter().all(is_blank),
        _ => false,
    }
}
