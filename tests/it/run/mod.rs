//! `gantry run`: whole pipelines, one file for each topic.

mod artifacts;
mod auto_cancel;
mod cache;
mod child;
mod child_afterwards;
mod coverage;
mod deploy;
mod effects;
mod endings;
mod in_place;
mod live;
mod manual;
mod nothing;
mod output;
mod parallel;
mod predefined;
mod reports;
mod resource_group;
mod shell;
mod sibling;
mod stopping;
mod submodules;
mod variables;
mod work_tree;
mod world;
