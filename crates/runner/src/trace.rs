//! The job's log, on its way from whoever writes it to the coordinator.
//!
//! Two streams feed one log: the runner's own lines, and the output of the job's scripts. Each passes, in this order,
//! a [`Masker`] (nothing after it has seen a secret), [`utf8`] and, where asked for, [`timestamps`]; then both meet in
//! one buffer under one size limit. [`deliver`] empties the buffer into the coordinator. The buffer is bounded: a
//! script that writes faster than the coordinator takes is slowed down by its full pipe, so a job's output costs the
//! same memory whatever its size.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use gantry_masking::{Masker, Secrets};
use tokio::sync::Notify;

pub(crate) mod deliver;
pub(crate) mod secrets;
pub(crate) mod timestamps;
pub(crate) mod utf8;

use timestamps::Timestamper;
use utf8::Utf8Cleaner;

/// A script is slowed down while more than this waits for the coordinator.
const BUFFER_FULL_BYTES: usize = 256 * 1024;
/// The coordinator is given output at once where this much waits.
const BATCH_BYTES: usize = 64 * 1024;

/// How a log is written.
pub(crate) struct Format {
    pub(crate) timestamps: bool,
    pub(crate) sections: bool,
    pub(crate) limit_bytes: u64,
    pub(crate) clock: fn() -> SystemTime,
}

/// The log of one job. Cheap to write to from anywhere; one task delivers.
pub(crate) struct Trace<'s> {
    inner: Mutex<Inner<'s>>,
    format: Format,
    /// Something waits for the coordinator.
    filled: Notify,
    /// Much waits for the coordinator, or the log is complete.
    urgent: Notify,
    /// There is room again.
    drained: Notify,
}

struct Inner<'s> {
    runner: Stream<'s>,
    script: Stream<'s>,
    buffer: Vec<u8>,
    collected_bytes: u64,
    cut: bool,
    complete: bool,
    /// Nobody takes the log any more: writing succeeds and is forgotten.
    abandoned: bool,
}

struct Stream<'s> {
    masker: Masker<'s>,
    utf8: Utf8Cleaner,
    stamper: Option<Timestamper>,
}

