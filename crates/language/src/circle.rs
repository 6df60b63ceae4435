//! Jobs that need each other in a circle, once the rules have had their say.
//!
//! `needs` of jobs are checked with the file; `rules:needs` replace them for one event, and only then it shows where
//! they lead. GitLab lets such a pipeline be created, and its jobs wait for each other for ever.

/// Returns the first circle: positions, each of which needs the next, and the last the first.
pub(crate) fn find<'a>(count: usize, needs: impl Fn(usize) -> &'a [usize]) -> Option<Vec<usize>> {
    let mut done = vec![false; count];
    for start in 0..count {
        let mut path = Vec::new();
        if !done[start] {
            path.push((start, needs(start).iter()));
        }
        while let Some((at, rest)) = path.last_mut() {
            let Some(&need) = rest.next() else {
                done[*at] = true;
                path.pop();
                continue;
            };
            if let Some(first) = path.iter().position(|(above, _)| *above == need) {
                return Some(path[first..].iter().map(|(at, _)| *at).collect());
            }
            if !done[need] {
                path.push((need, needs(need).iter()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(needs: &[&[usize]]) -> Option<Vec<usize>> {
        find(needs.len(), |at| needs[at])
    }

    #[test]
    fn a_circle_is_named_from_where_it_is_entered() {
        assert_eq!(circle(&[&[1], &[2], &[3], &[1]]), Some(vec![1, 2, 3]));
        assert_eq!(circle(&[&[], &[1]]), Some(vec![1]));
    }

    #[test]
    fn ways_that_meet_are_no_circle() {
        assert_eq!(circle(&[&[1, 2], &[3], &[3], &[]]), None);
    }
}
