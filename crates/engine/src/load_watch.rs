//! How far mistralrs has come in reading a model's files. It has no hook for that, but the system can be asked.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::load_progress::{LoadPhase, LoadProgress};

const INTERVAL: Duration = Duration::from_millis(50);

/// Runs `load`, telling `progress` how many bytes of `files` have been read, and at the end that all have.
///
/// Linux tells how far an open file has been read, and how much of a mapped one is in memory. Elsewhere there is only a
/// beginning and an end.
pub(crate) fn watch<T>(
    files: &[PathBuf],
    progress: &mut (dyn FnMut(LoadProgress) + Send),
    load: impl FnOnce() -> T,
) -> T {
    let total = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|it| it.len()).sum();
    let mut tell = |done| progress(LoadProgress::bytes(LoadPhase::Load, done, total));
    tell(0);
    let loaded = thread::scope(|scope| {
        // Dropped when the load is over, however it ends; that ends the watch.
        let (_running, over) = channel::<()>();
        scope.spawn(|| {
            let mut most = 0;
            let over = over;
            while over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let read = files.iter().map(bytes_read).sum::<u64>().min(total);
                if read > most {
                    most = read;
                    tell(read);
                }
            }
        });
        load()
    });
    progress(LoadProgress::bytes(LoadPhase::Load, total, total));
    loaded
}

#[cfg(target_os = "linux")]
fn bytes_read(file: &PathBuf) -> u64 {
    match position_of_open(file) {
        // A file that is mapped may be open, too, and is not read from there.
        None | Some(0) => resident_of_mapped(file).unwrap_or(0),
        Some(position) => position,
    }
}

/// The offset of this process's descriptor for `file`.
#[cfg(target_os = "linux")]
fn position_of_open(file: &PathBuf) -> Option<u64> {
    let descriptors = std::fs::read_dir("/proc/self/fd").ok()?;
    descriptors
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| &target == file))
        .filter_map(|entry| std::fs::read_to_string(format!("/proc/self/fdinfo/{}", entry.file_name().to_str()?)).ok())
        .filter_map(|info| info.lines().find_map(|line| line.strip_prefix("pos:")?.trim().parse().ok()))
        .max()
}

/// The bytes of a mapped `file` that are in memory.
#[cfg(target_os = "linux")]
fn resident_of_mapped(file: &PathBuf) -> Option<u64> {
    let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
    let path = file.to_str()?;
    let mut lines = maps.lines().skip_while(|line| !line.ends_with(path));
    let kilobytes: u64 =
        lines.find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix("kB")?.trim().parse().ok())?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn bytes_read(_file: &PathBuf) -> u64 {
    0
}
