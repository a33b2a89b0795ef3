//! The logs of functions.

use outboxctl::internals::postgres::{failed, without_rows};

use crate::support::database::Database;
use crate::support::stack::Stack;

/// The server quotes the row in `DETAIL`: the caller may read that, the readers of a log group may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_functions_log_names_the_constraint_and_not_the_row() {
    let stack = Stack::up("privacy");
    let database = Database::create(&stack.state().postgres, "privacy").await;
    database.run("ALTER TABLE events ADD CONSTRAINT not_seven CHECK (aggregate <> 'secret-7')").await;
    let insert = "INSERT INTO events (aggregate, sequence, payload) VALUES ('secret-7', 1, '{}')";
    let refused = database.client.execute(insert, &[]).await.expect_err("refused");
    let error = failed("insert the row")(refused);
    assert!(error.message().contains("secret-7"), "{error}");
    let logged = without_rows(&error);
    for part in ["insert the row", "23514", "table events", "constraint not_seven"] {
        assert!(logged.contains(part), "{part}: {logged}");
    }
    assert!(!logged.contains("secret-7"), "{logged}");
}
