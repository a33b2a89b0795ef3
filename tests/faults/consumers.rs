//! `outboxctl consume` as a service: several members of a group, each started again when it ends.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::trouble::Result;
use crate::world::World;

/// A member that is silent for longer loses its shards.
pub const LEASE: Duration = Duration::from_secs(3);

pub struct Consumers {
    world: Arc<World>,
    url: String,
    members: Mutex<Vec<Member>>,
    /// How often a member was started, of all members.
    starts: Arc<AtomicUsize>,
}

struct Member {
    pid: Arc<AtomicU32>,
    keeper: JoinHandle<()>,
}

impl Consumers {
    pub fn start(world: &Arc<World>, url: &str, members: usize) -> Self {
        let (url, members_) = (url.to_owned(), Mutex::default());
        let consumers = Self { world: Arc::clone(world), url, members: members_, starts: Arc::default() };
        (0..members).for_each(|_| consumers.join());
        consumers
    }

    /// One member more.
    pub fn join(&self) {
        let pid = Arc::new(AtomicU32::new(0));
        let (world, url) = (Arc::clone(&self.world), self.url.clone());
        let (shown, starts) = (Arc::clone(&pid), Arc::clone(&self.starts));
        let keeper = tokio::spawn(async move {
            loop {
                starts.fetch_add(1, Ordering::SeqCst);
                if let Err(error) = once(&world, &url, &shown).await {
                    eprintln!("    (a consumer could not be started: {error})");
                }
                shown.store(0, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        });
        self.lock().push(Member { pid, keeper });
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, Vec<Member>> {
        self.members.lock()
    }

    /// The processes that run now.
    pub fn pids(&self) -> Vec<u32> {
        self.lock().iter().map(|member| member.pid.load(Ordering::SeqCst)).filter(|pid| *pid != 0).collect()
    }

    pub fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }

    /// Takes members away until so many are left.
    pub fn keep(&self, members: usize) {
        self.lock().drain(members..).for_each(|member| member.keeper.abort());
    }
}

impl Drop for Consumers {
    fn drop(&mut self) {
        self.keep(0);
    }
}

async fn once(world: &World, url: &str, shown: &AtomicU32) -> Result<()> {
    let lease = LEASE.as_secs().to_string();
    let args = ["consume", "--pipeline", world.pipeline.name(), "--post", url, "--lease-duration", &lease];
    let more = ["--hook-timeout", "2s", "--backoff", "100ms", "--attempts", "100", "--output", "ndjson"];
    let mut command = world.stack.command(&[&args[..], &more].concat());
    let log = std::fs::OpenOptions::new().create(true).append(true).open(world.stack.log("consumers.log"))?;
    command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log)).kill_on_drop(true);
    let mut child = command.spawn()?;
    shown.store(child.id().unwrap_or_default(), Ordering::SeqCst);
    child.wait().await?;
    Ok(())
}
