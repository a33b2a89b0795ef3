//! Consumers that are killed, stopped and joined, and handlers that misbehave.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use rustix::process::Signal;

use crate::consumers::LEASE;
use crate::stack::signal;
use crate::trouble::{Result, until};
use crate::watch::Manner;

use super::Scene;

pub fn kill<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (consumers, mut strikes) = (scene.consumers()?, 0);
        for _ in 0..3 {
            scene.load.continues(4 + scene.below(12).await).await?;
            let started = consumers.starts();
            let killed = consumers.pids().into_iter().filter(|pid| signal(*pid, Signal::KILL)).count();
            strikes += killed as u64;
            until("the consumers start again", async || Ok((consumers.starts() >= started + killed).then_some(())))
                .await?;
        }
        Ok(strikes)
    }
    .boxed_local()
}

pub fn stop<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let pid = until("a consumer runs", async || Ok(scene.consumers()?.pids().first().copied())).await?;
        signal(pid, Signal::STOP);
        // Until its shards are another's.
        tokio::time::sleep(LEASE * 2).await;
        signal(pid, Signal::CONT);
        Ok(1)
    }
    .boxed_local()
}

pub fn join_and_leave<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let consumers = scene.consumers()?;
        let before = consumers.pids().len();
        consumers.join();
        consumers.join();
        scene.load.continues(60).await?;
        // They take their share of the shards, and are killed with it.
        consumers.keep(before.max(1));
        Ok(4)
    }
    .boxed_local()
}

fn misbehaves<'a>(scene: &'a Scene<'a>, manner: Manner, strikes: u64) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let handler = scene.handler()?;
        handler.behave(manner);
        let struck = async {
            scene.load.continues(20).await?;
            until("the handler misbehaves", async || Ok((handler.struck() >= strikes).then_some(()))).await
        };
        let struck = struck.await;
        let count = handler.behave(Manner::Answers);
        struck.map(|()| count)
    }
    .boxed_local()
}

pub fn hook_fails<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    misbehaves(scene, Manner::Fails, 10)
}

pub fn hook_hangs<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    misbehaves(scene, Manner::Hangs, 4)
}

pub fn hook_late<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    misbehaves(scene, Manner::AnswersTooLate, 4)
}
