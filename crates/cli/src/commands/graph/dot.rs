//! The graph for Graphviz: <https://graphviz.org/doc/info/lang.html>.

use std::fmt::Write;

use super::model::{Graph, Mark, Node, Waits};

/// Returns a directed graph, with a cluster for each stage.
pub(super) fn digraph(graph: &Graph) -> String {
    let mut out =
        "digraph pipeline {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
            .to_owned();
    for (index, stage) in graph.stages.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{index} {{\n    label={};", quoted(stage));
        for (number, node) in graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.stage == index)
        {
            let _ = writeln!(out, "    j{number} [{}];", attributes(node));
        }
        out.push_str("  }\n");
    }
    for (from, to, waits) in graph.edges() {
        let style = match waits {
            Waits::Needs => "",
            Waits::Stage => " [style=dashed]",
        };
        let _ = writeln!(out, "  j{from} -> j{to}{style};");
    }
    out.push_str("}\n");
    out
}

fn attributes(node: &Node) -> String {
    let mut attributes = format!("label={}", quoted(&node.label()));
    if node.marks.contains(&Mark::Starts) {
        attributes.push_str(", shape=cds");
    }
    if node.marks.contains(&Mark::Manual) {
        attributes.push_str(", style=\"rounded,dashed\"");
    }
    attributes
}

/// Quotes and backslashes are all that is special between quotes.
fn quoted(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    let text: String = text.chars().map(visible).collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_text_whatever_they_hold() {
        for (name, written) in [
            ("test: [a, b] 1/2", r#""test: [a, b] 1/2""#),
            (r#"say "hi" \n"#, r#""say \"hi\" \\n""#),
            ("<b>検査</b>", r#""<b>検査</b>""#),
            ("a\nb", r#""a b""#),
        ] {
            assert_eq!(quoted(name), written);
        }
    }
}
