//! The file of a backup: gzipped lines of JSON.
//!
//! ```text
//! {"voting_backup":1,"profile":"cats-dogs","tally":{"a":2,"b":1},"waiting":0}
//! {"vote":{"voter":"6d04a1f0e5b5d1c","choice":"a","seq":12}}
//! …
//! {"end":{"records":3}}
//! ```
//!
//! The first line holds what was counted in the very moment of the backup, so that whoever reads the file can tell
//! whether it is whole. A vote that was acknowledged and not yet stored is a `waiting` record.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::{Choice, Profile, Tally};

const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    voting_backup: u32,
    pub profile: String,
    pub tally: BTreeMap<String, i64>,
    pub waiting: i64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    Vote(Entry),
    Waiting(Entry),
}

/// What stands below the header.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Vote(Entry),
    Waiting(Entry),
    End { records: u64 },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub voter: String,
    pub choice: String,
    pub seq: i64,
}

#[derive(Debug, Error)]
pub enum ArchiveError {
    #[error("the backup cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("line {line} of the backup is not what a backup holds: {source}")]
    Line { line: u64, source: serde_json::Error },
    #[error("the backup has format {0}; this program reads 1")]
    Format(u32),
    #[error("the backup is of the profile `{found}`, not of `{expected}`")]
    Profile { found: String, expected: &'static str },
    #[error("the backup ends after {0} records, before its last line")]
    CutOff(u64),
    #[error("the backup goes on after its last line")]
    GoesOn,
    #[error("`{option}` had {counted} votes when the backup was made, and has {restored} when restored")]
    Count {
        option: String,
        counted: i64,
        restored: i64,
    },
    #[error("the backup says it has {said} records, and holds {found}")]
    RecordsMissing { said: u64, found: u64 },
}

impl Header {
    pub fn new(profile: &Profile, tally: &Tally, waiting: i64) -> Header {
        Header {
            voting_backup: FORMAT,
            profile: profile.name.to_owned(),
            tally: tally
                .listed(profile)
                .map(|(key, count)| (key.to_owned(), count))
                .collect(),
            waiting,
        }
    }

    pub fn tally(&self) -> Tally {
        self.tally
            .iter()
            .map(|(key, count)| (Choice::from_store(key.clone()), *count))
            .collect()
    }

    /// Refuses a restored store that does not hold what was counted at the time of the backup.
    pub fn compare(&self, restored: &Tally) -> Result<(), ArchiveError> {
        let counted: Tally = self.tally();
        let differing = counted
            .changes()
            .map(|(choice, count)| (choice.as_str(), count))
            .chain(
                restored
                    .changes()
                    .map(|(choice, _)| (choice.as_str(), counted.of(choice.as_str()))),
            )
            .find(|(key, count)| restored.of(key) != *count);
        match differing {
            None => Ok(()),
            Some((key, counted)) => Err(ArchiveError::Count {
                option: key.to_owned(),
                counted,
                restored: restored.of(key),
            }),
        }
    }

    /// Refuses a backup of another election.
    pub fn check_profile(&self, profile: &Profile) -> Result<(), ArchiveError> {
        if self.profile == profile.name {
            return Ok(());
        }
        Err(ArchiveError::Profile {
            found: self.profile.clone(),
            expected: profile.name,
        })
    }
}

impl From<Record> for Entry {
    fn from(record: Record) -> Entry {
        match record {
            Record::Vote(entry) | Record::Waiting(entry) => entry,
        }
    }
}

#[must_use = "a backup without its last line counts as cut off"]
pub struct Writer<W: Write> {
    output: GzEncoder<W>,
    records: u64,
}

impl<W: Write> Writer<W> {
    pub fn begin(output: W, header: &Header) -> Result<Writer<W>, ArchiveError> {
        let mut writer = Writer {
            output: GzEncoder::new(output, Compression::best()),
            records: 0,
        };
        writer.line(header)?;
        Ok(writer)
    }

    pub fn record(&mut self, record: &Record) -> Result<(), ArchiveError> {
        self.records += 1;
        self.line(record)
    }

    pub fn finish(mut self) -> Result<W, ArchiveError> {
        let records = self.records;
        self.line(&Line::End { records })?;
        Ok(self.output.finish()?)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), ArchiveError> {
        serde_json::to_writer(&mut self.output, value).map_err(std::io::Error::from)?;
        Ok(self.output.write_all(b"\n")?)
    }
}

/// Yields the records, and an error unless the last line is there and agrees.
pub struct Reader<R: Read> {
    input: BufReader<MultiGzDecoder<R>>,
    lines: u64,
    ended: bool,
}

impl<R: Read> Reader<R> {
    pub fn begin(input: R) -> Result<(Header, Reader<R>), ArchiveError> {
        let mut reader = Reader {
            input: BufReader::new(MultiGzDecoder::new(input)),
            lines: 0,
            ended: false,
        };
        let header: Header = reader.line()?.ok_or(ArchiveError::CutOff(0))?;
        if header.voting_backup != FORMAT {
            return Err(ArchiveError::Format(header.voting_backup));
        }
        Ok((header, reader))
    }

