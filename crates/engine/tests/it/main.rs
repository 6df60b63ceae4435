//! The engine as its users see it: plans become runs, with a scripted runner in the place of the real one.

mod downstream;
mod effects;
mod outlook;
mod payload;
mod plans;
mod requests;
mod resources;
mod resume;
mod resume_children;
mod revisit;
mod stories;
mod world;
