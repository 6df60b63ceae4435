//! A host, with an application that does as it is told.

mod house;
mod releases;
mod socket;
