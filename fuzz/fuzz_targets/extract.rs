//! Extracts archives that mean harm; nothing may change outside of the folder.

#![no_main]

use gantry_runner::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::extract(bytes));
