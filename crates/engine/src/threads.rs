//! How many threads compute, for the whole process: candle and rayon read their settings once, at their first use.

use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use tramontane_error::Error;

/// What candle, and what rayon and gemm, take the number of threads from.
const VARIABLES: [&str; 2] = ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"];

/// How often a thread of candle's looks for work before it goes to sleep. By default that is 25,000 times, which gains
/// nothing where a core is free, and where it is not takes the time that another thread needs to bring the work.
const SPIN_LIMIT: (&str, &str) = ("CANDLE_BARRIER_POOL_SPIN_LIMIT", "2000");

static CHOSEN: Mutex<Option<usize>> = Mutex::new(None);

/// Fixes the number of threads that compute in this process, and returns it. The first call decides.
///
/// Without a wish it is the number of physical cores that the process may use: a second thread on a core gains nothing,
/// as the first already waits for memory. `CANDLE_NUM_THREADS` and `RAYON_NUM_THREADS` in the environment win over that.
///
/// Must first be called from the thread that owns the environment (in Node, the one that runs JavaScript), before
/// anything is computed.
///
/// # Errors
///
/// Another number was fixed before.
pub fn set_threads(wish: Option<usize>) -> Result<usize, Error> {
    let mut chosen = CHOSEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(threads) = *chosen {
        return match wish {
            Some(wish) if wish != threads => Err(Error::invalid_argument(
                "threads",
                format!("threads is {wish}, but the first model loaded in this process fixed it at {threads}"),
            )),
            _ => Ok(threads),
        };
    }
    if wish == Some(0) {
        return Err(Error::invalid_argument("threads", "threads is 0; it takes at least 1 to compute"));
    }
    let from_environment = || VARIABLES.iter().find_map(|name| std::env::var(name).ok()?.parse().ok());
    let threads = wish.or_else(from_environment).filter(|&n| n > 0).unwrap_or_else(usable_cores);
    for name in VARIABLES {
        set_variable(name, &threads.to_string(), wish.is_some());
    }
    set_variable(SPIN_LIMIT.0, SPIN_LIMIT.1, false);
    *chosen = Some(threads);
    Ok(threads)
}

/// Sets a variable of this process that the user has not set, or any if `over` the user.
fn set_variable(name: &str, value: &str, over: bool) {
    if over || std::env::var_os(name).is_none() {
        // SAFETY: called on the thread that owns the environment, as documented; Node sets variables the same way.
        unsafe { std::env::set_var(name, value) };
    }
}

/// Physical cores, but no more than the process may use.
fn usable_cores() -> usize {
    let allowed = available_parallelism().map_or(1, usize::from);
    physical_cores().map_or(allowed, |physical| physical.min(allowed))
}

#[cfg(target_os = "linux")]
fn physical_cores() -> Option<usize> {
    // Not from /proc/cpuinfo, which on many virtual machines puts every core under the same id.
    let siblings = (0..)
        .map(|cpu| std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")))
        .map_while(Result::ok)
        .collect::<std::collections::HashSet<_>>();
    (!siblings.is_empty()).then_some(siblings.len())
}

#[cfg(not(target_os = "linux"))]
fn physical_cores() -> Option<usize> {
    Some(sysinfo::System::physical_core_count()?)
}
