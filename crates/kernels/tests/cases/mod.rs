//! Random cases, and threads that take what there is in an order of their own.

#![allow(dead_code)]

use std::sync::atomic::{AtomicUsize, Ordering};

use tramontane_kernels::Threads;

/// A generator that is random enough for numbers to multiply (Knuth's MMIX constants).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 32
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// From -1 to 1.
    pub fn number(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 31) as f32 - 1.0
    }

    pub fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }
}

/// So many threads, the units from the last to the first.
pub struct Backwards(pub usize);

impl Threads for Backwards {
    fn count(&self) -> usize {
        self.0
    }

    fn each(&self, units: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.0 {
                scope.spawn(|| {
                    loop {
                        let unit = next.fetch_add(1, Ordering::Relaxed);
                        if unit >= units {
                            break;
                        }
                        work(units - 1 - unit);
                    }
                });
            }
        });
    }
}

/// The numbers' bits, all that are not a number alike.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }).collect()
}
