//! A TCP proxy that cuts, stalls and slows the connections through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::trouble::Result;

/// The effect of the proxy on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Passes,
    /// Open connections end at once, new ones end as soon as they are made.
    Cut,
    /// Bytes stop, connections stay.
    Stalls,
    /// A few bytes at a time.
    Slow,
}

pub struct Proxy {
    pub port: u16,
    network: watch::Sender<Network>,
    connections: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine and passes on to another.
    pub async fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = listener.local_addr()?.port();
        let (network, seen) = watch::channel(Network::Passes);
        let connections = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&connections);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(pass(client, port, seen.clone()));
            }
        });
        Ok(Self { port: here, network, connections, server })
    }

    pub fn becomes(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(client: TcpStream, port: u16, mut network: watch::Receiver<Network>) {
    if *network.borrow() == Network::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (network.clone(), network.clone());
    tokio::select! {
        _ = copy(from_client, to_server, up) => {}
        _ = copy(from_server, to_client, down) => {}
        _ = network.wait_for(|network| *network == Network::Cut) => {}
    }
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut network: watch::Receiver<Network>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let slow = *network.borrow() == Network::Slow;
        let most = if slow { 512 } else { buffer.len() };
        let read = from.read(&mut buffer[..most]).await?;
        // This includes the data in transit when the network stalled.
        if network.wait_for(|network| *network != Network::Stalls).await.is_err() || read == 0 {
            return Ok(());
        }
        if slow {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that echoes its input.
    async fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        port
    }

    #[tokio::test]
    async fn passes_stalls_and_cuts() {
        let proxy = Proxy::to(echo().await).await.expect("a proxy");
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).await.expect("connected");
        let mut byte = [0];
        client.write_all(b"a").await.expect("written");
        client.read_exact(&mut byte).await.expect("comes back");
        proxy.becomes(Network::Stalls);
        client.write_all(b"b").await.expect("written");
        let nothing = tokio::time::timeout(Duration::from_millis(200), client.read_exact(&mut byte)).await;
        assert!(nothing.is_err(), "nothing passes");
        proxy.becomes(Network::Passes);
        client.read_exact(&mut byte).await.expect("comes back after all");
        assert_eq!(&byte, b"b");
        proxy.becomes(Network::Cut);
        assert_eq!(client.read(&mut byte).await.unwrap_or_default(), 0, "cut");
    }
}
