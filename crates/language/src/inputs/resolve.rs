//! From what is declared and what is given to the values of inputs.

use std::collections::HashSet;

use gantry_yaml::{Node, Span, Value};
use indexmap::IndexMap;

use super::declaration::{Declaration, Declarations};
use super::given::Given;
use super::rule::Rule;
use super::value::{self, fitting, mistake};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::expression;

/// The value of every input of a file.
pub(crate) type Values = IndexMap<String, Value>;

/// Who gives values, for what is said where they are missing or wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Giver {
    /// The `include` entry; `None` for the root file, whose inputs come from outside.
    pub(crate) include: Option<Span>,
}

/// Returns the values, or everything that is wrong with what was given.
pub(crate) fn resolve(
    declared: &Declarations,
    given: &Given,
    giver: Giver,
) -> Result<Values, Vec<Diagnostic>> {
    let mut resolver = Resolver {
        declared,
        given,
        giver,
        values: Values::new(),
        unfinished: HashSet::new(),
        diagnostics: Vec::new(),
    };
    resolver.unknown();
    for name in declared.keys() {
        resolver.value(name);
    }
    if resolver.diagnostics.is_empty() {
        // In the order of the header, whatever rules asked for first.
        let mut values = resolver.values;
        return Ok(declared
            .keys()
            .filter_map(|name| values.swap_remove_entry(name))
            .collect());
    }
    Err(resolver.diagnostics)
}

struct Resolver<'a> {
    declared: &'a Declarations,
    given: &'a Given,
    giver: Giver,
    values: Values,
    /// Inputs whose rules are being looked at, and which must not be asked for again.
    unfinished: HashSet<&'a str>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Resolver<'a> {
    fn unknown(&mut self) {
        let known = |name: &&String| self.declared.contains_key(name.as_str());
        let unknown: Vec<&String> = self.given.0.keys().filter(|name| !known(name)).collect();
        let all = unknown
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let diagnostics = unknown.into_iter().map(|name| {
            let help = did_you_mean(name, self.declared.keys().map(String::as_str));
            Diagnostic::error(
                "input",
                self.span(&self.given.0[name]),
                format!("there is no input `{name}`"),
            )
            .maybe_help(help)
            .gitlab(format!("unknown input arguments: {all}"))
        });
        self.diagnostics = diagnostics.collect();
    }

    /// The place of a given value; what comes from a command line has none.
    fn span(&self, node: &Node) -> Option<Span> {
        self.giver.include.map(|_| node.span)
    }

    fn value(&mut self, name: &str) -> Option<Value> {
        if let Some(known) = self.values.get(name) {
            return Some(known.clone());
        }
        let (name, declaration) = self.declared.get_key_value(name)?;
        if !self.unfinished.insert(name) {
            return None;
        }
        let value = match &declaration.rules {
            None => self.checked(
                declaration,
                declaration.options.as_deref(),
                declaration.default_value(),
            ),
            Some(rules) => self.by_rules(declaration, rules),
        };
        self.unfinished.remove(name.as_str());
        let value = value?;
        self.values.insert(name.clone(), value.clone());
        Some(value)
    }

    /// Where no rule matches, anything goes, and nothing too.
    fn by_rules(&mut self, declaration: &Declaration, rules: &[Rule]) -> Option<Value> {
        let Some(rule) = rules.iter().find(|rule| self.matches(rule)) else {
            let default = (!rules.is_empty()).then(|| Value::String("".into()));
            return self.checked(declaration, None, default);
        };
        let default = rule.default.as_ref().map(|node| node.value.clone());
        self.checked(declaration, rule.options.as_deref(), default)
    }

    fn matches(&mut self, rule: &Rule) -> bool {
        let Some(condition) = &rule.condition else {
            return true;
        };
        let values: IndexMap<String, expression::Value> = condition
            .inputs()
            .map(|name| (name.to_owned(), operand(self.value(name))))
            .collect();
        condition.holds_for_inputs(&|name| values.get(name).cloned().unwrap_or(expression::Value::Null))
    }

    fn checked(
        &mut self,
        declaration: &Declaration,
        options: Option<&[Node]>,
        default: Option<Value>,
    ) -> Option<Value> {
        let name = &declaration.name.value;
        let given = self.given.0.get(name).filter(|node| !node.is_null());
        let Some(node) = given else {
            if default.is_none() {
                let diagnostic = self.missing(declaration);
                self.diagnostics.push(diagnostic);
            }
            return default;
        };
        match fitting(declaration, options, node) {
            Ok(value) => Some(value),
            Err(misfit) => {
                let declared = declaration.name.span;
                self.diagnostics.push(match self.span(node) {
                    Some(span) => misfit.of_given(name, span).related(declared, "declared here"),
                    None => misfit.of_given(name, declared),
                });
                None
            }
        }
    }

    fn missing(&self, declaration: &Declaration) -> Diagnostic {
        let name = &declaration.name.value;
        let message = format!("the input `{name}` is not given");
        let gitlab = "required value has not been provided";
        match self.giver.include {
            Some(span) => mistake(name, span, message, gitlab)
                .related(declaration.name.span, "declared here, without a default")
                .help(format!("write `inputs: {{{name}: …}}` beside the file")),
            None => {
                mistake(name, declaration.name.span, message, gitlab).help("give it, or give it a `default`")
            }
        }
    }
}

fn operand(value: Option<Value>) -> expression::Value {
    match value {
        None | Some(Value::Null) => expression::Value::Null,
        Some(Value::Bool(value)) => expression::Value::Boolean(value),
        Some(other) => expression::Value::String(value::text(&other)),
    }
}
