//! The gateway's additions to the emulator: every service and every resource provider, in the order of their priority.

use std::sync::Arc;

use super::dms::{Dms, DmsResources};
use super::event_source::EventSources;
use super::events::Events;
use super::gateway::{ResourceProvider, Service};
use super::rds;

/// Returns the services that answer some or all of an API's operations themselves.
pub fn services(dms: &Arc<Dms>, event_sources: &EventSources) -> Vec<Arc<dyn Service>> {
    let events = Arc::new(Events::default());
    vec![Arc::clone(dms) as Arc<dyn Service>, Arc::new(event_sources.clone()), events, Arc::new(rds::Rds)]
}

/// Returns the CloudFormation resource types that the emulator lacks.
pub fn providers(dms: &Arc<Dms>, event_sources: &EventSources) -> Vec<Arc<dyn ResourceProvider>> {
    vec![Arc::new(DmsResources(Arc::clone(dms))), Arc::new(event_sources.clone()), Arc::new(rds::Databases)]
}
