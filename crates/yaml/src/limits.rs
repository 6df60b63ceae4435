//! How much a text may ask for.

/// Bounds on a text and on what it unfolds to. Each has its own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub size_bytes: usize,
    /// Collections inside one another, with aliases unfolded.
    pub depth: usize,
    /// Nodes of a text, keys included and aliases unfolded: what a program would visit that walks the tree.
    pub nodes: usize,
}

impl Default for Limits {
    /// GitLab's size and depth; a text of that size holds about a million nodes if it is nothing else.
    fn default() -> Limits {
        Limits {
            size_bytes: 2 * 1024 * 1024,
            depth: 100,
            nodes: 1_000_000,
        }
    }
}
