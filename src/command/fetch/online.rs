//! What every command that asks AWS begins and ends with.

use std::io;
use std::sync::Arc;

use tokio::runtime::Runtime;
#[cfg(not(unix))]
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::command::error::Error;
use crate::fetch::{Access, Asked, Regional, Targets, connect, resolve};
use crate::vocab::Timestamp;

/// Whether the user has interrupted.
#[derive(Debug, Clone)]
pub(in crate::command) struct Interruption(watch::Receiver<bool>);

impl Interruption {
    /// What comes of some work, unless the user does not want to wait for it.
    pub(in crate::command) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        let mut interrupted = self.0.clone();
        tokio::select! {
            done = work => Ok(done),
            _ = interrupted.changed() => Err(Error::Interrupted),
        }
    }

    /// The signal itself, which becomes true, and changes once more with each further one.
    pub(in crate::command) fn signal(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }
}

/// Does some work that waits for AWS.
///
/// # Errors
/// Those of the work, or if the machine has no thread to spare.
pub(in crate::command) fn online<T>(
    work: impl AsyncFnOnce(Interruption) -> Result<T, Error>,
) -> Result<T, Error> {
    let runtime = Runtime::new().map_err(|error| Error::Internal(error.to_string()))?;
    let done = runtime.block_on(async { work(interruptions()).await });
    // A name that is being looked up, or a lock, keeps a thread busy, which nobody needs to wait for.
    runtime.shutdown_background();
    done
}

/// The regions, and the groups in them.
///
/// # Errors
/// If there is no way to AWS, or a group does not exist.
pub(in crate::command) async fn find(
    access: &Access,
    asked: &Asked,
    now: fn() -> Timestamp,
) -> Result<(Vec<Arc<Regional>>, Targets), Error> {
    let regions = connect(access, asked, now).await?;
    let found = resolve(asked, &regions).await?;
    Ok((regions, found))
}

/// A signal that becomes true when the user interrupts.
fn interruptions() -> Interruption {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        // Without signals nothing is interrupted.
        let _ = stop_signals(&sender).await;
        // Kept, so that nobody takes the end of the sender for a signal.
        sender.closed().await;
    });
    Interruption(receiver)
}

/// Tells of each that ends a program politely, Ctrl-C or a request of the system, while someone listens.
#[cfg(unix)]
async fn stop_signals(listeners: &watch::Sender<bool>) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            Some(()) = interrupt.recv() => {}
            Some(()) = terminate.recv() => {}
            () = listeners.closed() => return Ok(()),
        }
        listeners.send_replace(true);
    }
}

/// Tells of each Ctrl-C.
#[cfg(not(unix))]
async fn stop_signals(listeners: &watch::Sender<bool>) -> io::Result<()> {
    loop {
        ctrl_c().await?;
        listeners.send_replace(true);
    }
}
