//! Known layouts.

use serde::{Deserialize, Serialize};

use super::{Columns, Layout, Processed};

/// A known layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The table `public.outbox` that `db init` creates.
    #[default]
    Outboxctl,
    /// The default columns of Debezium's outbox event router (Debezium documentation, "Outbox Event Router"), in the
    /// default table of its Quarkus extension, `outboxevent`.
    Debezium,
    /// The table of a polling publisher, with `created_at` and a boolean `processed`.
    Polling,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Outboxctl, Self::Debezium, Self::Polling];

    /// Returns the name in outboxctl.toml.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outboxctl => "outboxctl",
            Self::Debezium => "debezium",
            Self::Polling => "polling",
        }
    }

    /// Returns the layout.
    pub fn layout(self) -> Layout {
        let own = Layout::default();
        let plain = Columns {
            sequence: None,
            traceparent: None,
            schema_version: None,
            created_at: None,
            processed: None,
            ..Columns::default()
        };
        match self {
            Self::Outboxctl => own,
            Self::Debezium => Layout {
                table: "outboxevent".into(),
                columns: Columns {
                    aggregate_type: "aggregatetype".into(),
                    aggregate_id: "aggregateid".into(),
                    event_type: "type".into(),
                    ..plain
                },
                ..own
            },
            Self::Polling => Layout {
                columns: Columns {
                    created_at: Some("created_at".into()),
                    processed: Some(Processed::Flag("processed".into())),
                    ..plain
                },
                ..own
            },
        }
    }
}
