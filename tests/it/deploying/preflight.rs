//! Changes that AWS would refuse after minutes are refused before the first stack is changed.

use crate::support::account::{Account, full};
use outboxctl_test_support::cloudformation::World as Script;

const PIPELINE: &str = "rds-eventbridge";

/// An account that was deployed to with these parameters.
fn deployed(parameters: &[&str]) -> Account {
    let account = Account::new(PIPELINE, Script::default());
    let parameters = parameters.iter().flat_map(|parameter| ["--parameter", parameter]);
    account.ok(&["deploy"].into_iter().chain(parameters).collect::<Vec<_>>());
    account.server.world().calls.clear();
    account
}

#[test]
fn a_major_version_is_not_changed_by_a_deploy() {
    let account = deployed(&["DatabaseVersion=16"]);
    let out = account.fails(2, &["deploy", "--parameter", "DatabaseVersion=17"]);
    assert!(out.contains("DatabaseVersion is 16") && out.contains("outboxctl db upgrade --to 17"), "{out}");
    let out = account.fails(2, &["deploy", "--parameter", "DatabaseVersion=15"]);
    assert!(out.contains("DatabaseVersion is 16") && out.contains("does not downgrade"), "{out}");
    let out = account.fails(2, &["deploy", "--parameter", "DatabaseUpgrade=17.6"]);
    assert!(out.contains("only `outboxctl db upgrade"), "{out}");
    assert_eq!(account.server.world().count("CreateChangeSet"), 0);
    assert_eq!(account.ok(&["deploy", "--parameter", "DatabaseVersion=16"])["changed"], false);
}

#[test]
fn the_engine_of_the_database_is_not_changed_by_a_deploy() {
    for (before, after) in [("postgres", "aurora-postgresql"), ("aurora-postgresql", "postgres")] {
        let engine = |name: &str| format!("DatabaseEngine={name}");
        let account = deployed(&[&engine(before)]);
        let told = account.fails(2, &["deploy", "--parameter", &engine(after)]);
        assert!(told.contains(&format!("DatabaseEngine is {before}")) && told.contains("pg_dump"), "{told}");
        assert_eq!(account.server.world().count("CreateChangeSet"), 0);
        assert_eq!(account.ok(&["deploy", "--parameter", &engine(before)])["changed"], false);
    }
}

#[test]
fn parameters_of_the_other_engine_are_refused() {
    let account = deployed(&["DatabaseEngine=aurora-postgresql"]);
    let told = account.fails(2, &["deploy", "--parameter", "DatabaseStorage=100"]);
    assert!(told.contains("DatabaseStorage has no effect: DatabaseEngine is aurora-postgresql"), "{told}");
    assert_eq!(account.server.world().count("CreateChangeSet"), 0);
    assert_eq!(account.ok(&["deploy", "--parameter", "AuroraMaximumCapacity=8"])["changed"], true);
}

#[test]
fn shards_are_changed_in_steps_that_kinesis_takes() {
    let account = deployed(&["Shards=1"]);
    let out = account.fails(2, &["deploy", "--parameter", "Shards=10"]);
    assert!(out.contains("Shards = 2, 4, 8, 10"), "{out}");
    assert_eq!(account.server.world().count("CreateChangeSet"), 0);
    assert_eq!(account.ok(&["deploy", "--parameter", "Shards=2"])["changed"], true);
    assert_eq!(account.ok(&["deploy", "--parameter", "Shards=0"])["changed"], true, "on demand, whatever there was");
}

#[test]
fn values_are_held_against_those_of_earlier_deploys() {
    let account = deployed(&["DatabaseStorageLimit=500"]);
    assert_eq!(account.ok(&["deploy", "--parameter", "DatabaseStorage=100"])["changed"], true);
    let out = account.fails(2, &["deploy", "--parameter", "DatabaseStorageLimit=105"]);
    assert!(out.contains("at least 110"), "{out}");
}

#[test]
fn an_account_without_room_gets_no_reservation() {
    let account = Account::new(PIPELINE, Script { unreserved: 10, ..Script::default() });
    let out = account.fails(2, &["deploy", "--parameter", "WriterConcurrency=5"]);
    assert!(out.contains("WriterConcurrency is 5, and the account has 10 executions"), "{out}");
    let out = account.fails(0, &["deploy"]);
    assert!(out.contains("WriterConcurrency is 0"), "{out}");
    let reservation = |account: &Account| {
        let (_, _, parameters) = account.server.world().stack(&full(PIPELINE, "functions")).state();
        parameters["WriterConcurrency"].clone()
    };
    assert_eq!(reservation(&account), "0");
    assert_eq!(account.ok(&["deploy"])["changed"], false, "later deploys keep to it");

    let roomy = deployed(&[]);
    let parameters = roomy.server.world().stack(&full(PIPELINE, "functions")).state().2;
    assert!(!parameters.contains_key("WriterConcurrency"), "the template's default");
}

#[test]
fn a_misspelt_parameter_is_answered_with_the_nearest() {
    let account = Account::new(PIPELINE, Script::default());
    let out = account.fails(2, &["deploy", "--parameter", "Shard=2"]);
    assert!(out.contains("did you mean Shards?") && !out.contains("NamePrefix"), "{out}");
    let out = account.fails(2, &["deploy", "--parameter", "SomethingElse=2"]);
    assert!(out.contains("parameters: ") && !out.contains("NamePrefix") && !out.contains("PackageKey"), "{out}");
}

#[test]
fn only_the_first_deploy_names_the_next_command() {
    let account = Account::new(PIPELINE, Script::default());
    let out = account.fails(0, &["deploy"]);
    assert!(out.contains("is deployed in stage dev; next: `outboxctl db init"), "{out}");
    let out = account.fails(0, &["deploy", "--parameter", "LogDays=7"]);
    assert!(out.contains("is updated in stage dev") && !out.contains("next:"), "{out}");
}

#[test]
fn values_that_no_template_accepts_are_refused_before_the_first_stack() {
    let account = Account::new(PIPELINE, Script::default());
    let cases = [
        ("Shards=many", "Shards is \"many\", which is not a number"),
        ("LogDays=2", "LogDays is \"2\"; it can be 1, 3, "),
        ("RetentionHours=2", "RetentionHours is 2; the least is 24"),
        ("ReplicationInstanceClass=t3.medium", "ReplicationInstanceClass is \"t3.medium\", which does not match "),
        ("VpcCidr=10.0.0.0/8", "VpcCidr is \"10.0.0.0/8\", which does not match "),
        ("DatabaseClass=db.t4g.micro ", "DatabaseClass is \"db.t4g.micro \", which does not match "),
    ];
    for (value, reason) in cases {
        for more in [&[][..], &["--dry-run"]] {
            let out = account.fails(2, &[&["deploy", "--parameter", value], more].concat());
            assert!(out.contains(reason), "{value}: {out}");
        }
    }
    let both = account.fails(2, &["deploy", "--parameter", "Shards=many", "--parameter", "LogDays=2"]);
    assert!(both.contains("Shards is") && both.contains("LogDays is"), "all at once: {both}");
    account.world.write("outboxctl.toml", "[parameters]\nDatabaseClass = 'micro'\n");
    let out = account.fails(2, &["deploy"]);
    assert!(out.contains("DatabaseClass is \"micro\"") && out.contains("[parameters]"), "{out}");
    assert_eq!(account.server.world().count("CreateChangeSet"), 0);
}