    fn line<T: for<'a> Deserialize<'a>>(&mut self) -> Result<Option<T>, ArchiveError> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        self.lines += 1;
        let value = serde_json::from_str(&line).map_err(|source| ArchiveError::Line {
            line: self.lines,
            source,
        })?;
        Ok(Some(value))
    }

    /// Reads on, because only the very end of a gzip file tells whether what came before was whole.
    fn check_end(&mut self) -> Result<(), ArchiveError> {
        match self.input.fill_buf()? {
            [] => Ok(()),
            _ => Err(ArchiveError::GoesOn),
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, ArchiveError> {
        let before = self.lines.saturating_sub(1);
        match self.line()? {
            None => Err(ArchiveError::CutOff(before)),
            Some(Line::Vote(entry)) => Ok(Some(Record::Vote(entry))),
            Some(Line::Waiting(entry)) => Ok(Some(Record::Waiting(entry))),
            Some(Line::End { records }) if records == before => self.check_end().map(|()| None),
            Some(Line::End { records }) => Err(ArchiveError::RecordsMissing {
                said: records,
                found: before,
            }),
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Record, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.next_record().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PROFILES;

    fn entry(voter: &str, seq: i64) -> Entry {
        Entry {
            voter: voter.to_owned(),
            choice: "a".to_owned(),
            seq,
        }
    }

    fn archive() -> Vec<u8> {
        let header = Header::new(&PROFILES[0], &Tally::default(), 1);
        let mut writer = Writer::begin(Vec::new(), &header).unwrap();
        writer.record(&Record::Vote(entry("ann", 1))).unwrap();
        writer.record(&Record::Waiting(entry("bob", 2))).unwrap();
        writer.finish().unwrap()
    }

    fn regzipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn text() -> String {
        let mut text = String::new();
        MultiGzDecoder::new(archive().as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    fn mistake(archive: &[u8]) -> String {
        match Reader::begin(archive) {
            Err(error) => error.to_string(),
            Ok((_, reader)) => {
                let outcome: Result<Vec<Record>, ArchiveError> = reader.collect();
                outcome.unwrap_err().to_string()
            }
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let archive = archive();
        let (header, reader) = Reader::begin(archive.as_slice()).unwrap();
        assert_eq!(header.waiting, 1);
        let records: Vec<Record> = reader.map(Result::unwrap).collect();
        assert_eq!(
            records,
            [Record::Vote(entry("ann", 1)), Record::Waiting(entry("bob", 2))]
        );
    }

    #[test]
    fn the_lines_can_be_read_by_eye() {
        insta::assert_snapshot!(text(), @r#"
        {"voting_backup":1,"profile":"cats-dogs","tally":{"a":0,"b":0},"waiting":1}
        {"vote":{"voter":"ann","choice":"a","seq":1}}
        {"waiting":{"voter":"bob","choice":"a","seq":2}}
        {"end":{"records":2}}
        "#);
    }

    #[test]
    fn a_damaged_backup_is_never_taken_for_a_whole_one() {
        let whole = archive();
        assert!(mistake(&whole[..whole.len() - 9]).starts_with("the backup cannot be read: "));
        let text = text();
        let lines: Vec<&str> = text.lines().collect();
        let without = |left_out: usize| {
            let mut lines = lines.clone();
            lines.remove(left_out);
            mistake(&regzipped(&lines.join("\n")))
        };
        assert_eq!(without(1), "the backup says it has 2 records, and holds 1");
        assert_eq!(
            without(3),
            "the backup ends after 2 records, before its last line"
        );
        assert_eq!(
            mistake(&regzipped(&format!("{text}\n"))),
            "the backup goes on after its last line"
        );
        assert!(without(0).starts_with("line 1 of the backup is not what a backup holds: "));
        assert_eq!(
            mistake(&regzipped("")),
            "the backup ends after 0 records, before its last line"
        );
    }

    #[test]
    fn another_election_is_refused() {
        let header = Header::new(&PROFILES[0], &Tally::default(), 0);
        let error = header.check_profile(&PROFILES[1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the backup is of the profile `cats-dogs`, not of `coca-pepsi`"
        );
    }
}
