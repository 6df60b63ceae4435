//! The git program: refs, trees, snapshots, changed files, checkouts.
