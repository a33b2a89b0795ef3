//! A clock that steps, of every process of the stack, its functions and its consumers.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::Scene;
use crate::run::missing;
use crate::trouble::{Result, Trouble, until};

/// Seconds from the real time: a step ahead, one to a time before the start of the run, and one to the right time.
const STEPS: [i64; 3] = [90, -60, 0];
/// Longer than a transaction of the load takes.
const REST: Duration = Duration::from_secs(2);

pub fn steps<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let clock = scene.world.stack.prepared.clock()?;
        let stepped = async {
            for seconds in STEPS {
                if scene.world.pipeline.has_bus() {
                    quiet(scene).await?;
                }
                clock.set(seconds);
                scene.load.rest(false);
                scene.load.continues(30).await?;
            }
            Ok::<_, Trouble>(STEPS.len() as u64)
        };
        let stepped = stepped.await;
        scene.load.rest(false);
        clock.set(0);
        stepped
    }
    .boxed_local()
}

/// Waits until everything that was written is seen on the bus. Its log is in the order of a clock: events of before and after
/// a step that are seen at once can't be put into the order in which the bus got them.
async fn quiet(scene: &Scene<'_>) -> Result<()> {
    scene.load.rest(true);
    tokio::time::sleep(REST).await;
    until("everything is delivered", async || Ok((missing(&scene.history.sink) == 0).then_some(()))).await
}
