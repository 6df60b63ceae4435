//! Circles in a graph that is given by its nodes and by what each of them leads to.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Returns the circles that a walk from each node in order meets, each once, beginning with the node that the walk
/// met first.
pub(crate) fn circles<N: Copy + Eq + Hash>(
    nodes: impl Iterator<Item = N>,
    leads_to: impl Fn(&N) -> Vec<N>,
) -> Vec<Vec<N>> {
    let mut circles = Vec::new();
    let mut done: HashSet<N> = HashSet::new();
    for start in nodes {
        let mut path: Vec<(N, std::vec::IntoIter<N>)> = Vec::new();
        let mut places: HashMap<N, usize> = HashMap::new();
        let mut next = Some(start);
        loop {
            match next.take() {
                Some(node) if done.contains(&node) => {}
                Some(node) => match places.get(&node) {
                    Some(&place) => {
                        let circle: Vec<N> = path[place..].iter().map(|(node, _)| *node).collect();
                        done.extend(&circle);
                        circles.push(circle);
                    }
                    None => {
                        places.insert(node, path.len());
                        path.push((node, leads_to(&node).into_iter()));
                    }
                },
                None => {}
            }
            let Some((node, rest)) = path.last_mut() else {
                break;
            };
            next = rest.next();
            if next.is_none() {
                let node = *node;
                done.insert(node);
                places.remove(&node);
                path.pop();
            }
        }
    }
    circles
}

/// Names the jobs on a circle of needs, the first one again at the end.
pub(crate) fn describe(names: &[&str]) -> String {
    match names {
        [only] => format!("job `{only}` needs itself"),
        names => {
            let way: Vec<_> = names
                .iter()
                .chain(names.first())
                .map(|name| format!("`{name}`"))
                .collect();
            format!("these jobs need each other in a circle: {}", way.join(" → "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(edges: &[(u8, &[u8])]) -> Vec<Vec<u8>> {
        let leads_to = |node: &u8| {
            let edges = edges.iter().find(|(from, _)| from == node);
            edges.map(|(_, to)| to.to_vec()).unwrap_or_default()
        };
        circles(edges.iter().map(|(from, _)| *from), leads_to)
    }

    #[test]
    fn each_circle_is_found_once() {
        assert_eq!(found(&[(1, &[2, 3]), (2, &[3]), (3, &[])]), Vec::<Vec<u8>>::new());
        assert_eq!(found(&[(1, &[1])]), [[1]]);
        assert_eq!(
            found(&[(1, &[2]), (2, &[3]), (3, &[1, 4]), (4, &[5]), (5, &[4])]),
            [vec![1, 2, 3], vec![4, 5]]
        );
        assert_eq!(found(&[(1, &[2]), (2, &[3]), (3, &[2])]), [[2, 3]]);
    }
}
