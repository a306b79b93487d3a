//! Which start of the system this is. What was written before another start may never have
//! come to the disk, although the program that wrote it was done.

/// An id of the system's present start, the same for all processes; `None` where the system
/// does not tell.
pub(super) fn id() -> Option<String> {
    let id = told()?.trim().to_owned();
    // A word of a line.
    (!id.is_empty() && !id.contains(char::is_whitespace)).then_some(id)
}

#[cfg(target_os = "linux")]
fn told() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
}

#[cfg(target_os = "macos")]
fn told() -> Option<String> {
    let mut id = [0_u8; 64];
    let mut size = id.len();
    // SAFETY: the name ends in NUL, the pointer and the size are those of one buffer, which
    // outlives the call, and nothing is set.
    let failed = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            id.as_mut_ptr().cast(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    let text = std::ffi::CStr::from_bytes_until_nul(&id).ok()?;
    (failed == 0).then(|| text.to_string_lossy().into_owned())
}
