//! Waiting for Ctrl-C, or for the host to end by itself.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CommandError;

/// Listens from the moment that it is made, so that no Ctrl-C is lost.
pub(super) struct Waiting {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

/// Why the tour does not wait any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Interrupted,
    HostEnded,
}

impl Waiting {
    pub(super) fn new() -> Result<Waiting, CommandError> {
        let failed = |error| CommandError::world("cannot listen for signals").because(&error);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let within = runtime.enter();
        let (interrupt, terminate) = (
            signal(SignalKind::interrupt()).map_err(failed)?,
            signal(SignalKind::terminate()).map_err(failed)?,
        );
        drop(within);
        Ok(Waiting {
            runtime,
            interrupt,
            terminate,
        })
    }

    /// The host says nothing on the lifeline: what is read is its end.
    pub(super) fn until_over(mut self, lifeline: UnixStream) -> io::Result<Over> {
        lifeline.set_nonblocking(true)?;
        self.runtime.block_on(async {
            let mut lifeline = tokio::net::UnixStream::from_std(lifeline)?;
            Ok(tokio::select! {
                _ = self.interrupt.recv() => Over::Interrupted,
                _ = self.terminate.recv() => Over::Interrupted,
                _ = lifeline.read_u8() => Over::HostEnded,
            })
        })
    }
}
