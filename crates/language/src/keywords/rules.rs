//! `rules`, as jobs, `workflow` and `include` have them: reading. <https://docs.gitlab.com/ci/yaml/#rules>
//!
//! How they are evaluated is in [`crate::selection`].

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use super::needs::{self, Need};
use super::path_test::{PathTest, path_test, paths};
use super::{auto_cancel, foreign_needs};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::plan::When;
use crate::reader::{Reader, Spanned, Text, WEEK_SECS};

const JOB_KEYS: &[&str] = &[
    "if",
    "changes",
    "exists",
    "when",
    "start_in",
    "allow_failure",
    "variables",
    "needs",
    "interruptible",
];
const WORKFLOW_KEYS: &[&str] = &[
    "if",
    "changes",
    "exists",
    "when",
    "start_in",
    "allow_failure",
    "variables",
    "needs",
    "auto_cancel",
];
const INCLUDE_KEYS: &[&str] = &["if", "changes", "exists", "when"];

/// Whose rules are read; each allows other keys and other values of `when`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Job,
    Workflow,
    Include,
}

/// One rule as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) span: Span,
    pub(crate) condition: Option<Condition>,
    pub(crate) changes: Option<Changes>,
    pub(crate) exists: Option<ExistsClause>,
    pub(crate) when: Option<RuleWhen>,
    pub(crate) start_in: Option<u64>,
    pub(crate) allow_failure: Option<bool>,
    pub(crate) variables: Vec<(Text, String)>,
    pub(crate) needs: Option<Vec<Need>>,
    pub(crate) interruptible: Option<bool>,
    pub(crate) auto_cancel: Option<auto_cancel::Written>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) text: Text,
    pub(crate) expression: Expression,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    pub(crate) paths: PathTest,
    pub(crate) compare_to: Option<Text>,
}

/// `exists`: files of this checkout, or of another project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExistsClause {
    pub(crate) paths: PathTest,
    pub(crate) project: Option<Text>,
    pub(crate) git_ref: Option<Text>,
}

