//! Servers for further database instances.
//!
//! On RDS every instance has its own roles, databases and slots, so two pipelines may use the same names. Here the
//! first instance lives in the server that every stack has, and each further one gets its own server: a folder
//! `postgres-N` with `instance.json`.

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Server;
use super::instance::Instance;
use super::tokens::Tokens;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::local::home::{Home, write_json};
use crate::local::ports;
use crate::local::state::{Postgres, State};
use crate::local::tools::{self, PostgresPrograms};

/// The contents of instance.json.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    instance: Instance,
    /// Kept over restarts: secrets name it.
    port: u16,
}

/// A request to the [`Keeper`].
pub enum Request {
    /// Returns the server of the instance; `None` without one.
    Find(Instance, oneshot::Sender<Option<Postgres>>),
    /// Starts a server, of this major version if the machine has it.
    Start(Instance, Option<u32>, oneshot::Sender<Result<Postgres>>),
    /// Upgrades the server of the instance: its own, or that of every stack.
    Upgrade(Instance, PostgresPrograms, oneshot::Sender<Result<()>>),
    /// Ends the server and removes its data.
    Remove(Instance, oneshot::Sender<Result<()>>),
}

/// The handle for requests to the servers; they are started elsewhere, on the main thread.
pub struct Servers {
    requests: mpsc::Sender<Request>,
    /// Held while an instance is placed: two instances must not take the same server.
    pub turn: Mutex<()>,
}

impl Servers {
    /// Returns a handle, and the end at which a [`Keeper`] takes its requests.
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (sender, requests) = mpsc::channel(8);
        (Self { requests: sender, turn: Mutex::default() }, requests)
    }

    /// Returns the server of a further instance; `None` without one.
    ///
    /// # Errors
    /// `Interrupted` while the stack stops.
    pub async fn find(&self, instance: &Instance) -> Result<Option<Postgres>> {
        self.ask(|reply| Request::Find(instance.clone(), reply)).await
    }

    /// Creates and starts a server for an instance, of this major version if the machine has it.
    ///
    /// # Errors
    /// `LocalSetup` if it does not start.
    pub async fn start(&self, instance: &Instance, major: Option<u32>) -> Result<Postgres> {
        self.ask(|reply| Request::Start(instance.clone(), major, reply)).await?
    }

    /// Upgrades the server of an instance to the version of `programs`; the server is down during that time. An
    /// instance without a separate server uses the stack's.
    ///
    /// # Errors
    /// `LocalSetup` if the upgrade fails: the server then runs as before.
    pub async fn upgrade(&self, instance: &Instance, programs: PostgresPrograms) -> Result<()> {
        self.ask(|reply| Request::Upgrade(instance.clone(), programs, reply)).await?
    }

    /// Ends an instance's server and removes its data.
    ///
    /// # Errors
    /// `Io` if the data can't be removed.
    pub async fn remove(&self, instance: &Instance) -> Result<()> {
        self.ask(|reply| Request::Remove(instance.clone(), reply)).await?
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let stopping = || Error::new(Kind::Interrupted, "the local stack is stopping");
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())
    }
}

/// The running servers; lives on the main thread.
pub struct Keeper {
    home: Home,
    programs: PostgresPrograms,
    tokens: Tokens,
    servers: Vec<(String, Instance, Server)>,
    requests: mpsc::Receiver<Request>,
}

impl Keeper {
    /// Starts the servers of existing instances.
    ///
    /// # Errors
    /// `LocalSetup` if one does not start.
    pub async fn start(
        home: &Home,
        programs: &PostgresPrograms,
        tokens: &Tokens,
        requests: mpsc::Receiver<Request>,
    ) -> Result<Self> {
        let mut keeper = Self {
            home: home.clone(),
            programs: programs.clone(),
            tokens: tokens.clone(),
            servers: Vec::new(),
            requests,
        };
        for (name, record) in keeper.records()? {
            let listening = ports::listen(record.port, "PostgreSQL", "--postgres-port")?;
            let server = Server::start_in(home, programs, tokens, &name, listening).await?;
            keeper.servers.push((name, record.instance, server));
        }
        Ok(keeper)
    }

