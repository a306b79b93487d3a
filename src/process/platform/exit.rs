//! Knowing that a child has ended, as something that can be waited for beside its output.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use signal_hook::SigId;
use signal_hook::consts::SIGCHLD;
use signal_hook::low_level::{pipe, unregister};

/// Becomes readable when some child ended: look then whether it was yours.
#[derive(Debug)]
pub(in super::super) struct ExitWatch {
    reader: PipeReader,
    registration: SigId,
}

impl ExitWatch {
    /// Watches over children that are not reaped yet; there is no pidfd.
    pub(in super::super) fn new(_pidfd: Option<OwnedFd>) -> io::Result<Self> {
        let (reader, mut writer) = io::pipe()?;
        // It may have ended before: look once at least.
        writer.write_all(b"!")?;
        let registration = pipe::register(SIGCHLD, writer)?;
        Ok(Self {
            reader,
            registration,
        })
    }

    /// What to wait for.
    pub(in super::super) fn fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }

    /// To be called before looking, when it was readable.
    pub(in super::super) fn clear(&mut self) -> io::Result<()> {
        let mut bytes = [0; 256];
        self.reader.read(&mut bytes).map(drop)
    }
}

impl Drop for ExitWatch {
    fn drop(&mut self) {
        unregister(self.registration);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::ExitWatch;
    use crate::process::platform::{Ready, wait_readable};

    #[test]
    fn a_child_that_ends_is_noticed_whenever_it_does() {
        // One that ends when its input does, and one that has ended already.
        let mut waiting = Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut watch = ExitWatch::new(None).unwrap();
        let mut turns = 0;
        drop(waiting.stdin.take());
        while waiting.try_wait().unwrap().is_none() {
            // The signal itself may end the wait, too.
            let timeout = Some(Duration::from_secs(20));
            if wait_readable([Some(watch.fd())], timeout).unwrap() != [Ready::No] {
                watch.clear().unwrap();
            }
            turns += 1;
        }
        // It did not spin: other tests' children wake it too, but seldom.
        assert!(turns < 1000, "{turns}");
        let watch = ExitWatch::new(None).unwrap();
        let ready = wait_readable([Some(watch.fd())], Some(Duration::from_secs(20))).unwrap();
        assert_eq!(ready, [Ready::Readable]);
    }
}