impl ExistsClause {
    fn of(paths: Vec<Text>) -> ExistsClause {
        ExistsClause {
            paths: PathTest::Globs(paths),
            project: None,
            git_ref: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleWhen {
    Never,
    Start(When),
}

impl RuleWhen {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RuleWhen::Never => "never",
            RuleWhen::Start(when) => when.as_str(),
        }
    }
}

impl Rule {
    /// Returns the rule on one line, as people would write it.
    pub(crate) fn text(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(
            self.condition
                .as_ref()
                .map(|condition| format!("if: {}", one_line(&condition.text.value))),
        );
        parts.extend(
            self.changes
                .as_ref()
                .map(|changes| format!("changes: {}", changes.paths)),
        );
        parts.extend(
            self.exists
                .as_ref()
                .map(|exists| format!("exists: {}", exists.paths)),
        );
        parts.extend(self.when.map(|when| format!("when: {}", when.as_str())));
        parts.extend(
            self.allow_failure
                .map(|allowed| format!("allow_failure: {allowed}")),
        );
        if parts.is_empty() {
            "a rule without conditions".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a list of rules; `None` where it is no list.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node, owner: Owner) -> Option<Vec<Rule>> {
    let Some(items) = reader.flattened("rules", node) else {
        let gitlab = "rules should be an array containing hashes and arrays of hashes";
        let help = node
            .as_mapping()
            .map(|_| "begin each rule with `- `, also a single one".to_owned());
        reader.wrong_type("rules", "a list of rules", node, gitlab, help);
        return None;
    };
    if items.is_empty() {
        let help = "leave `rules` out, or write `rules: [{when: never}]`".to_owned();
        let message = "`rules` is an empty list";
        reader
            .at("rules")
            .error_with_help("blank", node.span, message, "config can't be blank", Some(help));
    }
    let mut reader = reader.at("rules:rule");
    Some(
        items
            .into_iter()
            .filter_map(|item| rule(&mut reader, item, owner))
            .collect(),
    )
}

fn rule(reader: &mut Reader<'_>, node: &Node, owner: Owner) -> Option<Rule> {
    let keys = match owner {
        Owner::Job => JOB_KEYS,
        Owner::Workflow => WORKFLOW_KEYS,
        Owner::Include => INCLUDE_KEYS,
    };
    if node.as_mapping().is_none() {
        let message = format!("a rule is a mapping, not {}", node.value.kind());
        let help = node.as_str().map(|text| format!("write `if: {text}`"));
        reader.error_with_help("wrong-type", node.span, message, "config should be a hash", help);
        return None;
    }
    let mapping = reader.mapping("rules", node, keys)?;
    if mapping.is_empty() {
        reader.error("blank", node.span, "this rule is empty", "config can't be blank");
        return None;
    }
    let mut rule = Rule {
        span: node.span,
        condition: None,
        changes: None,
        exists: None,
        when: None,
        start_in: None,
        allow_failure: None,
        variables: Vec::new(),
        needs: None,
        interruptible: None,
        auto_cancel: None,
    };
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "if" => rule.condition = condition(reader, value),
            "changes" => rule.changes = changes(reader, value),
            "exists" => rule.exists = exists(reader, value, owner),
            "when" => rule.when = when(reader, value, owner),
            "start_in" => {}
            "allow_failure" => rule.allow_failure = reader.boolean("allow_failure", value),
            "variables" => rule.variables = super::variables::plain(reader, value),
            "needs" if owner == Owner::Job => {
                rule.needs = needs::parse(reader, value);
                if !foreign_needs::parse(reader, value).is_empty() {
                    let message = "`rules:needs` names jobs of this pipeline only";
                    reader.error(
                        "bad-value",
                        value.span,
                        message,
                        "needs config uses invalid types: cross_dependency",
                    );
                }
            }
            "interruptible" => rule.interruptible = reader.boolean("interruptible", value),
            "auto_cancel" => rule.auto_cancel = auto_cancel::parse(reader, value),
            _ => {}
        }
    }
    start_in(reader, mapping, &mut rule);
    Some(rule)
}

pub(crate) fn condition(reader: &mut Reader<'_>, node: &Node) -> Option<Condition> {
    const GITLAB: &str = "if invalid expression syntax";
    let Some(text) = node.as_str() else {
        let help = node
            .value
            .to_text()
            .map(|text| format!("put the expression in quotes: `if: '{text}'`"));
        reader.wrong_type("if", "an expression", node, GITLAB, help);
        return None;
    };
    match Expression::parse(text) {
        Ok(expression) => Some(Condition {
            text: Spanned::new(text.to_owned(), node.span),
            expression,
        }),
        Err(error) => {
            let message = format!("invalid expression: {error}");
            let span = within_scalar(node.span, text, error.range());
            reader.error_with_help("bad-expression", span, message, GITLAB, error.help());
            None
        }
    }
}

/// The part of a scalar's span that a range of its text stands for, where the scalar is written as it is; quotes
/// are one byte. Anything that was folded or escaped keeps the whole span.
pub(crate) fn within_scalar(span: Span, text: &str, range: std::ops::Range<usize>) -> Span {
    let written = span.range().len();
    let offset = match written.checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return span,
    };
    let start = span.range().start + offset;
    Span::new(
        span.source,
        start + range.start,
        start + range.end.max(range.start),
    )
}

fn changes(reader: &mut Reader<'_>, node: &Node) -> Option<Changes> {
    let mut reader = reader.at("changes");
    match &node.value {
        Value::Sequence(_) => Some(Changes {
            paths: PathTest::Globs(paths(&mut reader, "changes", node)),
            compare_to: None,
        }),
        Value::Mapping(_) => {
            let mapping = reader.mapping("changes", node, &["paths", "compare_to", "regexp"])?;
            let compare_to = mapping.get("compare_to").filter(|node| !node.is_null());
            Some(Changes {
                paths: path_test(&mut reader, "changes", mapping, node)?,
                compare_to: compare_to.and_then(|node| reader.string("compare_to", node)),
            })
        }
        _ => {
            let help = node.as_str().map(|path| format!("write `changes: [{path}]`"));
            reader.wrong_type(
                "changes",
                "a list of paths",
                node,
                "should be an array or a hash",
                help,
            );
            None
        }
    }
}

