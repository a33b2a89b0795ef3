//! The administrative requests and their responses, as sent to the admin function and back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

pub use super::appended::{After, AppendedPage, AppendedRequest, AppendedRow};
pub use super::blocking::OpenTransaction;
pub use super::committed::{CommittedRequest, CommittedRow, Filter, OutboxKey};
pub use super::failures::{FailureRow, FailuresRequest};
pub use super::migrate::InitReport;
pub use super::overview::{
    Earlier, FailedRecord, Fill, OutboxRow, Overview, OverviewRequest, Person, Place, Processed,
};
pub use super::processed::{LogPosition, LogRow, ProcessedPage, ProcessedRequest};
pub use super::purge::{PurgeRequest, Purgeable};
pub use super::readiness::{Readiness, Room};
pub use super::requirements::Missing;
pub use super::restored::{Behind, Last};
#[cfg(test)]
pub use super::row::EventRow;
pub use super::samples::{Domain, Inserted, SampleRequest, Writers, aggregate_id, correlation_id, sample_event};
pub use super::slots::{REBUILD, Slot, SlotRequest, SlotTrouble};
pub use super::status::StatusReport;
pub use super::upgrade::{LogicalSlot, UpgradeState};
use super::{
    appended, committed, failures, migrate, overview, processed, purge, readiness, requirements, restored, samples,
    slots, status, upgrade,
};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// A request to the database's owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum AdminRequest {
    /// `sample` is whether the sample's tables are wanted, too.
    Init {
        dry_run: bool,
        #[serde(default = "yes")]
        sample: bool,
    },
    /// Reports the missing objects of a database, without changes.
    Check {
        sample: bool,
    },
    Status,
    /// The prerequisites of a capture.
    Readiness,
    Overview(OverviewRequest),
    SampleInsert(SampleRequest),
    Processed(ProcessedRequest),
    Committed(CommittedRequest),
    /// Rows that became visible since an earlier look.
    Appended(AppendedRequest),
    Purge(PurgeRequest),
    Purgeable {
        before: DateTime<Utc>,
        #[serde(default)]
        groups: Vec<String>,
    },
    Failures(FailuresRequest),
    UnmarkFailures {
        ids: Vec<i64>,
    },
    DeleteFailures {
        ids: Vec<i64>,
    },
    /// Creates a replication slot, unless it exists.
    CreateSlot(SlotRequest),
    /// Drops a replication slot, if it exists.
    DropSlot {
        name: String,
    },
    /// Reports the prerequisites of a major upgrade.
    UpgradeState,
    /// Refreshes the statistics of tables with a higher oid.
    Analyze {
        after: u32,
    },
    /// Finds the aggregates whose delivered events the outbox does not have.
    Behind {
        delivered: Vec<Last>,
        /// Only aggregates that the outbox knows.
        known: bool,
    },
    /// Makes aggregates continue after their delivered sequences.
    Advance {
        aggregates: Vec<Behind>,
    },
    /// A request about an outbox table that `db init` did not create. All others are about our own. A function that
    /// does not know this variant refuses it, instead of working on another table.
    Mapped {
        layout: Box<Layout>,
        request: Box<AdminRequest>,
    },
}

impl AdminRequest {
    /// Addresses the request to the table in `layout`.
    #[must_use]
    pub fn on(self, layout: &Layout) -> Self {
        if layout.is_own() {
            return self;
        }
        Self::Mapped { layout: Box::new(layout.clone()), request: Box::new(self) }
    }

    /// Returns the request, and its table.
    fn unpacked(self) -> (Self, Layout) {
        match self {
            Self::Mapped { layout, request } => (*request, *layout),
            request => (request, Layout::default()),
        }
    }
}

/// Returns the default in requests of executables that do not have this choice.
fn yes() -> bool {
    true
}

/// Returns the maximum of a function whose response does not name it.
fn most_before() -> u32 {
    1_000
}

/// The response to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum AdminResponse {
    Init(InitReport),
    Check {
        missing: Vec<Missing>,
    },
    Status(StatusReport),
    Readiness(Readiness),
    Overview(Overview),
    SampleInsert {
        inserted: Vec<Inserted>,
        /// Maximum events per request.
        #[serde(default = "most_before")]
        most: u32,
    },
    Processed(ProcessedPage),
    Committed {
        rows: Vec<CommittedRow>,
    },
    Appended(AppendedPage),
    Purgeable(Purgeable),
    Failures {
        rows: Vec<FailureRow>,
    },
    /// Number of changed rows.
    Changed {
        rows: u64,
    },
    /// The position from which the slot has every change; None while its creation waits for open transactions.
    Slot {
        position: Option<String>,
    },
    UpgradeState(UpgradeState),
    /// Number of analyzed tables, and the oid of the last one if there are more.
    Analyzed {
        tables: u64,
        next: Option<u32>,
    },
    Behind {
        found: Vec<Behind>,
    },
}

