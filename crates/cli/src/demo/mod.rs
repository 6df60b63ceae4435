//! `gantry demo`: a voting application, built, delivered, loaded, backed up and restored on this machine.
//!
//! The [`tour`] makes a repository ([`project`]), starts a host ([`attendant`]) and runs the pipeline of
//! `stacks/demo` by the same code as `gantry run`. Then it asks the running application and the reports of the jobs what
//! has come of it ([`findings`]): nothing that it tells is known beforehand.
//!
//! The host is a process of its own, so that it can stay when the tour is over. It lives no longer than the tour unless
//! the tour says so: they share a socket, the *lifeline*.

pub(crate) mod arguments;
mod attendant;
mod control;
mod findings;
mod folder;
mod git;
mod project;
mod serving;
mod settings;
mod source;
mod telling;
mod tour;
mod waiting;
mod wording;

use self::arguments::{DemoArgs, Part, Wish};
use self::folder::DemoFolder;
use crate::args::Global;
use crate::error::{CommandError, Exit};

pub(crate) fn demo(global: &Global, args: &DemoArgs) -> Result<Exit, CommandError> {
    match &args.part {
        Some(Part::Host(host)) => return serving::serve(host),
        Some(Part::HandOver { directory, host }) => return control::hand_over(global, directory, host),
        None => {}
    }
    let folder = DemoFolder::find(global.directory.as_deref())?;
    match args.wish() {
        Wish::Tour => tour::tour(global, args, &folder),
        Wish::Status => control::status(global, &folder),
        Wish::Rollback => control::roll_back(global, &folder),
        Wish::Stop => control::stop(global, &folder),
    }
}