fn exists(reader: &mut Reader<'_>, node: &Node, owner: Owner) -> Option<ExistsClause> {
    let mut reader = reader.at("exists");
    match &node.value {
        Value::String(path) => Some(ExistsClause::of(vec![Spanned::new(path.to_string(), node.span)])),
        // GitLab counts the paths of jobs and of the workflow only.
        Value::Sequence(_) if owner == Owner::Include => {
            Some(ExistsClause::of(reader.strings("exists", node)))
        }
        Value::Sequence(_) => Some(ExistsClause::of(paths(&mut reader, "exists", node))),
        Value::Mapping(_) => {
            let mapping = reader.mapping("exists", node, &["paths", "project", "ref", "regexp"])?;
            let mut text = |key: &str| {
                let node = mapping.get(key).filter(|node| !node.is_null())?;
                reader.string(key, node)
            };
            let (project, git_ref) = (text("project"), text("ref"));
            if let (None, Some(git_ref)) = (&project, &git_ref) {
                let message = "`exists:ref` needs `exists:project`";
                reader.error(
                    "missing-key",
                    git_ref.span,
                    message,
                    "config missing required keys: project",
                );
            }
            let paths = path_test(&mut reader, "exists", mapping, node)?;
            Some(ExistsClause {
                paths,
                project,
                git_ref,
            })
        }
        _ => {
            let gitlab = "should be a string, an array of strings, or a hash";
            reader.wrong_type("exists", "a path or a list of paths", node, gitlab, None);
            None
        }
    }
}

fn when(reader: &mut Reader<'_>, node: &Node, owner: Owner) -> Option<RuleWhen> {
    let all = [
        ("always", RuleWhen::Start(When::Always)),
        ("never", RuleWhen::Never),
        ("on_success", RuleWhen::Start(When::OnSuccess)),
        ("on_failure", RuleWhen::Start(When::OnFailure)),
        ("manual", RuleWhen::Start(When::Manual)),
        ("delayed", RuleWhen::Start(When::Delayed)),
    ];
    reader.one_of("when", node, if owner == Owner::Job { &all } else { &all[..2] })
}

fn start_in(reader: &mut Reader<'_>, mapping: &Mapping, rule: &mut Rule) {
    let given = mapping.entry("start_in").filter(|entry| !entry.value.is_null());
    let delayed = rule.when == Some(RuleWhen::Start(When::Delayed));
    match given {
        Some(entry) if delayed => {
            rule.start_in = reader
                .duration("start_in", &entry.value, Some(WEEK_SECS))
                .map(|secs| secs.value);
        }
        Some(entry) => {
            let message = "`start_in` goes with `when: delayed` only";
            reader.error(
                "bad-combination",
                entry.key.span,
                message,
                "config contains disallowed keys: start_in",
            );
        }
        None if delayed => {
            let message = "`when: delayed` needs `start_in`";
            let help = "say how long to wait: `start_in: 30 minutes`".to_owned();
            reader.error_with_help(
                "missing-key",
                rule.span,
                message,
                "start in can't be blank",
                Some(help),
            );
        }
        None => {}
    }
}

/// The error for keywords that do not go together with `rules`.
pub(crate) fn incompatible(key: &str, span: Span, rules: Span) -> Diagnostic {
    Diagnostic::error(
        "bad-combination",
        span,
        format!("`{key}` and `rules` do not go together"),
    )
    .related(rules, "`rules` is here")
    .help(match key {
        "start_in" => "write `start_in` beside `when: delayed` in the rule",
        _ => "express it as a rule; `rules` replaces `only` and `except`",
    })
    .gitlab(format!("config key may not be used with `rules`: {key}"))
}
