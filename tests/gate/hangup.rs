//! Tests may have been started so that they outlive their terminal (`nohup`), with SIGHUP
//! ignored. What they start would ignore it, too.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Whether it is so.
pub fn is_ignored() -> bool {
    // SAFETY: it only fills in a structure that may be all zeros.
    let now = unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGHUP, std::ptr::null(), &raw mut now);
        now.sa_sigaction
    };
    now == libc::SIG_IGN
}

/// Has a program heed SIGHUP all the same.
pub fn heed(command: &mut Command) {
    // SAFETY: between fork and exec only this one call, which is safe there.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGHUP, libc::SIG_DFL);
            Ok(())
        });
    }
}
