//! The order in which jobs are looked at.

/// Returns `0..count` so that each comes after what it needs, as far as that is possible, and otherwise as it was.
///
/// What lies on a cycle keeps some order; such jobs wait for each other whatever it is.
pub(crate) fn needed_first<'a>(count: usize, needs: impl Fn(usize) -> &'a [usize]) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let mut path: Vec<(usize, std::slice::Iter<'a, usize>)> = Vec::new();
    for start in 0..count {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        path.push((start, needs(start).iter()));
        while let Some((job, rest)) = path.last_mut() {
            match rest.find(|need| !seen[**need]) {
                Some(&need) => {
                    seen[need] = true;
                    path.push((need, needs(need).iter()));
                }
                None => {
                    order.push(*job);
                    path.pop();
                }
            }
        }
    }
    order
}
