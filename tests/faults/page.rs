//! `outboxctl ui` with a client that follows it, as an open browser does.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::trouble::{Result, trouble};
use crate::world::World;

/// Ends with the client: the child is killed when it is dropped.
pub struct Page {
    pub pid: u32,
    _server: Child,
    tasks: [JoinHandle<()>; 2],
}

impl Page {
    pub async fn start(world: &World) -> Result<Self> {
        let mut command = world.stack.command(&["ui", "--port", "0", "--pipeline", world.pipeline.name()]);
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut stderr = tokio::io::BufReader::new(server.stderr.take().ok_or("the page has no stderr")?).lines();
        let (host, token) = loop {
            let Some(line) = stderr.next_line().await? else {
                return Err(trouble("the page ended before it was served"));
            };
            if let Some(found) = address(&line) {
                break found;
            }
        };
        // A full pipe would block the server.
        let drained = tokio::spawn(async move { while let Ok(Some(_)) = stderr.next_line().await {} });
        let client = tokio::spawn(async move {
            loop {
                let _ = follow(&host, &token).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        Ok(Self { pid: server.id().unwrap_or_default(), _server: server, tasks: [drained, client] })
    }
}

/// Returns host and token of `… the page is at http://HOST/?token=TOKEN`.
fn address(line: &str) -> Option<(String, String)> {
    let (host, rest) = line.split_once("http://")?.1.split_once("/?token=")?;
    let token = rest.split(|character: char| !character.is_ascii_alphanumeric()).next()?;
    Some((host.to_owned(), token.to_owned()))
}

impl Drop for Page {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Reads the page's events until the connection ends.
async fn follow(host: &str, token: &str) -> Result<()> {
    let mut stream = TcpStream::connect(host).await?;
    let head = format!(
        "GET /api/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut buffer = vec![0; 65_536];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
