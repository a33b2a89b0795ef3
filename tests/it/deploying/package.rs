//! Nothing but the package that outboxctl made becomes a function.

use super::{account, deployed};
use crate::support::account::Account;
use outboxctl_test_support::cloudformation::{Fault, World as Script};

/// The only object's key and checksum.
fn object(account: &Account) -> (String, Option<String>) {
    let world = account.server.world();
    assert_eq!(world.objects.len(), 1);
    world.objects.first_key_value().map(|(key, checksum)| (key.clone(), checksum.clone())).expect("an object")
}

/// An account that has not been deployed to, and where this lies under the package's key already.
fn planted(checksum: Option<&str>) -> (Account, Option<String>) {
    let (key, genuine) = object(&deployed());
    let account = account(Script::default());
    account.server.world().objects.insert(key, checksum.map(str::to_owned));
    (account, genuine)
}

#[test]
fn a_zip_planted_under_the_packages_key_is_replaced_and_reported() {
    // With the checksum of something else, and with none, as an upload by other means leaves it.
    for checksum in [Some("cGxhbnRlZA=="), None] {
        let (account, genuine) = planted(checksum);
        assert!(genuine.is_some(), "the package is uploaded with its checksum");
        let out = account.fails(0, &["deploy"]);
        assert!(out.contains("was not the package that outboxctl makes of this executable"), "{out}");
        assert_eq!(object(&account).1, genuine);
    }
}

#[test]
fn a_zip_planted_between_the_look_and_the_upload_is_replaced() {
    let (key, genuine) = object(&deployed());
    let account = account(Script::default());
    // The answer to the first HEAD is lost, and by the time of the PUT there is something.
    account.server.world().objects.insert(key, Some("cGxhbnRlZA==".into()));
    let mut looks = 0;
    account.server.world().faults = Box::new(move |_, action| {
        looks += usize::from(action == "HEAD object");
        if action == "HEAD object" && looks == 1 { Fault::Absent } else { Fault::None }
    });
    account.ok(&["deploy"]);
    assert_eq!(object(&account).1, genuine);
    assert_eq!(account.server.world().count("PUT object"), 2, "the first one must not replace anything");
}

#[test]
fn functions_that_run_something_else_fail_the_deploy() {
    let account = account(Script::default());
    account.server.world().code = Some("cGxhbnRlZA==".into());
    let out = account.fails(1, &["deploy"]);
    assert!(
        out.contains("error: functions whose code differs from the package: ") && out.contains("cGxhbnRlZA=="),
        "{out}"
    );
}

#[test]
fn without_the_right_to_look_at_functions_deploy_says_so() {
    let account = account(Script::default());
    account.server.world().refused = vec!["GetFunction"];
    let out = account.fails(0, &["deploy"]);
    assert!(out.contains("can't check that the functions run the package"), "{out}");
}
