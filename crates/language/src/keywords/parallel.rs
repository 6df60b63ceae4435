//! `parallel`: one job several times. <https://docs.gitlab.com/ci/yaml/#parallel>

use gantry_yaml::{Entry, Node, Span, Value};

use crate::reader::{Reader, in_quotes};

const NAME: &str = "parallel";
const MAX_INSTANCES: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parallel {
    Count(u32),
    Matrix(Vec<Instance>),
}

/// One combination of a matrix: its variables in the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    /// Of the row that it is made of.
    pub(crate) span: Span,
    pub(crate) variables: Vec<(String, String)>,
}

impl Instance {
    /// Returns what the instance's name adds to the job's: `[linux, 3.9]`.
    pub(crate) fn suffix(&self) -> String {
        let values: Vec<_> = self.variables.iter().map(|(_, value)| value.as_str()).collect();
        format!("[{}]", values.join(", "))
    }
}

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Parallel> {
    let mut reader = reader.at(NAME);
    match &node.value {
        Value::Integer(count) => match u32::try_from(*count) {
            Ok(count @ 1..=200) => Some(Parallel::Count(count)),
            _ => {
                let text = if *count < 1 {
                    "must be greater than or equal to 1"
                } else {
                    "must be less than or equal to 200"
                };
                reader.error(
                    "limit",
                    node.span,
                    format!("`parallel` is 1 to {MAX_INSTANCES}, not {count}"),
                    text,
                );
                None
            }
        },
        Value::Mapping(_) => {
            let mapping = reader.mapping(NAME, node, &["matrix"])?;
            let Some(matrix) = mapping.get("matrix") else {
                reader.error(
                    "missing-key",
                    node.span,
                    "`parallel` needs a `matrix`",
                    "missing required keys: matrix",
                );
                return None;
            };
            matrix_instances(&mut reader.at("matrix"), matrix).map(Parallel::Matrix)
        }
        _ => {
            let help = node
                .as_str()
                .map(|text| format!("write `parallel: {text}` without quotes"));
            reader.wrong_type(
                NAME,
                "a number or a `matrix`",
                node,
                "should be an integer or a hash",
                help,
            );
            None
        }
    }
}

fn matrix_instances(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Instance>> {
    if node.is_null() {
        return Some(Vec::new());
    }
    let Some(rows) = node.as_sequence() else {
        reader.wrong_type(
            "matrix",
            "a list of mappings",
            node,
            "config should be an array of hashes",
            None,
        );
        return None;
    };
    let mut instances = Vec::new();
    for row in rows {
        let columns = columns(reader, row)?;
        let count = product(columns.iter().map(|(_, values)| values.len()));
        if instances.len().saturating_add(count) > MAX_INSTANCES {
            let message = format!("this matrix makes more than {MAX_INSTANCES} jobs");
            let gitlab = "config generates too many jobs (maximum is 200)";
            reader.error("limit", node.span, message, gitlab);
            return None;
        }
        instances.extend((0..count).map(|number| combination(row.span, &columns, number, count)));
    }
    Some(instances)
}

fn product(counts: impl Iterator<Item = usize>) -> usize {
    counts.fold(1, usize::saturating_mul)
}

/// Returns how many jobs a `parallel` makes that nobody has looked at yet, at most as many as are allowed.
pub(crate) fn count(node: &Node) -> usize {
    let values = |node: &Node| node.as_sequence().map_or(1, <[Node]>::len);
    let row = |row: &Node| match row.as_mapping() {
        Some(columns) => product(columns.iter().map(|column| values(&column.value))),
        None => 1,
    };
    let count = match &node.value {
        Value::Integer(count) => usize::try_from(*count).unwrap_or_default(),
        Value::Mapping(mapping) => {
            let rows = mapping.get("matrix").and_then(Node::as_sequence);
            rows.unwrap_or_default()
                .iter()
                .map(row)
                .fold(0, usize::saturating_add)
        }
        _ => 1,
    };
    count.min(MAX_INSTANCES)
}

/// The combination of that number, the first column varying slowest.
fn combination(span: Span, columns: &[(String, Vec<String>)], number: usize, count: usize) -> Instance {
    let mut block = count;
    let mut variables = Vec::with_capacity(columns.len());
    for (key, values) in columns {
        block /= values.len();
        variables.push((key.clone(), values[number / block % values.len()].clone()));
    }
    Instance { span, variables }
}

/// The keys of one row with their values. Keys that are not strings come last, as GitLab's deep copy leaves them.
fn columns(reader: &mut Reader<'_>, row: &Node) -> Option<Vec<(String, Vec<String>)>> {
    let Some(mapping) = row.as_mapping() else {
        let message = format!("an entry of `matrix` is a mapping, not {}", row.value.kind());
        reader.error(
            "wrong-type",
            row.span,
            message,
            "config should be an array of hashes",
        );
        return None;
    };
    if mapping.is_empty() {
        reader.error(
            "blank",
            row.span,
            "this entry of the matrix has no variable",
            "requires at least 1 items",
        );
        return None;
    }
    let (texts, others): (Vec<_>, Vec<_>) = mapping.iter().partition(|entry| entry.key.as_str().is_some());
    let mut columns: Vec<(Option<String>, Option<Vec<String>>)> = Vec::new();
    for Entry { key, value } in texts.into_iter().chain(others) {
        let name = scalar(reader, key);
        let items = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        let values: Vec<Option<String>> = items.iter().map(|item| scalar(reader, item)).collect();
        columns.push((name, values.into_iter().collect::<Option<Vec<_>>>()));
    }
    columns
        .into_iter()
        .map(|(name, values)| name.zip(values))
        .collect()
}

fn scalar(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => {
            let gitlab = "config should be a hash of key value pairs, value can be an array";
            reader.wrong_type("matrix", "strings and integers", node, gitlab, in_quotes(node));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_yaml::SourceId;

    use super::*;

    #[test]
    fn the_first_key_of_a_matrix_varies_slowest() {
        let columns = [
            ("OS".to_owned(), vec!["linux".to_owned(), "mac".to_owned()]),
            (
                "V".to_owned(),
                vec!["1".to_owned(), "2".to_owned(), "3".to_owned()],
            ),
        ];
        let suffixes: Vec<_> = (0..6)
            .map(|number| combination(Span::new(SourceId(0), 0, 0), &columns, number, 6).suffix())
            .collect();
        assert_eq!(
            suffixes,
            [
                "[linux, 1]",
                "[linux, 2]",
                "[linux, 3]",
                "[mac, 1]",
                "[mac, 2]",
                "[mac, 3]"
            ]
        );
    }
}
