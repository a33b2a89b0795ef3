//! The capture's connection to PostgreSQL, through a proxy that misbehaves.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::proxy::{Network, Proxy};
use crate::trouble::{Result, causes, until};

use super::Scene;

/// Leads the capture through a proxy for as long as `disturb` runs: the secret of its endpoint names the proxy's port.
async fn through<'a>(scene: &'a Scene<'a>, disturb: impl AsyncFnOnce(&Proxy) -> Result<u64>) -> Result<u64> {
    let (secrets, arn) = (&scene.world.aws.secrets, scene.world.output("DatabaseSecretArn")?);
    let answer = secrets.get_secret_value().secret_id(arn).send().await.map_err(causes("read the secret"))?;
    let before = answer.secret_string.ok_or("the secret is empty")?;
    let mut secret: Value = serde_json::from_str(&before)?;
    let proxy = Proxy::to(scene.world.output("DatabasePort")?.parse()?).await?;
    secret["port"] = proxy.port.into();
    lead(scene, secret.to_string()).await?;
    if proxy.connections() == 0 {
        return Err("the capture does not use the proxy".into());
    }
    let strikes = disturb(&proxy).await;
    proxy.becomes(Network::Passes);
    lead(scene, before).await?;
    Ok(strikes? + 2)
}

/// Restarts the capture with another secret.
async fn lead(scene: &Scene<'_>, secret: String) -> Result<()> {
    let (secrets, arn) = (&scene.world.aws.secrets, scene.world.output("DatabaseSecretArn")?);
    let put = secrets.put_secret_value().secret_id(arn).secret_string(secret).send().await;
    put.map_err(causes("change the secret"))?;
    scene.world.ok(&["dms", "stop"]).await?;
    scene.world.ok(&["dms", "start"]).await.map(drop)
}

pub fn cut<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    let disturb = async |proxy: &Proxy| {
        for _ in 0..4 {
            let made = proxy.connections();
            proxy.becomes(Network::Cut);
            until("it is tried again", async || Ok((proxy.connections() > made).then_some(()))).await?;
            proxy.becomes(Network::Passes);
            scene.load.continues(4 + scene.below(8).await).await?;
        }
        Ok(4)
    };
    through(scene, disturb).boxed_local()
}

pub fn stalled<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    let disturb = async |proxy: &Proxy| {
        proxy.becomes(Network::Stalls);
        tokio::time::sleep(Duration::from_secs(8)).await;
        Ok(1)
    };
    through(scene, disturb).boxed_local()
}

pub fn slow<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    let disturb = async |proxy: &Proxy| {
        proxy.becomes(Network::Slow);
        scene.load.continues(40).await?;
        Ok(1)
    };
    through(scene, disturb).boxed_local()
}
