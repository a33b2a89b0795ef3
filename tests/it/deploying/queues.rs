//! `status` reads the queues of undelivered events that the stacks have, whatever CloudFormation named them.

use outboxctl_test_support::cloudformation::World as Script;
use serde_json::Value;

use super::account;
use crate::support::account::Account;

/// Returns the findings about the queues: state and message.
fn findings(account: &Account) -> Vec<(String, String)> {
    let result = account.ok(&["status"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = result["data"]["findings"].as_array().expect("findings").iter();
    let queues = all.filter(|finding| finding["check"] == "dead-letter queues");
    queues.map(|finding| (text(&finding["state"]), text(&finding["message"]))).collect()
}

#[test]
fn messages_are_found_whatever_the_name_of_the_queue() {
    // CloudFormation cuts the name of a long stack in the names of its queues: a search by prefix finds none.
    let account =
        account(Script { queues: [("the-UnloggedQueue", 3), ("the-UndeliveredQueue", 0)].into(), ..Script::default() });
    account.ok(&["deploy"]);
    let found = |state: &str, message: &str| vec![(state.to_owned(), message.to_owned())];
    assert_eq!(findings(&account), found("warning", "about 3 messages in the-UnloggedQueue"));
    account.server.world().queues.insert("the-UnloggedQueue", 0);
    assert_eq!(findings(&account), found("ok", "2 queues, empty"));
    account.server.world().queues.remove("the-UndeliveredQueue");
    assert_eq!(findings(&account), found("failed", "queue the-UndeliveredQueue is gone"));
}
