//! Places in source texts.

/// Names one of the texts that a configuration is read from; whoever parses hands them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A range of bytes in one source. Ends are exclusive; an empty range is a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        let offset =
            |at: usize| u32::try_from(at).expect("BUG: a source is at most 4 GiB, by the size limit");
        Span {
            source,
            start: offset(start),
            end: offset(end),
        }
    }

    /// Returns the smallest span that covers both; they must be of one source.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.source, other.source);
        Span {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
