//! How fast a log is masked on one core: `cargo run --release -p gantry-masking --example throughput`.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::{Duration, Instant};

use gantry_masking::{Masker, Secrets};

const TEXT_BYTES: usize = 64 * 1024 * 1024;
/// As a pipe delivers.
const CHUNK_BYTES: usize = 64 * 1024;
const ROUNDS: usize = 5;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Xorshift: the same numbers each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn word(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(BASE64[(self.next() % 64) as usize]))
            .collect()
    }
}

fn main() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for count in [0, 10, 1000] {
        let secrets: Vec<String> = (0..count)
            .map(|_| {
                let length = 12 + random.next() as usize % 40;
                random.word(length)
            })
            .collect();
        let start = Instant::now();
        let prepared = Secrets::new(secrets.iter().map(String::as_str), &[]);
        println!(
            "{count} secrets, prepared in {:.1} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
        for (name, text) in texts(&secrets, &mut random) {
            println!("  {name:<28} {:>6.0} MB/s", rate(&prepared, &text));
        }
    }
}

fn texts(secrets: &[String], random: &mut Random) -> Vec<(&'static str, Vec<u8>)> {
    let line = |number: usize| {
        format!(
            "2026-08-01 10:00:{:02} INFO  Compiling crate-{number} v0.{}.1 (/builds/group/app)\n",
            number % 60,
            number % 97
        )
    };
    let log = |extra: &dyn Fn(usize) -> String| {
        let mut text = String::with_capacity(TEXT_BYTES + 1024);
        for number in 0.. {
            if text.len() >= TEXT_BYTES {
                break;
            }
            text.push_str(&line(number));
            text.push_str(&extra(number));
        }
        text.into_bytes()
    };
    let mut texts = vec![
        ("a build's log", log(&|_| String::new())),
        ("random base64", random.word(TEXT_BYTES).into_bytes()),
    ];
    if !secrets.is_empty() {
        let secret = |number: usize| format!("{}\n", secrets[number % secrets.len()]);
        texts.push(("a secret in every other line", log(&secret)));
    }
    texts
}

/// In millions of bytes a second, the best of some rounds.
fn rate(secrets: &Secrets, text: &[u8]) -> f64 {
    let mut out = Vec::with_capacity(2 * CHUNK_BYTES);
    let once = || {
        let mut masker = Masker::new(secrets);
        let start = Instant::now();
        for chunk in text.chunks(CHUNK_BYTES) {
            out.clear();
            masker.push(chunk, &mut out);
        }
        start.elapsed()
    };
    let best = std::iter::repeat_with(once).take(ROUNDS).min();
    text.len() as f64 / 1e6 / best.unwrap_or(Duration::MAX).as_secs_f64()
}
