//! What the host does about releases: one thing at a time.

use std::time::Duration;

use gantry_runner::supervise::Supervisors;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::application::Application;
use crate::doorman::{Order, Ordered};
use crate::error::StartError;
use crate::host::Tell;
use crate::post::{Current, Post, Turn};
use crate::running::{Running, Start};
use crate::shelf::Shelf;
use crate::traffic::{Live, Way};
use crate::wire::{Answer, Change, Release, Status};

/// One that lived for less may be about to die again.
const SHORT_LIFE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct Duty {
    pub(crate) application: Application,
    pub(crate) supervisors: Supervisors,
    pub(crate) shelf: Shelf,
    pub(crate) traffic: watch::Sender<Way>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) tell: Tell,
    pub(crate) post: Post,
}

/// What there is to do.
enum Event {
    Ordered(Ordered),
    Changed(Turn),
}

impl Duty {
    /// Never returns while orders can come. May be dropped at any time, which ends what runs.
    pub(crate) async fn serve(&mut self, orders: &mut mpsc::Receiver<Ordered>) {
        loop {
            let event = tokio::select! {
                Some(ordered) = orders.recv() => Event::Ordered(ordered),
                turn = self.post.turn() => Event::Changed(turn),
            };
            match event {
                Event::Ordered((order, answer)) => {
                    let outcome = self.obey(order).await;
                    // Who asked may be gone; the release is current all the same.
                    let _ = answer.send(outcome);
                }
                Event::Changed(Turn::Died(how)) => self.mourn(&how),
                Event::Changed(Turn::Again(release)) => self.start_again(release).await,
            }
        }
    }

    /// Ends the release that is current.
    pub(crate) async fn end(&mut self) {
        if let Post::Held(current) = std::mem::replace(&mut self.post, Post::Vacant) {
            current.running.stop().await;
        }
    }

    async fn obey(&mut self, order: Order) -> Answer {
        let changed = match order {
            Order::Deploy(directory) => self.deploy(&directory).await,
            Order::Rollback => self.roll_back().await,
        };
        match changed {
            Ok(change) => {
                (self.tell)(&format!(
                    "release {} ({}) is current",
                    change.to.number, change.to.version
                ));
                Answer::Changed(change)
            }
            Err(reason) => {
                (self.tell)(&format!("refused: {reason}"));
                Answer::Refused { reason }
            }
        }
    }

    async fn deploy(&mut self, directory: &std::path::Path) -> Result<Change, String> {
        let taken = tokio::task::block_in_place(|| self.shelf.take(directory));
        let release = taken.map_err(|error| error.to_string())?;
        match self.change_to(&release).await {
            Ok(change) => Ok(change),
            Err(error) => {
                let reason = self.why_not(&release, &error);
                self.shelf.discard(&release);
                Err(reason)
            }
        }
    }

    async fn roll_back(&mut self) -> Result<Change, String> {
        let current = match &self.post {
            Post::Vacant => return Err("there is no current release".to_owned()),
            Post::Held(current) => &current.running.release,
            Post::Fallen { release, .. } => release,
        };
        let Some(before) = self.shelf.before(current).cloned() else {
            return Err(format!("there is no release before release {}", current.number));
        };
        let changed = self.change_to(&before).await;
        changed.map_err(|error| self.why_not(&before, &error))
    }

    /// Starts a release beside the current one, sends all further requests to it, and ends the current one when it has
    /// answered its last.
    async fn change_to(&mut self, release: &Release) -> Result<Change, StartError> {
        let start = Start {
            release: release.clone(),
            directory: self.shelf.folder(release),
            program: self.shelf.program(release),
        };
        let running = start.until_ready(&self.application, &self.supervisors).await?;
        let ready_after_millis = millis(running.ready_after);
        let (live, drained) = Live::new(running.addresses.clone());
        let post = Post::Held(Box::new(Current { running, drained }));
        let before = std::mem::replace(&mut self.post, post);
        self.traffic.send_replace(Way::To(live));
        self.announce();
        let (from, drained_after) = match before {
            Post::Held(before) => (Some(before.running.release.clone()), before.leave().await),
            Post::Fallen { release, .. } => (Some(release), Duration::ZERO),
            Post::Vacant => (None, Duration::ZERO),
        };
        self.shelf.tidy(release);
        self.announce();
        Ok(Change {
            to: release.clone(),
            ready_after_millis,
            from,
            drained_after_millis: millis(drained_after),
        })
    }

    fn mourn(&mut self, how: &str) {
        let Post::Held(fallen) = std::mem::replace(&mut self.post, Post::Vacant) else {
            return;
        };
        let Running { release, started, .. } = fallen.running;
        (self.tell)(&format!("release {} ended by itself: {how}", release.number));
        let pause = match started.elapsed() < SHORT_LIFE {
            true => PAUSE,
            false => Duration::ZERO,
        };
        self.post = Post::Fallen {
            release,
            again: Instant::now() + pause,
        };
        self.traffic.send_replace(Way::Soon);
        self.status.send_modify(|status| status.restarts += 1);
        self.announce();
    }

    async fn start_again(&mut self, release: Release) {
        if let Err(error) = self.change_to(&release).await {
            (self.tell)(&self.why_not(&release, &error));
            self.post = Post::Fallen {
                release,
                again: Instant::now() + PAUSE,
            };
        }
    }

    fn announce(&self) {
        let current = match &self.post {
            Post::Held(current) => Some(current.running.release.clone()),
            Post::Vacant | Post::Fallen { .. } => None,
        };
        self.status.send_modify(|status| {
            status.current = current;
            status.releases = self.shelf.releases().to_vec();
        });
    }

    fn why_not(&self, release: &Release, error: &StartError) -> String {
        let log = std::fs::read_to_string(self.shelf.folder(release).join("log")).unwrap_or_default();
        let said = log
            .lines()
            .last()
            .map_or(String::new(), |last| format!("; it said: {last}"));
        format!(
            "release {} ({}) did not start: {error}{said}",
            release.number, release.version
        )
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
