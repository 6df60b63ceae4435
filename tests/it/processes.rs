//! Which processes of a test are left, and waiting for something without guessing how long it takes.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that has the marker in its environment.
#[derive(Debug)]
pub(crate) struct Marked {
    pub(crate) id: i32,
    pub(crate) command: String,
}

/// Returns the living processes that have `marker` somewhere in their environment.
///
/// Every job inherits HOME, which lies below the folder of its test, so the path of that folder marks whatever a test
/// has started, also what left its session.
pub(crate) fn marked(marker: &Path) -> Vec<Marked> {
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        contains(&environment, marker.as_os_str().as_bytes())
    })
    .map(|id: i32| {
        let command = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        Marked { id, command }
    })
    .collect()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Returns what `look` finds, as soon as it finds something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
