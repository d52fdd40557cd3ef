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

/// A pointer that threads share; what it points to they do not.
pub(crate) struct SharedStart<T>(pub *mut T);

// SAFETY: as its users say.
unsafe impl<T> Sync for SharedStart<T> {}

impl<T> SharedStart<T> {
    /// Where number `index` lies.
    pub fn at(&self, index: usize) -> *mut T {
        self.0.wrapping_add(index)
    }
}
