//! What does not wait for each other is done on several threads.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// So many invocations are worth a thread.
pub(crate) const WORTH_A_THREAD: usize = 1 << 12;

/// Something to be done once.
pub(crate) type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does everything, on at most so many threads, of which the caller's is one.
pub(crate) fn side_by_side(tasks: Vec<Task<'_>>, threads: usize) {
    let more = threads.min(tasks.len()).saturating_sub(1);
    let tasks = Mutex::new(tasks.into_iter());
    let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(task) = next() {
            task();
        }
    };
    thread::scope(|scope| {
        (0..more).for_each(|_| drop(scope.spawn(work)));
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn everything_is_done_once_on_any_number_of_threads() {
        for threads in [0, 1, 2, 64] {
            let done = &AtomicUsize::new(0);
            let tasks = (0..40)
                .map(|at: usize| -> Task<'_> { Box::new(move || _ = done.fetch_add(at, Ordering::Relaxed)) });
            side_by_side(tasks.collect(), threads);
            assert_eq!(
                done.load(Ordering::Relaxed),
                (0..40).sum::<usize>(),
                "{threads} threads"
            );
        }
    }
}
