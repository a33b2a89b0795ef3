//! Processes that are killed, stopped and restarted.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use rustix::process::Signal;

use crate::stack::{is_running, signal};
use crate::trouble::{Result, causes, until};

use super::Scene;

pub fn none<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move { scene.load.continues(20).await.map(|()| 0) }.boxed_local()
}

/// Waits until the publisher runs, and sends its processes a signal; how many there were.
async fn signal_function(scene: &Scene<'_>, number: Signal) -> Result<Vec<u32>> {
    let function = scene.world.output("PublisherFunction")?;
    until("the function runs", async || {
        let pids = scene.world.stack.function(function);
        Ok((!pids.is_empty()).then(|| pids.into_iter().filter(|pid| signal(*pid, number)).collect()))
    })
    .await
}

pub fn kill_function<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let mut strikes = 0;
        for _ in 0..3 {
            // A moment in which a batch is likely to be on its way, different each time.
            scene.load.continues(4 + scene.below(8).await).await?;
            strikes += signal_function(scene, Signal::KILL).await?.len() as u64;
        }
        Ok(strikes)
    }
    .boxed_local()
}

pub fn stop_function<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let (lambda, function) = (&scene.world.aws.lambda, scene.world.output("PublisherFunction")?);
        let configure = |timeout: i32| lambda.update_function_configuration().function_name(function).timeout(timeout);
        configure(3).send().await.map_err(causes("set the time-out"))?;
        let stopped = async {
            scene.load.continues(10).await?;
            let stopped = signal_function(scene, Signal::STOP).await?;
            tokio::time::sleep(Duration::from_secs(5)).await;
            for pid in &stopped {
                signal(*pid, Signal::CONT);
            }
            Ok::<_, crate::trouble::Trouble>(stopped.len() as u64)
        };
        let strikes = stopped.await;
        configure(60).send().await.map_err(causes("reset the time-out"))?;
        // Lambda's own time-out, and a batch that comes again to a process that woke up.
        Ok(strikes? + 1)
    }
    .boxed_local()
}

pub fn kill_stack<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let pid = scene.world.stack.state()?["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        signal(pid.ok_or("the state names no process")?, Signal::KILL);
        // PostgreSQL and the emulator end by themselves: the kernel signals them.
        scene.world.stack.again().await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn restart_stack<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        scene.world.stack.ok(&["local", "down"]).await?;
        scene.world.stack.again().await?;
        Ok(1)
    }
    .boxed_local()
}

pub fn stop_emulator<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let pid = scene.world.stack.state()?["emulator_pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        let pid = pid.ok_or("the state names no emulator")?;
        signal(pid, Signal::STOP);
        tokio::time::sleep(Duration::from_secs(6)).await;
        signal(pid, Signal::CONT);
        if !is_running(pid) {
            return Err("the emulator ended".into());
        }
        Ok(1)
    }
    .boxed_local()
}