    /// Answers requests until a server ends by itself; returns its exit and the name of its log. `main` is the server of
    /// every stack.
    pub async fn serve(&mut self, main: &mut Server) -> (String, String) {
        loop {
            let request = {
                let home = &self.home;
                let servers = self.servers.iter_mut().map(|(_, _, server)| server).chain([&mut *main]);
                let ends = servers.map(|server| Box::pin(server.ended_with_log(home))).collect::<Vec<_>>();
                tokio::select! {
                    (ended, ..) = futures_util::future::select_all(ends) => return ended,
                    Some(request) = self.requests.recv() => request,
                }
            };
            // The caller may have stopped waiting.
            match request {
                Request::Find(instance, reply) => drop(reply.send(self.find(&instance))),
                Request::Start(instance, major, reply) => drop(reply.send(self.add(instance, major).await)),
                Request::Upgrade(instance, programs, reply) => {
                    drop(reply.send(self.upgrade(main, &instance, &programs).await));
                }
                Request::Remove(instance, reply) => drop(reply.send(self.remove(&instance).await)),
            }
        }
    }

    /// Ends all servers. Later requests are not answered.
    pub async fn stop(&mut self) {
        self.requests.close();
        while self.requests.try_recv().is_ok() {}
        futures_util::future::join_all(self.servers.iter_mut().map(|(_, _, server)| server.stop())).await;
    }

    fn find(&self, instance: &Instance) -> Option<Postgres> {
        self.servers.iter().find(|(_, other, _)| other == instance).map(|(_, _, server)| server.about.clone())
    }

    async fn upgrade(&mut self, main: &mut Server, instance: &Instance, programs: &PostgresPrograms) -> Result<()> {
        if let Some((_, _, server)) = self.servers.iter_mut().find(|(_, other, _)| other == instance) {
            return server.upgrade(&self.home, programs).await;
        }
        main.upgrade(&self.home, programs).await?;
        // Commands read the version there.
        match State::read(&self.home) {
            Some(state) => State { postgres: main.about.clone(), ..state }.write(&self.home),
            None => Ok(()),
        }
    }

    async fn add(&mut self, instance: Instance, major: Option<u32>) -> Result<Postgres> {
        if let Some(found) = self.find(&instance) {
            return Ok(found);
        }
        let programs = major.and_then(|major| tools::postgres_majors(&self.home).remove(&major));
        let programs = programs.unwrap_or_else(|| self.programs.clone());
        let name = (2..).map(|number| format!("postgres-{number}")).find(|name| !self.home.file(name).exists());
        let name = name.unwrap_or_default();
        let (listeners, port) = ports::listen(0, "PostgreSQL", "--postgres-port")?;
        let started = Server::start_in(&self.home, &programs, &self.tokens, &name, (listeners, port)).await;
        let record = Record { instance, port };
        let kept = started
            .and_then(|server| write_json(&self.home.file(&name).join("instance.json"), &record).map(|()| server));
        match kept {
            Ok(server) => {
                let about = server.about.clone();
                self.servers.push((name, record.instance, server));
                Ok(about)
            }
            Err(error) => {
                // Without its record, it would never be found again.
                let _ = std::fs::remove_dir_all(self.home.file(&name));
                Err(error)
            }
        }
    }

    async fn remove(&mut self, instance: &Instance) -> Result<()> {
        let Some(at) = self.servers.iter().position(|(_, other, _)| other == instance) else { return Ok(()) };
        let (name, _, mut server) = self.servers.remove(at);
        server.stop().await;
        let folder = self.home.file(&name);
        std::fs::remove_dir_all(&folder).or_fail(Kind::Io, || format!("{} can't be removed", folder.display()))
    }

    /// Reads the instances on disk. A folder without a record was never complete and is removed.
    fn records(&self) -> Result<Vec<(String, Record)>> {
        let failed = || format!("{} can't be read", self.home.stack().display());
        let mut records = Vec::new();
        for entry in std::fs::read_dir(self.home.stack()).or_fail(Kind::LocalSetup, failed)? {
            let entry = entry.or_fail(Kind::LocalSetup, failed)?;
            let Some(name) = entry.file_name().to_str().filter(|name| name.starts_with("postgres-")).map(str::to_owned)
            else {
                continue;
            };
            match std::fs::read(entry.path().join("instance.json")) {
                Ok(text) => {
                    let record = serde_json::from_slice(&text)
                        .or_fail(Kind::LocalSetup, || format!("{} is damaged", entry.path().display()))?;
                    records.push((name, record));
                }
                Err(_) => {
                    std::fs::remove_dir_all(entry.path()).or_fail(Kind::LocalSetup, failed)?;
                }
            }
        }
        records.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(records)
    }
}
