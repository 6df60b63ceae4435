//! Carries out one job payload: work tree, script, trace, cache, artifacts.
