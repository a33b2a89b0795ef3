//! Lists the items that the tests and benchmarks of this repository use, besides the executable. It is not an API:
//! anything here may change in any release. All rooms are private, so the compiler finds code that neither the
//! executable nor this list uses.

pub mod aws {
    pub use crate::aws::{AccessKey, Clients, LocalEndpoint};
    pub mod api_gateway {
        pub use crate::aws::api_gateway::Api;
    }
}
pub mod cli {
    pub use crate::cli::definition;
}
pub mod cloudformation {
    pub use crate::cloudformation::stacks;
}
pub mod commands {
    pub mod explain {
        pub use crate::commands::explain::TOPICS;
    }
    pub mod verify {
        pub use crate::commands::verify::hint;
    }
}
pub mod deployment {
    pub use crate::deployment::{Deployment, Readers, Reading};
}
pub mod doctor {
    pub use crate::doctor::{State, hops, look, picture};
    pub mod policy {
        pub mod calls {
            pub use crate::doctor::policy::calls::CALLS;
        }
    }
}
pub mod error {
    pub use crate::base::error::{Error, Kind, Result, sdk_code};
}
pub mod functions {
    pub mod rights {
        pub use crate::functions::rights::{FUNCTIONS, Function};
    }
}
pub mod local {
    pub use crate::local::{Home, KEY_HEADER};
    pub mod capture {
        pub use crate::local::capture::{Ended, Entry, Failure, Job, Phase, Sink, SinkError, Start, Statistics, run};
        pub mod mapping {
            pub use crate::local::capture::mapping::Mappings;
        }
        pub mod settings {
            pub use crate::local::capture::settings::{LobSettings, SourceSettings, TargetSettings};
        }
    }
    pub mod postgres_server {
        pub use crate::local::postgres_server::superuser;
    }
    pub mod state {
        pub use crate::local::state::{Postgres, State};
    }
}
pub mod outbox {
    pub mod formats {
        pub mod dms {
            pub use crate::outbox::formats::dms::{Operation, Record};
        }
    }
}
pub mod pipelines {
    pub use crate::pipelines::{
        ALL, Hop, Output, Owner, Pipeline, Route, Source, Stack, WITH_SAMPLE, find, parameters,
    };
    pub mod cost {
        pub use crate::pipelines::cost::{Prices, Usage, estimate};
    }
    pub mod stops {
        pub use crate::pipelines::stops::{API, BUS, EVENT_LOG, PUBLISHER, TABLE, USERS_STREAM};
    }
}
pub mod postgres {
    pub use crate::postgres::{Secret, Target, WRITER, connect, failed, without_rows};
    pub mod admin {
        pub use crate::postgres::admin::{
            AdminRequest, AdminResponse, Domain, Earlier, InitReport, Overview, OverviewRequest, SampleRequest,
            StatusReport, Writers, execute, execute_with,
        };
    }
    pub mod replication {
        pub use crate::postgres::replication::{Connection, Lsn};
    }
    pub mod tls {
        pub use crate::postgres::tls::{Roots, regional_root};
    }
}
pub mod repair {
    pub mod reconcile {
        pub use crate::repair::reconcile::{Counts, Entry, Ledger, Side};
    }
}
pub mod report {
    pub use crate::base::report::Silent;
}
pub mod settings {
    pub use crate::settings::{DEFAULT_GROUP, DEFAULT_PIPELINE, quoted};
}
pub mod streams {
    pub use crate::streams::{StartAt, Warnings};
}
pub mod ui {
    pub use crate::ui::{Options, serve};
}
pub mod verify {
    pub use crate::verify::{Amount, Options, run};
}