impl<'s> Stream<'s> {
    fn new(number: u8, secrets: &'s Secrets, format: &Format) -> Stream<'s> {
        Stream {
            masker: Masker::new(secrets),
            utf8: Utf8Cleaner::default(),
            stamper: format.timestamps.then(|| Timestamper::new(number, format.clock)),
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut masked = Vec::with_capacity(bytes.len());
        self.masker.push(bytes, &mut masked);
        let mut clean = Vec::with_capacity(masked.len());
        self.utf8.push(&masked, &mut clean);
        self.stamp(clean)
    }

    fn finish(&mut self) -> Vec<u8> {
        let (mut masked, mut clean) = (Vec::new(), Vec::new());
        self.masker.finish(&mut masked);
        self.utf8.push(&masked, &mut clean);
        self.utf8.finish(&mut clean);
        let mut out = self.stamp(clean);
        if let Some(stamper) = &mut self.stamper {
            stamper.finish(&mut out);
        }
        out
    }

    fn stamp(&mut self, clean: Vec<u8>) -> Vec<u8> {
        let Some(stamper) = &mut self.stamper else {
            return clean;
        };
        let mut out = Vec::with_capacity(clean.len());
        stamper.push(&clean, &mut out);
        out
    }
}

impl<'s> Trace<'s> {
    pub(crate) fn new(format: Format, secrets: &'s Secrets) -> Trace<'s> {
        let inner = Inner {
            runner: Stream::new(0, secrets, &format),
            script: Stream::new(1, secrets, &format),
            buffer: Vec::new(),
            collected_bytes: 0,
            cut: false,
            complete: false,
            abandoned: false,
        };
        Trace {
            inner: Mutex::new(inner),
            format,
            filled: Notify::new(),
            urgent: Notify::new(),
            drained: Notify::new(),
        }
    }

    /// Writes an ordinary line of the runner.
    pub(crate) fn line(&self, text: &str) {
        self.runner(&format!("{text}\n"));
    }

    /// Writes one of the lines that tell what the runner is about to do.
    pub(crate) fn notice(&self, text: &str) {
        self.runner(&format!("\x1b[32;1m{text}\x1b[0;m\n"));
    }

    pub(crate) fn warning(&self, text: &str) {
        self.runner(&format!("\x1b[0;33mWARNING: {text}\x1b[0;m\n"));
    }

    pub(crate) fn error(&self, text: &str) {
        self.runner(&format!("\x1b[31;1mERROR: {text}\x1b[0;m\n"));
    }

    /// Writes a header line, which begins by clearing the terminal's line.
    pub(crate) fn header(&self, text: &str) {
        self.runner(&format!("\x1b[0K{text}\x1b[0;m\n"));
    }

    /// Writes the log's last word, which the size limit does not cut.
    pub(crate) fn verdict(&self, styled: &str) {
        let mut inner = self.lock();
        let mut out = inner.script.finish();
        inner.collect(&out, &self.format);
        out = inner.runner.push(format!("{styled}\n").as_bytes());
        out.append(&mut inner.runner.finish());
        inner.buffer.append(&mut out);
        drop(inner);
        self.filled.notify_one();
    }

    /// Begins a section, with its title.
    pub(crate) fn section_start(&self, name: &str, title: &str) {
        self.marker("section_start", name);
        self.header(&format!("\x1b[36;1m{title}"));
    }

    pub(crate) fn section_end(&self, name: &str) {
        self.marker("section_end", name);
    }

    fn marker(&self, kind: &str, name: &str) {
        if self.format.sections {
            let now = (self.format.clock)()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs();
            self.runner(&format!("{kind}:{now}:{name}\r\x1b[0K"));
        }
    }

    fn runner(&self, text: &str) {
        let mut inner = self.lock();
        let out = inner.runner.push(text.as_bytes());
        inner.collect(&out, &self.format);
        drop(inner);
        self.filled.notify_one();
    }

    /// Writes output of the job's script, once there is room for it.
    pub(crate) async fn output(&self, bytes: &[u8]) {
        while !self.try_output(bytes) {
            self.drained.notified().await;
        }
    }

    /// Takes output if there is room for it. No lock is held across a wait: the job moves between threads.
    fn try_output(&self, bytes: &[u8]) -> bool {
        let mut inner = self.lock();
        if inner.cut || inner.abandoned {
            return true;
        }
        if inner.buffer.len() >= BUFFER_FULL_BYTES {
            return false;
        }
        let out = inner.script.push(bytes);
        inner.collect(&out, &self.format);
        let much = inner.buffer.len() >= BATCH_BYTES;
        drop(inner);
        self.filled.notify_one();
        if much {
            self.urgent.notify_one();
        }
        true
    }

    /// Tells that a script has ended, so that what was held back of its output precedes the lines that follow.
    pub(crate) fn output_ended(&self) {
        let mut inner = self.lock();
        let out = inner.script.finish();
        inner.collect(&out, &self.format);
        drop(inner);
        self.filled.notify_one();
    }

    /// Tells that nothing more will be written.
    pub(crate) fn complete(&self) {
        let mut inner = self.lock();
        for out in [inner.script.finish(), inner.runner.finish()] {
            inner.collect(&out, &self.format);
        }
        inner.complete = true;
        drop(inner);
        self.filled.notify_one();
        self.urgent.notify_one();
    }

    /// Tells that nobody takes the log any more.
    pub(crate) fn abandon(&self) {
        let mut inner = self.lock();
        inner.abandoned = true;
        inner.buffer = Vec::new();
        drop(inner);
        self.drained.notify_waiters();
        self.drained.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<'s>> {
        // A panic elsewhere must not silence the log.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner<'_> {
    /// Adds to the buffer what the limit allows, and says once where it cut.
    fn collect(&mut self, bytes: &[u8], format: &Format) {
        if self.abandoned || self.cut {
            return;
        }
        let room =
            usize::try_from(format.limit_bytes.saturating_sub(self.collected_bytes)).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            self.collected_bytes += bytes.len() as u64;
            self.buffer.extend_from_slice(bytes);
            return;
        }
        let end = (0..=room)
            .rev()
            .find(|end| is_char_boundary(bytes, *end))
            .unwrap_or(0);
        self.buffer.extend_from_slice(&bytes[..end]);
        let mark = format!(
            "\n\x1b[33;1mJob's log exceeded limit of {} bytes.\n\
             Job execution will continue but no more output will be collected.\x1b[0;m\n",
            format.limit_bytes
        );
        self.buffer.extend_from_slice(mark.as_bytes());
        self.cut = true;
    }
}

/// Tells whether valid UTF-8 may be cut before `index`.
fn is_char_boundary(bytes: &[u8], index: usize) -> bool {
    bytes.get(index).is_none_or(|byte| byte & 0xc0 != 0x80)
}
