//! Many runs on several threads, of which the result does not depend on how many.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The seed of everything.
pub(crate) const SEED: u64 = 20_261_126;

/// So many runs are done in a row; sums of floating-point numbers are taken in this order.
const BLOCK: u32 = 20;

/// What is counted over the runs.
pub(crate) trait Tally: Default + Send {
    fn add(&mut self, other: &Self);
}

impl<T: Tally + Clone> Tally for Vec<T> {
    fn add(&mut self, other: &Self) {
        self.resize_with(self.len().max(other.len()), T::default);
        self.iter_mut()
            .zip(other)
            .for_each(|(mine, theirs)| mine.add(theirs));
    }
}

/// The random numbers of one run of what has this name.
pub(crate) fn random(name: &str, run: u32) -> ChaCha8Rng {
    // FNV-1a: a name keeps its numbers whatever else is simulated.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut rng = ChaCha8Rng::seed_from_u64(SEED ^ hash);
    rng.set_stream(u64::from(run));
    rng
}

/// The sum of what `once` counts in each run.
pub(crate) fn sum<T: Tally>(runs: u32, threads: usize, once: impl Fn(u32) -> T + Sync) -> T {
    let next = AtomicU32::new(0);
    let blocks = Mutex::new(Vec::new());
    let of_block = |range: Range<u32>| {
        let mut tally = T::default();
        range.for_each(|run| tally.add(&once(run)));
        tally
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let block = next.fetch_add(1, Ordering::Relaxed);
                    let first = block.saturating_mul(BLOCK);
                    if first >= runs {
                        break;
                    }
                    let tally = of_block(first..runs.min(first + BLOCK));
                    blocks.lock().unwrap().push((block, tally));
                }
            });
        }
    });
    let mut blocks = blocks.into_inner().unwrap();
    blocks.sort_by_key(|(block, _)| *block);
    let mut total = T::default();
    blocks.iter().for_each(|(_, tally)| total.add(tally));
    total
}
