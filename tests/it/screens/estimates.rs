//! Commands that send no requests.

use super::{check, check_on_terminal};
use crate::support::World;

#[test]
fn the_cost_of_every_pipeline() {
    let world = World::new();
    for pipeline in outboxctl::internals::pipelines::ALL {
        let args = ["cost", "--pipeline", pipeline.name, "--region", "eu-central-1"];
        check(&format!("cost-{}", pipeline.name), &world, &args, || world.command());
    }
    let args = ["cost", "--pipeline", "rds-kinesis", "--region", "us-east-1"];
    let aurora = [&args[..], &["--parameter", "DatabaseEngine=aurora-postgresql"]].concat();
    check("cost-aurora", &world, &aurora, || world.command());
    let args = ["cost", "--pipeline", "rds-kinesis", "--region", "eu-central-1"];
    check_on_terminal("cost-terminal", &world, &args, || world.command());
}

#[test]
fn the_settings_in_effect() {
    let world = World::new();
    let command = || {
        let mut command = world.command();
        command.env("AWS_REGION", "eu-central-1").env("OUTBOXCTL_PIPELINE", "rds-kinesis");
        command
    };
    check("config-show", &world, &["config", "show", "--stage", "test"], command);
    check_on_terminal("config-show-terminal", &world, &["config", "show", "--stage", "test"], command);
}

#[test]
fn the_topics() {
    let world = World::new();
    check("explain", &world, &["explain"], || world.command());
}
