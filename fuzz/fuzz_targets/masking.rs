//! Masks a stream, cut anywhere, for any secrets: what comes out is the same however it was cut, and holds no secret.

#![no_main]

use gantry_masking::{Masker, Secrets};
use libfuzzer_sys::fuzz_target;

/// Below, a value is not masked; above, letters of `[MASKED]` itself could make up a secret.
fn is_fair(secret: &str) -> bool {
    secret.len() >= 4 && !secret.contains(['[', ']']) && !"MASKED".contains(secret)
}

fuzz_target!(|parts: (Vec<String>, Vec<Vec<u8>>)| {
    let (values, chunks) = parts;
    let secrets = Secrets::new(values.iter().map(String::as_str), &[]);
    let shown = |chunks: &[&[u8]]| {
        let mut masker = Masker::new(&secrets);
        let mut out = Vec::new();
        for chunk in chunks {
            masker.push(chunk, &mut out);
        }
        masker.finish(&mut out);
        out
    };
    let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
    let whole = chunks.concat();
    let out = shown(&chunks);
    assert_eq!(out, shown(&[&whole]), "how the stream is cut makes a difference");
    for value in values
        .iter()
        .map(|value| value.trim())
        .filter(|value| is_fair(value))
    {
        let found = out.windows(value.len()).any(|window| window == value.as_bytes());
        assert!(!found, "`{value}` shows in {:?}", String::from_utf8_lossy(&out));
    }
});
