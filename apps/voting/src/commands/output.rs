//! What commands say on standard output.

#[expect(clippy::print_stdout, reason = "a command line tool")]
pub(super) fn say(line: &str) {
    println!("{line}");
}
