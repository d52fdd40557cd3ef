//! What this process holds in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Gives memory that was freed back to the system.
///
/// glibc keeps freed blocks for later; after a model of a gigabyte that would look like a leak for ever.
pub(crate) fn release_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes its own locks and may be called from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Calls [`release_freed_memory`] when it is dropped.
pub(crate) struct ReleaseOnReturn;

impl Drop for ReleaseOnReturn {
    fn drop(&mut self) {
        release_freed_memory();
    }
}

/// While it lives, glibc gives every large block a mapping of its own, which goes back to the system when it is freed.
///
/// Weights are allocated so. Left to itself glibc would put them into its arenas, between small blocks that outlive them.
pub(crate) struct LargeBlocksApart(());

impl LargeBlocksApart {
    pub fn begin() -> Self {
        set_mapping_threshold(256 << 10);
        Self(())
    }
}

impl Drop for LargeBlocksApart {
    fn drop(&mut self) {
        // The most that glibc allows, and what its own rule comes to: the buffers of a step are used again and again, and
        // must not be mapped each time.
        set_mapping_threshold(32 << 20);
    }
}

fn set_mapping_threshold(bytes: i32) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes malloc's lock; the setting is one number.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, bytes);
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = bytes;
}

/// While one lives, glibc keeps freed memory for what is allocated next. Once a threshold was set by hand, its own rule
/// would give back all but 128 kB after each step, and a third of a prefill's time went into getting it again.
pub(crate) struct FreedMemoryKept(());

impl FreedMemoryKept {
    pub fn begin() -> Self {
        if MODELS.fetch_add(1, Ordering::AcqRel) == 0 {
            set_trim_threshold(64 << 20);
        }
        Self(())
    }
}

impl Drop for FreedMemoryKept {
    fn drop(&mut self) {
        if MODELS.fetch_sub(1, Ordering::AcqRel) == 1 {
            set_trim_threshold(128 << 10);
        }
    }
}

/// How many models are loaded.
static MODELS: AtomicUsize = AtomicUsize::new(0);

fn set_trim_threshold(bytes: i32) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes malloc's lock; the setting is one number.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, bytes);
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = bytes;
}

/// [`release_freed_memory`], again and again until there is nothing more to give back: for memory that is being freed by
/// other threads right now. Takes some tens of milliseconds, a second at most.
pub(crate) fn release_memory_being_freed() {
    const PAUSE: Duration = Duration::from_millis(20);
    const NOISE_BYTES: u64 = 1 << 20;
    // Those threads may get no turn for a while.
    const QUIET_ROUNDS: u32 = 3;
    let (mut resident, mut quiet) = (u64::MAX, 0);
    for _ in 0..50 {
        thread::sleep(PAUSE);
        release_freed_memory();
        let now = resident_bytes().unwrap_or(0);
        quiet = if now + NOISE_BYTES >= resident { quiet + 1 } else { 0 };
        if quiet == QUIET_ROUNDS {
            break;
        }
        resident = now;
    }
}

/// Asks for large pages in memory that nothing was written to yet: one is mapped, and found while weights are read, where
/// hundreds of small ones would be. Where the system has none to spare, memory stays as it is.
pub(crate) fn prefer_large_pages(start: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        /// A multiple of the page sizes that there are.
        const ALIGNMENT: usize = 64 << 10;
        let skipped = start.align_offset(ALIGNMENT);
        let length = bytes.saturating_sub(skipped) / ALIGNMENT * ALIGNMENT;
        // SAFETY: the range lies within the memory, and the advice changes nothing in it.
        unsafe {
            libc::madvise(start.wrapping_add(skipped).cast(), length, libc::MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}

/// Resident memory of this process in bytes, where the system tells.
pub(crate) fn resident_bytes() -> Option<u64> {
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), false);
    Some(system.process(pid)?.memory())
}

/// Memory of this machine in bytes, or of the container that the process is confined to.
pub(crate) fn total_memory_bytes() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let total = system.total_memory();
    system.cgroup_limits().map_or(total, |limits| limits.total_memory.min(total))
}