/// Runs [`execute`], with further connections for writing many sample events.
///
/// # Errors
/// Those of [`execute`], and of connecting.
pub async fn execute_with(writers: &mut Writers, client: &mut Client, request: AdminRequest) -> Result<AdminResponse> {
    match request.unpacked() {
        (AdminRequest::SampleInsert(request), layout) => {
            let inserted = writers.insert(client, &layout, &request).await?;
            Ok(AdminResponse::SampleInsert { inserted, most: samples::MAX_CHUNK })
        }
        (request, layout) => execute(client, request.on(&layout)).await,
    }
}

/// Runs a request. `Init` needs the owner's connection.
pub async fn execute(client: &mut Client, request: AdminRequest) -> Result<AdminResponse> {
    let (request, layout) = request.unpacked();
    Ok(match request {
        AdminRequest::Init { dry_run, sample } => {
            AdminResponse::Init(migrate::init(client, &layout, dry_run, sample).await?)
        }
        AdminRequest::Check { sample } => {
            AdminResponse::Check { missing: requirements::all(client, &layout, sample).await? }
        }
        AdminRequest::Status => AdminResponse::Status(status::status(client, &layout).await?),
        AdminRequest::Readiness => AdminResponse::Readiness(readiness::readiness(client).await?),
        AdminRequest::Overview(request) => {
            AdminResponse::Overview(overview::overview(client, &layout, &request).await?)
        }
        AdminRequest::SampleInsert(request) => AdminResponse::SampleInsert {
            inserted: samples::insert(client, &layout, &request).await?,
            most: samples::MAX_CHUNK,
        },
        AdminRequest::Committed(request) => {
            AdminResponse::Committed { rows: committed::committed(client, &layout, &request).await? }
        }
        AdminRequest::Appended(request) => {
            AdminResponse::Appended(appended::appended(client, &layout, &request).await?)
        }
        AdminRequest::Purge(request) => AdminResponse::Changed { rows: purge::purge(client, &layout, &request).await? },
        AdminRequest::Purgeable { before, groups } => {
            AdminResponse::Purgeable(purge::purgeable(client, &layout, before, &groups).await?)
        }
        AdminRequest::Failures(request) => {
            AdminResponse::Failures { rows: failures::failures(client, &request).await? }
        }
        AdminRequest::UnmarkFailures { ids } => AdminResponse::Changed { rows: failures::unmark(client, &ids).await? },
        AdminRequest::DeleteFailures { ids } => AdminResponse::Changed { rows: failures::delete(client, &ids).await? },
        AdminRequest::CreateSlot(request) => AdminResponse::Slot { position: slots::create(client, &request).await? },
        AdminRequest::DropSlot { name } => AdminResponse::Changed { rows: slots::drop(client, &name).await? },
        AdminRequest::Processed(request) => {
            AdminResponse::Processed(processed::processed(client, &layout, &request).await?)
        }
        AdminRequest::UpgradeState => AdminResponse::UpgradeState(upgrade::state(client).await?),
        AdminRequest::Analyze { after } => {
            let (tables, next) = upgrade::analyze(client, after).await?;
            AdminResponse::Analyzed { tables, next }
        }
        AdminRequest::Behind { delivered, known } => {
            AdminResponse::Behind { found: restored::behind(client, &delivered, known).await? }
        }
        AdminRequest::Advance { aggregates } => {
            AdminResponse::Changed { rows: restored::advance(client, &aggregates).await? }
        }
        AdminRequest::Mapped { .. } => return Err(Error::new(Kind::Usage, "a request about two tables")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_their_form() {
        let init = serde_json::to_value(AdminRequest::Init { dry_run: true, sample: false }).expect("JSON");
        assert_eq!(init, serde_json::json!({"op": "init", "dry_run": true, "sample": false}));
        let older: AdminRequest = serde_json::from_str(r#"{"op":"init","dry_run":false}"#).expect("valid");
        assert_eq!(older, AdminRequest::Init { dry_run: false, sample: true });
        let older = serde_json::from_str(r#"{"op":"sample-insert","inserted":[]}"#).expect("valid");
        assert_eq!(AdminResponse::SampleInsert { inserted: Vec::new(), most: 1_000 }, older);
        let request: AdminRequest = serde_json::from_str(r#"{"op":"status"}"#).expect("valid");
        assert_eq!(request, AdminRequest::Status);
        assert_eq!(AdminRequest::Status.on(Layout::own()), AdminRequest::Status);
        let committed = serde_json::to_value(AdminRequest::Committed(CommittedRequest::default())).expect("JSON");
        let flat = serde_json::json!({
            "op": "committed", "after": null, "from": null, "until": null, "aggregate": null, "event_type": null, "ids": []
        });
        assert_eq!(committed, flat);
        let read: AdminRequest = serde_json::from_value(flat).expect("valid");
        assert_eq!(read, AdminRequest::Committed(CommittedRequest::default()));
        let mapped = AdminRequest::Status.on(&"debezium".parse().expect("a preset"));
        let text = serde_json::to_string(&mapped).expect("JSON");
        assert!(text.starts_with(r#"{"op":"mapped","layout":{"schema":"public","table":"outboxevent""#), "{text}");
        assert_eq!(serde_json::from_str::<AdminRequest>(&text).expect("valid"), mapped);
    }
}
