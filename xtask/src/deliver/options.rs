//! What was typed after `deliver`.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::arguments::Arguments;

pub(super) struct Options {
    pub(super) keep: bool,
    pub(super) pull: bool,
    pub(super) gantry: Option<PathBuf>,
    pub(super) transcript: Option<PathBuf>,
}

impl Options {
    pub(super) fn taken_from(arguments: &mut Arguments) -> Result<Options> {
        let options = Options {
            keep: arguments.flag("--keep"),
            pull: arguments.flag("--pull"),
            gantry: arguments.value("--gantry")?,
            transcript: arguments.value("--transcript")?,
        };
        ensure!(
            arguments.flag("voting"),
            "what is to be delivered? there is `voting`"
        );
        arguments.finish()?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_has_to_be_named() {
        let mut arguments = Arguments::new(["--keep".to_owned()]);
        let error = Options::taken_from(&mut arguments).err().expect("an error");
        assert_eq!(error.to_string(), "what is to be delivered? there is `voting`");
    }
}
