//! What the allocator keeps.

/// Keeps memory that is freed, up to some megabytes, for what comes next: a run reads its
/// plan, judges and reports one after the other, and each page that is given back to the
/// system and asked for again costs a trap.
///
/// For a process that is gate's alone: it holds for all of it. Where the allocator is not
/// the GNU C library's, nothing happens.
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (what, bytes) in [
        (libc::M_TRIM_THRESHOLD, 16 << 20),
        (libc::M_MMAP_THRESHOLD, 8 << 20),
    ] {
        // SAFETY: both are plain settings, and no memory is passed. What it refuses stays
        // as it is.
        unsafe { libc::mallopt(what, bytes) };
    }
}
