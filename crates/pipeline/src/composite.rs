//! What a group of jobs amounts to: the one status of a stage, of a pipeline, or of what a job waits for.

use crate::status::Status;
use Standing::{Ignored, Plain, Warn};
use Status::{
    Canceled, Canceling, Created, Failed, Manual, Pending, Preparing, Running, Scheduled, Skipped, Success,
    WaitingForCallback, WaitingForResource,
};

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
            Failed | Canceled if allow_failure => Warn,
            Manual if allow_failure => Ignored,
            _ => Plain(status),
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Standing> {
        Status::ALL.into_iter().map(Plain).chain([Warn, Ignored])
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Plain(status) => status as usize,
            Warn => Status::ALL.len(),
            Ignored => Status::ALL.len() + 1,
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
        Plain(Success),
        Plain(Failed),
        Plain(Canceled),
        Plain(Skipped),
        Warn,
        Ignored,
    ]);

    /// Those that change without a person, provided that runners run and time passes.
    pub(crate) const BY_ITSELF: Standings = Standings::constant(&[
        Plain(WaitingForResource),
        Plain(Preparing),
        Plain(WaitingForCallback),
        Plain(Pending),
        Plain(Running),
        Plain(Canceling),
        Plain(Scheduled),
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

    pub(crate) fn insert(&mut self, standing: Standing) {
        self.0 |= standing.bit();
    }

    pub(crate) fn remove(&mut self, standing: Standing) {
        self.0 &= !standing.bit();
    }

    fn is_within(self, other: Standings) -> bool {
        self.0 & !other.0 == 0
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
    if set.is_empty() {
        return Success;
    }
    if mode == Mode::Needs && set.overlaps(NOT_RUN) {
        return Skipped;
    }
    let all_of = || IF_ALL_ARE_OF.iter().find(|(allowed, _)| set.is_within(*allowed));
    let any_is = || IF_ANY_IS.iter().find(|(member, _)| set.contains(Plain(*member)));
    match all_of() {
        Some((_, status)) => *status,
        None => any_is().map_or(Failed, |(_, status)| *status),
    }
}

const NOT_RUN: Standings = Standings::constant(&[Plain(Skipped), Ignored]);

/// The upper part of the table.
const IF_ALL_ARE_OF: [(Standings, Status); 6] = [
    (NOT_RUN, Skipped),
    (
        Standings::constant(&[Plain(Success), Plain(Skipped), Warn, Ignored]),
        Success,
    ),
    (Standings::constant(&[Plain(Created), Warn, Ignored]), Created),
    (Standings::constant(&[Plain(Preparing), Warn, Ignored]), Preparing),
    (
        Standings::constant(&[Plain(Canceled), Plain(Success), Plain(Skipped), Warn, Ignored]),
        Canceled,
    ),
    (
        Standings::constant(&[Plain(Pending), Plain(Created), Plain(Skipped), Warn, Ignored]),
        Pending,
    ),
];

/// The lower part of the table; below it, the group has failed.
const IF_ANY_IS: [(Status, Status); 9] = [
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
