//! `gantry run`: whole pipelines, one file for each topic.

mod artifacts;
mod auto_cancel;
mod cache;
mod child;
mod coverage;
mod deploy;
mod effects;
mod endings;
mod manual;
mod nothing;
mod parallel;
mod resource_group;
mod shell;
mod sibling;
mod stopping;
mod variables;
mod work_tree;
mod world;
