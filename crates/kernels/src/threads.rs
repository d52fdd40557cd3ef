/// Threads to compute on. What is computed does not depend on how many there are.
pub trait Threads: Sync {
    /// How many compute at once, the caller's own included.
    fn count(&self) -> usize;

    /// Calls `work` with each of `0..units` once, on any thread and in any order, and returns when all have returned.
    fn each(&self, units: usize, work: &(dyn Fn(usize) + Sync));
}

/// The caller's thread alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneThread;

impl Threads for OneThread {
    fn count(&self) -> usize {
        1
    }

    fn each(&self, units: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..units).for_each(work);
    }
}
