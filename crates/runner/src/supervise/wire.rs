//! Messages from the runner to the nursery: a text, with open files beside it.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::cmsg_space;
use rustix::io::FdFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

/// The lifeline, and where the output goes.
const FILES: usize = 2;

/// What comes with a task.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) text: Vec<u8>,
    pub(super) lifeline: UnixStream,
    pub(super) output: OwnedFd,
}

/// Sends a text and lends two files, of which the receiver gets copies.
pub(super) fn send(mut socket: &UnixStream, text: &[u8], files: [BorrowedFd<'_>; FILES]) -> io::Result<()> {
    let length = u32::try_from(text.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let length = length.to_ne_bytes();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    assert!(
        beside.push(SendAncillaryMessage::ScmRights(&files)),
        "BUG: no room for the files of a task"
    );
    let parts = [IoSlice::new(&length), IoSlice::new(text)];
    let sent = sendmsg(socket, &parts, &mut beside, SendFlags::NOSIGNAL)?;
    match sent.checked_sub(length.len()) {
        Some(sent) => socket.write_all(&text[sent..]),
        None => Err(io::ErrorKind::WriteZero.into()),
    }
}

/// Waits for a message; `None` when the other side is gone.
pub(super) fn receive(mut socket: &UnixStream) -> io::Result<Option<Message>> {
    let mut length = [0; size_of::<u32>()];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut length)];
    let received =
        rustix::io::retry_on_intr(|| recvmsg(socket, &mut parts, &mut beside, RecvFlags::WAITALL))?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut files = files(&mut beside)?.into_iter();
    let (Some(lifeline), Some(output)) = (files.next(), files.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut text = vec![0; u32::from_ne_bytes(length) as usize];
    socket.read_exact(&mut text)?;
    Ok(Some(Message {
        text,
        lifeline: UnixStream::from(lifeline),
        output,
    }))
}

fn files(beside: &mut RecvAncillaryBuffer<'_>) -> io::Result<Vec<OwnedFd>> {
    let mut files = Vec::new();
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    // No thread beside this one can start a program in between.
    for file in &files {
        rustix::io::fcntl_setfd(file, FdFlags::CLOEXEC)?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_message_arrives_with_its_files_whatever_its_length() {
        let (sender, receiver) = UnixStream::pair().unwrap();
        let receiver = std::thread::spawn(move || {
            let mut texts = Vec::new();
            while let Some(message) = receive(&receiver).unwrap() {
                (&message.lifeline).write_all(b"here").unwrap();
                texts.push((
                    message.text.len(),
                    rustix::io::fcntl_getfd(&message.output).unwrap(),
                ));
            }
            texts
        });
        for length in [3, 1_000_000] {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let (_reader, writer) = io::pipe().unwrap();
            send(&sender, &vec![b'x'; length], [theirs.as_fd(), writer.as_fd()]).unwrap();
            drop(theirs);
            assert_eq!(io::read_to_string(ours).unwrap(), "here");
        }
        drop(sender);
        assert_eq!(
            receiver.join().unwrap(),
            [(3, FdFlags::CLOEXEC), (1_000_000, FdFlags::CLOEXEC)]
        );
    }
}
