//! What a release prints: kept in a file up to a limit, and its addresses picked out.

use std::io::{self, Write};
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

/// Of one start of a release.
const MOST_KEPT_BYTES: usize = 10 * 1024 * 1024;
const LONGEST_LINE: u64 = 64 * 1024;

/// Where a service listens.
pub(crate) type Listening = (String, SocketAddr);

/// Reads until the release and all that it has started have closed their output.
pub(crate) async fn keep(
    output: pipe::Receiver,
    mut log: std::fs::File,
    found: mpsc::UnboundedSender<Listening>,
) {
    let mut output = BufReader::new(output);
    let mut room = MOST_KEPT_BYTES;
    let mut line = Vec::new();
    while let Ok(1..) = read_line(&mut output, &mut line).await {
        if let Some(listening) = listening(&line) {
            // Fails once nobody waits for addresses any more.
            let _ = found.send(listening);
        }
        if let Some(left) = room.checked_sub(line.len()) {
            room = left;
            // A full disk is no reason to end a release.
            let _ = log.write_all(&line);
        }
        line.clear();
    }
}

async fn read_line(output: &mut BufReader<pipe::Receiver>, line: &mut Vec<u8>) -> io::Result<usize> {
    output.take(LONGEST_LINE).read_until(b'\n', line).await
}

fn listening(line: &[u8]) -> Option<Listening> {
    let (service, url) = std::str::from_utf8(line).ok()?.trim_end().split_once(' ')?;
    let address = url.strip_prefix("http://")?.parse().ok()?;
    Some((service.to_owned(), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lines_of_their_own() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(
            listening(b"vote http://127.0.0.1:4711\n"),
            Some(("vote".to_owned(), address(4711)))
        );
        for other in [
            &b"vote http://localhost:80\n"[..],
            b"see http://127.0.0.1:80/ for more\n",
            b"\xff http://127.0.0.1:80\n",
            b"\n",
        ] {
            assert_eq!(listening(other), None);
        }
    }
}
