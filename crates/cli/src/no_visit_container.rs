//! In the place of [`visit_container`](self) where gantry was built without the feature `docker`.

use std::ffi::OsString;

use gantry_engine::Executor;
use gantry_runner::{Settings, Visit};
use tokio::process::Command;

use crate::containers::DockerFile;
use crate::error::CommandError;
use crate::places::Places;

/// There is none.
pub(crate) enum VisitEngine {}

impl VisitEngine {
    pub(crate) fn find(
        _executor: &Executor,
        _file: &DockerFile,
        _places: &Places,
    ) -> Result<Result<VisitEngine, String>, CommandError> {
        Ok(Err("this gantry was built without containers".to_owned()))
    }

    pub(crate) fn equip(&self, _settings: Settings) -> Settings {
        match *self {}
    }

    pub(crate) fn call(&self, _visit: &Visit, _terminal: bool, _command: &[OsString]) -> Option<Command> {
        match *self {}
    }

    pub(crate) fn close(self) {
        match self {}
    }
}
