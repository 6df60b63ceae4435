//! One file's text: its documents, its header, its content with inputs in their places.

use gantry_yaml::{Document, Limits, Mapping, Span, Value, Warning};

use super::Loader;
use super::header::Header;
use super::home::Home;
use super::malformed::malformed;
use crate::diagnostic::Diagnostic;
use crate::inputs::{Component, Context, Given, Giver, interpolate, resolve};

/// How many inputs a pipeline can be given.
const MAX_PIPELINE_INPUTS: usize = 20;

impl Loader<'_> {
    /// Parses the file at the end of the chain into the mapping that it means.
    pub(super) fn content(&mut self, text: String, given: &Given) -> Option<Mapping> {
        let (header, root) = self.documents(text)?;
        let mapping = self.mapping(root)?;
        match header {
            Some(header) => self.with_inputs(&header, &mapping, given),
            None => {
                self.refuse_inputs(given, mapping_span(&mapping));
                Some(mapping)
            }
        }
    }

    /// Returns the header, if there is one, and the document below it.
    fn documents(&mut self, text: String) -> Option<(Option<Header>, Document)> {
        let name = self.current().location.to_string();
        let source = self.map.add(self.variables.without_masked(name.clone()), text);
        let stream = match gantry_yaml::parse(source, self.map.text(source), &Limits::default()) {
            Ok(stream) => stream,
            Err(errors) => {
                for error in errors {
                    let diagnostic = malformed(&error);
                    let help = match diagnostic.help {
                        None => unquoted_block(self.map.text(source), error.span),
                        Some(_) => None,
                    };
                    self.report(diagnostic.maybe_help(help));
                }
                return None;
            }
        };
        self.diagnostics.extend(stream.warnings.iter().map(parse_warning));
        let mut documents = stream
            .documents
            .into_iter()
            .filter(|document| !document.root.is_null());
        let Some(first) = documents.next() else {
            let whole = Span::new(source, 0, 0);
            self.report(
                Diagnostic::error("no-jobs", whole, format!("`{name}` holds nothing but comments"))
                    .gitlab("jobs config should contain at least one visible job"),
            );
            return None;
        };
        let spec = first
            .root
            .as_mapping()
            .and_then(|mapping| mapping.entry("spec"))
            .map(|spec| spec.key.span);
        let (header, content, third) = match (spec, documents.next()) {
            (Some(spec), None) => {
                self.report(header_alone(spec));
                return None;
            }
            (Some(_), Some(content)) => (Some(first), content, documents.next()),
            (None, second) => (None, first, second),
        };
        if let Some(third) = third {
            self.report(too_many_documents(&header, &content, &third));
            return None;
        }
        let header = match header {
            Some(header) => Some(self.header(&header)?),
            None => None,
        };
        Some((header, content))
    }

    fn mapping(&mut self, document: Document) -> Option<Mapping> {
        let is_nested = self.chain.len() > 1;
        let root = document.root;
        match root.value {
            Value::Mapping(mapping) if mapping.is_empty() && is_nested => {
                let name = self.current().location.to_string();
                self.report(
                    Diagnostic::error(
                        "include",
                        root.span,
                        format!("the included file `{name}` holds nothing"),
                    )
                    .gitlab(format!("Included file `{name}` does not have valid YAML syntax!")),
                );
                None
            }
            Value::Mapping(mapping) => Some(Mapping::clone(&mapping)),
            other => {
                let message = format!("a configuration is a mapping, this is {}", other.kind());
                self.report(
                    Diagnostic::error("not-a-mapping", root.span, message)
                        .help("write keywords and jobs as `name: …`")
                        .gitlab("Invalid configuration format"),
                );
                None
            }
        }
    }

    fn with_inputs(&mut self, header: &Header, document: &Mapping, given: &Given) -> Option<Mapping> {
        let include = self.current().included_at;
        if include.is_none() && given.len() > MAX_PIPELINE_INPUTS {
            let message = format!(
                "a pipeline takes at most {MAX_PIPELINE_INPUTS} inputs, these are {}",
                given.len()
            );
            let gitlab = "There cannot be more than 20 inputs";
            self.diagnostics
                .push(Diagnostic::error("limit", None, message).gitlab(gitlab));
        }
        let values = match resolve(&header.inputs, given, Giver { include }) {
            Ok(values) => values,
            Err(wrong) => {
                for diagnostic in wrong {
                    self.report_outside(diagnostic);
                }
                return None;
            }
        };
        let component = self.component(header);
        let variables = (self.current().home != Home::Nowhere).then_some(self.variables);
        let context = Context {
            inputs: &values,
            component: component.as_ref(),
            variables,
        };
        let before = self.diagnostics.len();
        let interpolated = interpolate(document, context, self.diagnostics);
        let wrong = self.diagnostics.split_off(before);
        let failed = !wrong.is_empty();
        for diagnostic in wrong {
            self.report(diagnostic);
        }
        (!failed).then_some(interpolated)
    }

    /// Returns what the header asked to know of the component that it stands in.
    fn component(&self, header: &Header) -> Option<Component> {
        let known = self.current().component.as_ref()?;
        let asked = header.component.iter();
        let fields = asked.filter_map(|name| known.fields.iter().find(|(field, _)| field == name).cloned());
        Some(Component {
            fields: fields.collect(),
        })
    }

    fn refuse_inputs(&mut self, given: &Given, content: Option<Span>) {
        if given.is_empty() {
            return;
        }
        let level = self.current();
        let message = format!("`{}` declares no inputs", level.location);
        let span = level.included_at.or(content);
        self.report_outside(
            Diagnostic::error("input", span, message)
                .help("a file declares inputs in a header: `spec: {inputs: {…}}`, then `---`")
                .gitlab("Given inputs not defined in the `spec` section of the included configuration file"),
        );
    }
}

/// Within brackets, a block that is not quoted begins a list.
fn unquoted_block(text: &str, span: Span) -> Option<String> {
    let before = text.get(..span.range().start)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let is_block =
        line.trim_end().ends_with("$[[") || line.rsplit(['{', ',', ' ']).any(|part| part.starts_with("$[["));
    is_block.then(|| "put `$[[ … ]]` in quotes: within `{…}` and `[…]`, `[` begins a list".to_owned())
}

fn mapping_span(mapping: &Mapping) -> Option<Span> {
    mapping.iter().next().map(|entry| entry.key.span)
}

fn header_alone(spec: Span) -> Diagnostic {
    Diagnostic::error(
        "header",
        spec,
        "`spec` is a header, and there is nothing below it",
    )
    .help("write `---` on a line below the header, and then the configuration")
    .gitlab("jobs spec config should implement the script:, run:, or trigger: keyword")
}

fn too_many_documents(header: &Option<Document>, first: &Document, second: &Document) -> Diagnostic {
    let message = match header {
        Some(_) => "below a header stands one document, this is a second one",
        None => "a configuration is one document, this is a second one",
    };
    Diagnostic::error("documents", second.root.span, message)
        .related(first.root.span, "the first one begins here")
        .help("remove the `---` or `...`; GitLab would read only one of the two and say nothing")
}

pub(super) fn parse_warning(warning: &Warning) -> Diagnostic {
    match warning {
        Warning::DuplicateKey { key, first, second } => {
            let message = format!("the key `{key}` is set twice, the first value is lost");
            Diagnostic::warning("duplicate-key", *second, message)
                .related(*first, "the first one")
                .help("GitLab keeps the last one and says nothing")
        }
        other => Diagnostic::warning("yaml-syntax", other.span(), other.to_string()),
    }
}
