//! The header of a file: `spec`, above the first `---`. <https://docs.gitlab.com/ci/yaml/#header-keywords>

use gantry_yaml::{Document, Node, Span};

use super::Loader;
use super::entry::Found;
use crate::diagnostic::Diagnostic;
use crate::inputs::{Declarations, declarations};
use crate::location::Location;
use crate::reader::Reader;

const KEYS: &[&str] = &["inputs", "include", "component", "description"];
const COMPONENT_FIELDS: &[&str] = &["name", "sha", "version", "reference"];
const MAX_DESCRIPTION: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) inputs: Declarations,
    /// What `$[[ component.x ]]` may name.
    pub(super) component: Vec<String>,
}

impl Loader<'_> {
    /// Reads a header; `None` where it is so wrong that nothing can be said about the document below.
    pub(super) fn header(&mut self, document: &Document) -> Option<Header> {
        let before = self.diagnostics.len();
        let header = self.read_header(&document.root);
        let wrong = self.diagnostics.split_off(before);
        let failed = wrong.iter().any(Diagnostic::is_error);
        for mut diagnostic in wrong {
            // The document below is not read then, and its jobs are missing.
            if diagnostic.is_error() {
                diagnostic.code = "header";
            }
            self.report(diagnostic);
        }
        header.filter(|_| !failed)
    }

    fn read_header(&mut self, root: &Node) -> Option<Header> {
        let mut reader = Reader::new(self.diagnostics, "header");
        let root = reader.mapping("the header", root, &["spec"])?;
        let spec = root.get("spec")?;
        if spec.is_null() {
            return Some(Header::default());
        }
        let mut reader = reader.at("spec");
        let mapping = reader.mapping("spec", spec, KEYS)?;
        let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
        let mut header = Header {
            inputs: given("inputs")
                .map(|node| declarations(&mut reader, node))
                .unwrap_or_default(),
            component: given("component")
                .map(|node| component(&mut reader, node))
                .unwrap_or_default(),
        };
        if let Some(text) = given("description").and_then(|node| reader.string("description", node))
            && text.value.chars().count() > MAX_DESCRIPTION
        {
            let message = format!("`spec:description` is longer than {MAX_DESCRIPTION} characters");
            let gitlab = "description is too long (maximum is 256 characters)";
            reader.error("limit", text.span, message, gitlab);
        }
        if let Some(include) = given("include") {
            for found in self.entries(include) {
                self.include_inputs(&found, &mut header.inputs);
            }
        }
        Some(header)
    }

    /// Adds the inputs that a file declares, which holds nothing else.
    fn include_inputs(&mut self, found: &Found, inputs: &mut Declarations) {
        if matches!(found.location, Location::Template { .. } | Location::Component(_)) {
            let message = "`spec:include` takes `local`, `project` and `remote` files";
            self.report(Diagnostic::error("include", found.span, message));
            return;
        }
        let Some(fetched) = self.fetch(found) else {
            return;
        };
        let Some(root) = self.parse_only(&found.location, fetched.text, found.span) else {
            return;
        };
        let mut reader = Reader::new(self.diagnostics, "header:spec:include");
        let Some(mapping) = reader.mapping("a file of inputs", &root, &["inputs"]) else {
            return;
        };
        let Some(node) = mapping.get("inputs").filter(|node| !node.is_null()) else {
            return;
        };
        let more = declarations(&mut Reader::new(self.diagnostics, "header:spec"), node);
        for (name, declaration) in more {
            match inputs.get(&name) {
                Some(first) => {
                    let diagnostic = declared_twice(&name, declaration.name.span, first.name.span);
                    self.report(diagnostic);
                }
                None => drop(inputs.insert(name, declaration)),
            }
        }
    }
}

fn component(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let fields = reader.strings("component", node);
    for field in fields
        .iter()
        .filter(|field| !COMPONENT_FIELDS.contains(&field.value.as_str()))
    {
        let help = crate::diagnostic::did_you_mean(&field.value, COMPONENT_FIELDS.iter().copied());
        let message = format!("a component has no `{}`", field.value);
        let gitlab = format!("component contains unknown values: {}", field.value);
        reader.error_with_help("unknown-value", field.span, message, &gitlab, help);
    }
    fields.into_iter().map(|field| field.value).collect()
}

fn declared_twice(name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("input", second, format!("the input `{name}` is declared twice"))
        .related(first, "the first time here")
        .gitlab(format!(
            "Duplicate input keys found: {name}. Input keys must be unique across all included files and inline \
             specifications."
        ))
}
