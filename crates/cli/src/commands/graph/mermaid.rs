//! The graph for Mermaid, which GitLab and GitHub draw in Markdown: <https://mermaid.js.org/syntax/flowchart.html>.

use std::fmt::Write;

use super::model::{Graph, Mark, Node, Waits};

/// Returns a flowchart.
pub(super) fn flowchart(graph: &Graph) -> String {
    let mut out = "flowchart LR\n".to_owned();
    for (index, stage) in graph.stages.iter().enumerate() {
        let _ = writeln!(out, "  subgraph s{index} [\"{}\"]", text(stage));
        for (number, node) in graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.stage == index)
        {
            let _ = writeln!(out, "    j{number}{}", shape(node));
        }
        out.push_str("  end\n");
    }
    for (from, to, waits) in graph.edges() {
        let arrow = match waits {
            Waits::Needs => "-->",
            Waits::Stage => "-.->",
        };
        let _ = writeln!(out, "  j{from} {arrow} j{to}");
    }
    out
}

/// What is started by hand is rounded, what starts a pipeline has double sides.
fn shape(node: &Node) -> String {
    let label = text(&node.label());
    if node.marks.contains(&Mark::Starts) {
        format!("[[\"{label}\"]]")
    } else if node.marks.contains(&Mark::Manual) {
        format!("([\"{label}\"])")
    } else {
        format!("[\"{label}\"]")
    }
}

/// Within quotes everything is text but quotes, entities, and what Markdown and HTML make something of.
fn text(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            letter if letter.is_alphanumeric() => out.push(letter),
            ' ' | '-' | '.' | ',' | ':' | '/' | '(' | ')' | '[' | ']' => out.push(letter),
            letter if letter.is_control() => out.push(' '),
            letter => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn names_are_text_whatever_they_hold() {
        for (name, written) in [
            ("test: [a, b] 1/2", "test: [a, b] 1/2"),
            ("say \"hi\" #1;", "say #34;hi#34; #35;1#59;"),
            (
                "`code` <b> & {x}|y",
                "#96;code#96; #60;b#62; #38; #123;x#125;#124;y",
            ),
            ("prüfung 検査", "prüfung 検査"),
            ("a\nb", "a b"),
        ] {
            assert_eq!(text(name), written);
        }
    }
}
