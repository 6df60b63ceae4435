//! The secret that stands for one attempt at a job.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};

/// Returns a new token of 160 random bits.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; 20];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold("gantry-".to_owned(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}
