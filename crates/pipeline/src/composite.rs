//! What a group of jobs amounts to: the one status of a stage, of a pipeline, or of what a job waits for.

use crate::status::Status;

/// What a single job contributes to the status of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Plain(Status),
    /// Failed or canceled, and allowed to: a success with a warning.
    Warn,
    /// An optional manual job that nobody has played.
    Ignored,
}

impl Standing {
    pub(crate) const COUNT: usize = Status::ALL.len() + 2;

    /// Returns the standing of a job with that status, `allow_failure` being as it turned out.
    pub fn of(status: Status, allow_failure: bool) -> Standing {
        match status {
            Status::Failed | Status::Canceled if allow_failure => Standing::Warn,
            Status::Manual if allow_failure => Standing::Ignored,
            _ => Standing::Plain(status),
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Standing> {
        Status::ALL
            .into_iter()
            .map(Standing::Plain)
            .chain([Standing::Warn, Standing::Ignored])
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Standing::Plain(status) => status as usize,
            Standing::Warn => Status::ALL.len(),
            Standing::Ignored => Status::ALL.len() + 1,
        }
    }

    const fn bit(self) -> u16 {
        1 << self.index()
    }
}

/// A set of standings; how many jobs share one does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standings(u16);

impl Standings {
    /// Those of which nothing is to be expected any more, unless a person steps in.
    pub(crate) const FINISHED: Standings = Standings::constant(&[
        Standing::Plain(Status::Success),
        Standing::Plain(Status::Failed),
        Standing::Plain(Status::Canceled),
        Standing::Plain(Status::Skipped),
        Standing::Warn,
        Standing::Ignored,
    ]);

    /// Those that change without a person, provided that runners run and time passes.
    pub(crate) const BY_ITSELF: Standings = Standings::constant(&[
        Standing::Plain(Status::WaitingForResource),
        Standing::Plain(Status::Preparing),
        Standing::Plain(Status::WaitingForCallback),
        Standing::Plain(Status::Pending),
        Standing::Plain(Status::Running),
        Standing::Plain(Status::Canceling),
        Standing::Plain(Status::Scheduled),
    ]);

    const fn constant(standings: &[Standing]) -> Standings {
        let mut bits = 0;
        let mut next = 0;
        while next < standings.len() {
            bits |= standings[next].bit();
            next += 1;
        }
        Standings(bits)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, standing: Standing) -> bool {
        self.0 & standing.bit() != 0
    }

    pub(crate) fn overlaps(self, other: Standings) -> bool {
        self.0 & other.0 != 0
    }

    fn holds(self, status: Status) -> bool {
        self.contains(Standing::Plain(status))
    }

    fn within(self, allowed: &[Standing]) -> bool {
        self.0 & !Standings::constant(allowed).0 == 0
    }
}

impl FromIterator<Standing> for Standings {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Standings {
        Standings(
            standings
                .into_iter()
                .fold(0, |bits, standing| bits | standing.bit()),
        )
    }
}

/// How the jobs of a group hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As stages: skipped and ignored jobs do not count.
    Stages,
    /// As the `needs` of a job: a single skipped or ignored job decides, even while others still run.
    Needs,
}

/// Returns the status of a group of jobs, by GitLab's table: the first line that applies.
///
/// A group without jobs is a success.
pub fn composite(set: Standings, mode: Mode) -> Status {
    use Standing::{Ignored, Plain, Warn};
    use Status::*;

    if set.is_empty() {
        return Success;
    }
    if mode == Mode::Needs && (set.holds(Skipped) || set.contains(Ignored)) {
        return Skipped;
    }

    let only: [(&[Standing], Status); 6] = [
        (&[Plain(Skipped), Ignored], Skipped),
        (&[Plain(Success), Plain(Skipped), Warn, Ignored], Success),
        (&[Plain(Created), Warn, Ignored], Created),
        (&[Plain(Preparing), Warn, Ignored], Preparing),
        (
            &[Plain(Canceled), Plain(Success), Plain(Skipped), Warn, Ignored],
            Canceled,
        ),
        (
            &[Plain(Pending), Plain(Created), Plain(Skipped), Warn, Ignored],
            Pending,
        ),
    ];
    if let Some((_, status)) = only.into_iter().find(|(allowed, _)| set.within(allowed)) {
        return status;
    }

    let any = [
        (Running, Running),
        (Pending, Running),
        (WaitingForResource, WaitingForResource),
        (WaitingForCallback, WaitingForCallback),
        (Manual, Manual),
        (Scheduled, Scheduled),
        (Preparing, Preparing),
        (Created, Running),
        (Canceling, Canceling),
    ];
    any.into_iter()
        .find(|(member, _)| set.holds(*member))
        .map_or(Failed, |(_, status)| status)
}
