//! The person wants the jobs to stop, or nothing can be taken down any more.

use gantry_pipeline::Event;
use gantry_protocol::Wish;
use tokio::sync::watch;

use super::Drive;
use crate::error::EngineError;
use crate::observer::Observer;

impl<S, O: Observer> Drive<'_, S, O> {
    pub(super) fn interrupted(&mut self, wish: Wish) -> Result<(), EngineError> {
        if std::mem::replace(&mut self.wish, wish) == Wish::Run {
            for member in self.members() {
                self.apply(member, Event::CancelAll, None)?;
            }
        }
        if wish == Wish::Abort {
            self.abort_all();
        }
        Ok(())
    }

    fn abort_all(&self) {
        for working in self.working.values() {
            working.wish.send_replace(Wish::Abort);
        }
    }

    /// Stops everything without taking anything down, because that is what has failed.
    pub(super) async fn abandon(&mut self) {
        self.messages.close();
        self.abort_all();
        loop {
            tokio::select! {
                // Dropped unheard, so that whoever waits for an answer is told that there is none.
                Some(_) = self.messages.recv() => {}
                ended = self.runners.join_next() => if ended.is_none() { return },
            }
        }
    }
}

/// Returns as soon as the person wants more; never, where nobody is there who could.
pub(super) async fn wish_beyond(interrupt: &mut watch::Receiver<Wish>, beyond: Wish) -> Wish {
    let wanted = interrupt.wait_for(|wish| *wish > beyond).await.map(|wish| *wish);
    match wanted {
        Ok(wish) => wish,
        Err(_) => std::future::pending().await,
    }
}
