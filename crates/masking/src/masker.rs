//! Both filters, one after the other.

use crate::Secrets;
use crate::markers::Behind;
use crate::occurrences::Occurrences;

/// Takes the secrets out of one stream of bytes.
#[derive(Debug)]
pub struct Masker<'s> {
    secrets: &'s Secrets,
    occurrences: Occurrences,
    behind: Behind,
    /// What the first filter lets out on its way into the second.
    between: Vec<u8>,
}

impl<'s> Masker<'s> {
    pub fn new(secrets: &'s Secrets) -> Masker<'s> {
        Masker {
            secrets,
            occurrences: Occurrences::default(),
            behind: Behind::default(),
            between: Vec::new(),
        }
    }

    /// Takes the next bytes and appends to `out` what is safe to show.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let markers = &self.secrets.markers;
        let Some(values) = &self.secrets.values else {
            self.behind.push(markers, bytes, out);
            return;
        };
        self.between.clear();
        self.occurrences.push(values, bytes, &mut self.between);
        self.behind.push(markers, &self.between, out);
    }

    /// Ends the stream: what was held back goes no further. Another one may begin.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(values) = &self.secrets.values {
            self.between.clear();
            self.occurrences.finish(values, &mut self.between);
            self.behind.push(&self.secrets.markers, &self.between, out);
        }
        self.behind = Behind::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[&str], chunks: &[&str]) -> String {
        let secrets = Secrets::new(values.iter().copied(), &[]);
        let mut masker = Masker::new(&secrets);
        let mut out = Vec::new();
        for chunk in chunks {
            masker.push(chunk.as_bytes(), &mut out);
        }
        masker.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_known_value_and_a_marker_meet() {
        assert_eq!(
            shown(
                &["glpat-known-token"],
                &["<glpat-kno", "wn-token> <glpat-oth", "er>"]
            ),
            "<[MASKED]> <glpat-[MASKED]>"
        );
        assert_eq!(
            shown(&["hunter2-secret"], &["/x?private_token=a-hunter2-secret-b&c"]),
            "/x?private_token=[MASKED]&c"
        );
    }

    #[test]
    fn without_values_there_are_the_markers() {
        assert_eq!(shown(&[], &["glpat", "-abc def"]), "glpat-[MASKED] def");
    }

    #[test]
    fn one_stream_does_not_go_on_in_the_next() {
        let secrets = Secrets::new(["hunter2-secret"], &[]);
        let mut masker = Masker::new(&secrets);
        let mut out = Vec::new();
        masker.push(b"glpat-", &mut out);
        masker.finish(&mut out);
        masker.push(b"next hunter2-", &mut out);
        masker.finish(&mut out);
        masker.push(b"secret", &mut out);
        masker.finish(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "glpat-next hunter2-secret");
    }
}
