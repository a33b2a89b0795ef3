//! Runs with a long steady part: samples of outboxctl's processes, and what grew.

use std::sync::Arc;

use crate::consumers::Consumers;
use crate::options::Options;
use crate::page::Page;
use crate::resources::{Phase, Sampler};
use crate::trouble::Result;
use crate::world::World;

/// Minutes of steady load from which growth is a violation.
const ENOUGH: u64 = 20;

/// Samples daemon, function or consumers, and an open page, until dropped.
pub struct Steady {
    sampler: Sampler,
    _page: Page,
}

impl Steady {
    /// `None` unless `--steady` asks for it.
    pub async fn start(
        world: &Arc<World>,
        consumers: Option<Arc<Consumers>>,
        options: &Options,
    ) -> Result<Option<Self>> {
        if options.steady == 0 {
            return Ok(None);
        }
        let page = Page::start(world).await?;
        let function = world.output("PublisherFunction").ok().map(str::to_owned);
        let (world, of_page) = (Arc::clone(world), page.pid);
        let sampler = Sampler::start(move || {
            let daemon = world.stack.state().ok().and_then(|state| u32::try_from(state["pid"].as_u64()?).ok());
            let functions = function.iter().flat_map(|name| world.stack.function(name)).map(|pid| ("function", pid));
            let consumers = consumers.iter().flat_map(|all| all.pids()).map(|pid| ("consumers", pid));
            daemon
                .map(|pid| ("daemon", pid))
                .into_iter()
                .chain([("page", of_page)])
                .chain(functions)
                .chain(consumers)
                .collect()
        });
        Ok(Some(Self { sampler, _page: page }))
    }

    pub fn enter(&self, phase: Phase) {
        self.sampler.enter(phase);
    }

    /// Prints the figures, and returns what grew. In a short steady part everything grows: caches fill.
    pub fn growth(&self, minutes: u64) -> Vec<String> {
        let (lines, grew) = self.sampler.findings();
        println!(
            "| process | memory, 2nd quarter | last quarter | during the fault | after it | open files, 2nd quarter | last quarter | during the fault | after it |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        lines.iter().for_each(|line| println!("{line}"));
        if minutes < ENOUGH { Vec::new() } else { grew }
    }
}
