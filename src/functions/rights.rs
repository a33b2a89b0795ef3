//! The permissions and environment variables of each function: the single definition for templates and code.
//! `tests/it/templates.rs` compares the source and the templates with it, so that no function lacks a permission or has
//! one that it never uses.

/// One function.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The value of `Handler` in a template.
    pub handler: &'static str,
    /// The files in `src/` that make its calls.
    pub sources: &'static [&'static str],
    /// IAM action and its resource: the name of the parameter or resource in the template.
    pub calls: &'static [(&'static str, &'static str)],
    /// Required variables.
    pub required: &'static [&'static str],
    /// Optional variables.
    pub optional: &'static [&'static str],
}

const DATABASE: &[&str] = &["DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER"];

/// The root certificate of the database, if the embedded ones do not apply.
const CERTIFICATE: &[&str] = &["DATABASE_CERTIFICATE"];

/// Returns a route that writes to PostgreSQL.
const fn database_route(handler: &'static str) -> Function {
    Function {
        handler,
        sources: &["functions/database.rs"],
        calls: &[("rds-db:connect", "DatabaseResourceId")],
        required: DATABASE,
        optional: CERTIFICATE,
    }
}

/// Returns a route that writes an aggregate and its event in one DynamoDB transaction.
const fn table_route(handler: &'static str) -> Function {
    Function {
        handler,
        sources: &["functions/api/aggregates.rs", "functions/api/store.rs", "aws/dynamodb/writer.rs"],
        calls: &[
            ("dynamodb:GetItem", "AggregateTable"),
            // TransactWriteItems requires the permissions of the writes in it.
            ("dynamodb:PutItem", "AggregateTable"),
            ("dynamodb:PutItem", "OutboxTable"),
        ],
        required: &["AGGREGATE_TABLE", "OUTBOX_TABLE"],
        optional: &["OUTBOX_RETENTION_DAYS"],
    }
}

const BUS: &[&str] = &["OUTBOX_BUS_NAME", "FAILURE_BUCKET"];

/// Returns a consumer that only publishes.
const fn publisher(handler: &'static str, optional: &'static [&'static str]) -> Function {
    Function {
        handler,
        sources: &["functions/publisher/eventbridge.rs", "functions/publisher/failures.rs"],
        calls: &[("events:PutEvents", "BusArn"), ("s3:PutObject", "FailureBucket")],
        required: BUS,
        optional,
    }
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    database_route("api.cars"),
    database_route("api.people"),
    table_route("api.orders"),
    table_route("api.cart"),
    Function {
        handler: "api.users",
        sources: &["functions/api/users.rs", "functions/api/store.rs"],
        calls: &[
            ("dynamodb:DeleteItem", "AggregateTable"),
            ("dynamodb:GetItem", "AggregateTable"),
            ("dynamodb:PutItem", "AggregateTable"),
        ],
        required: &["AGGREGATE_TABLE"],
        optional: &[],
    },
    publisher("publisher", &["FAILURE_BUCKET_OWNER", "OUTBOX_LAYOUT", "OUTBOX_MAX_REQUEST_BYTES"]),
    publisher("forwarder", &["FAILURE_BUCKET_OWNER", "OUTBOX_MAX_REQUEST_BYTES"]),
    publisher("forwarder.users", &["FAILURE_BUCKET_OWNER", "OUTBOX_MAX_REQUEST_BYTES", "PERSONAL_FIELDS"]),
    Function {
        handler: "sequencer",
        sources: &[
            "functions/publisher/eventbridge.rs",
            "functions/publisher/failures.rs",
            "functions/sequencer/history.rs",
            "functions/sequencer/positions.rs",
        ],
        calls: &[
            ("events:PutEvents", "BusArn"),
            ("s3:PutObject", "FailureBucket"),
            ("dynamodb:Query", "OutboxTable"),
            ("dynamodb:UpdateItem", "PositionsTable"),
        ],
        required: &["OUTBOX_BUS_NAME", "FAILURE_BUCKET", "POSITIONS_TABLE", "OUTBOX_TABLE"],
        optional: &["FAILURE_BUCKET_OWNER", "OUTBOX_MAX_REQUEST_BYTES"],
    },
    Function {
        handler: "consumer",
        sources: &["functions/consumer.rs"],
        calls: &[("dynamodb:PutItem", "Inbox")],
        required: &["INBOX_TABLE"],
        optional: &[],
    },
    Function {
        handler: "admin",
        sources: &["functions/admin.rs"],
        calls: &[("secretsmanager:GetSecretValue", "DatabaseSecretArn")],
        required: &["DATABASE_SECRET_ARN", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"],
        optional: CERTIFICATE,
    },
];
