//! Connections: opened ahead where that is possible, used again, and closed before the server would.

use std::collections::VecDeque;
use std::error::Error as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::target::Target;

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is not used again: load balancers close theirs after a minute, some much earlier,
/// and a request that meets the closing is lost.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// A connection that takes requests.
pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Why there is no connection: a word for the record, and what happened.
#[derive(Debug, Clone)]
pub(super) struct NoConnection {
    pub(super) kind: &'static str,
    pub(super) said: String,
}

/// A connection that waits for a request.
struct Idle {
    sender: Sender,
    since: Instant,
    /// Whether it had none yet.
    is_unused: bool,
}

/// Connections to one address. The one that has waited longest is used first: a server that takes one connection after
/// another waits for that one.
pub(super) struct Pool {
    target: Target,
    tls: Option<TlsConnector>,
    idle: Mutex<VecDeque<Idle>>,
    /// Connections that are being opened ahead.
    opening: AtomicUsize,
    /// How many are kept ready. With 0 none is opened ahead.
    spare: usize,
}

impl Pool {
    /// No connection yet.
    ///
    /// # Errors
    /// If the machine has no certificates to trust.
    pub(super) fn new(target: Target, spare: usize) -> Result<Self, String> {
        let tls = match target.is_tls {
            true => Some(tls()?),
            false => None,
        };
        Ok(Self {
            target,
            tls,
            idle: Mutex::new(VecDeque::new()),
            opening: AtomicUsize::new(0),
            spare,
        })
    }

    /// Opens a connection.
    pub(super) async fn open(&self) -> Result<Sender, NoConnection> {
        let connection = async {
            let place = (self.target.host.as_str(), self.target.port);
            let stream = TcpStream::connect(place).await.map_err(|error| NoConnection {
                kind: "connect",
                said: error.to_string(),
            })?;
            // Small requests must not wait for each other's acknowledgements.
            stream.set_nodelay(true).map_err(|error| NoConnection {
                kind: "connect",
                said: error.to_string(),
            })?;
            let Some(tls) = &self.tls else {
                return begin(stream).await;
            };
            let tls_fault = |said: String| NoConnection { kind: "tls", said };
            let name = ServerName::try_from(self.target.host.clone());
            let name = name.map_err(|error| tls_fault(error.to_string()))?;
            let stream = tls.connect(name, stream).await;
            begin(stream.map_err(|error| tls_fault(error.to_string()))?).await
        };
        timeout(CONNECT_TIME, connection).await.unwrap_or_else(|_| {
            Err(NoConnection {
                kind: "connect",
                said: format!("no connection after {} s", CONNECT_TIME.as_secs()),
            })
        })
    }

    /// The connection that has waited longest, if there is one, and whether it had no request yet. Others are opened for those
    /// who come next.
    pub(super) fn take(self: &Arc<Self>) -> Option<(Sender, bool)> {
        let taken = {
            let mut idle = self.fresh();
            idle.pop_front()
        };
        self.ensure(self.spare);
        taken.map(|idle| (idle.sender, idle.is_unused))
    }

    /// Puts a connection back, once it is through with its last request. One that the server closes is dropped.
    pub(super) async fn give(&self, mut sender: Sender) {
        if sender.ready().await.is_ok() {
            self.put(sender, false);
        }
    }

    /// Puts a connection there that had no request yet.
    pub(super) fn add(&self, sender: Sender) {
        self.put(sender, true);
    }

    fn put(&self, sender: Sender, is_unused: bool) {
        self.lock().push_back(Idle {
            sender,
            since: Instant::now(),
            is_unused,
        });
    }

    /// Opens connections until so many are idle, unless none is to be opened ahead. Whether that succeeds is for those to say
    /// who need one.
    pub(super) fn ensure(self: &Arc<Self>, wanted: usize) {
        if self.spare == 0 {
            return;
        }
        let there = self.fresh().len() + self.opening.load(Ordering::Relaxed);
        for _ in there..wanted {
            self.opening.fetch_add(1, Ordering::Relaxed);
            let pool = Arc::clone(self);
            tokio::spawn(async move {
                if let Ok(sender) = pool.open().await {
                    pool.add(sender);
                }
                pool.opening.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// Waits until no connection is being opened ahead, but no longer than this.
    pub(super) async fn settled(&self, most: Duration) {
        let opened = async {
            while self.opening.load(Ordering::Relaxed) > 0 {
                sleep(Duration::from_millis(2)).await;
            }
        };
        // Those that take longer are there later.
        let _ = timeout(most, opened).await;
    }

    /// Those that can be used.
    fn fresh(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        let mut idle = self.lock();
        idle.retain(|idle| idle.sender.is_ready() && idle.since.elapsed() < IDLE_TIME);
        idle
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        // The list is whole whenever the lock is free.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Speaks HTTP/1.1 over a stream.
async fn begin<S>(stream: S) -> Result<Sender, NoConnection>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = handshake(TokioIo::new(stream)).await;
    let (sender, connection) = begun.map_err(|error| NoConnection {
        kind: "connect",
        said: error.to_string(),
    })?;
    // Its end is seen by whoever holds the sender.
    tokio::spawn(connection);
    Ok(sender)
}

/// TLS by the certificates that the machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
fn tls() -> Result<TlsConnector, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found
            .errors
            .first()
            .map_or_else(String::new, |error| format!(": {error}"));
        return Err(format!(
            "this machine has no certificates to trust{why}; install ca-certificates, or name a file with SSL_CERT_FILE"
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A word for what broke a connection.
pub(super) fn kind_of(error: &hyper::Error) -> &'static str {
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => "connection_reset",
        Some(io::ErrorKind::UnexpectedEof) => "connection_closed",
        _ if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => "connection_closed",
        _ if error.is_parse() => "no_http",
        _ => "connection_broken",
    }
}
