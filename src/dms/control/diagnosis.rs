//! From a task's own words to what to do about them.

/// The remedy for a failure that DMS tells only in text. The phrases are those of PostgreSQL and DMS.
pub fn remedy(message: &str) -> Option<&'static str> {
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["no tables were found"],
            "the table mappings match nothing the task's user can see: run `outboxctl db init`, then `outboxctl dms start`",
        ),
        (
            &["all replication slots are in use"],
            "drop a slot that nobody reads (`outboxctl db status` lists them), or raise max_replication_slots and reboot",
        ),
        (
            &["is active for pid"],
            "another reader holds the slot: stop the other task, or wait until wal_sender_timeout has passed, then `outboxctl dms start`",
        ),
        (
            &["publication"],
            "run `outboxctl db init`, which creates the publication, then `outboxctl dms start`; where it was dropped and \
             made again, what was written before can't be decoded any more: then `outboxctl dms start --fresh`",
        ),
        (
            &["wal_level"],
            "logical replication is off: set rds.logical_replication = 1 in the parameter group and reboot the instance",
        ),
        (
            &["password authentication failed"],
            "secret and database disagree: rotate the secret or reset the master password, then `outboxctl dms test`",
        ),
        (
            &["certificate"],
            "the endpoint does not trust the server's certificate: import the RDS bundle that signed it, then `outboxctl dms test`",
        ),
        (
            &["timeout"],
            "no way to the server: check the security groups and, in private subnets, the VPC endpoints for kinesis-streams and secretsmanager",
        ),
        (
            &["timed out"],
            "no way to the server: check the security groups and, in private subnets, the VPC endpoints for kinesis-streams and secretsmanager",
        ),
        (
            &["replica identity"],
            "updates and deletes can't be captured from a table without primary key or replica identity: give it one",
        ),
        (
            &["truncat"],
            "a payload is larger than the task's LobMaxSize: raise it in the task settings, below the stream's 1 MiB",
        ),
    ];
    let message = message.to_lowercase();
    KNOWN.iter().find(|(phrases, _)| phrases.iter().all(|phrase| message.contains(phrase))).map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn the_known_signals_are_named() {
        for (message, word) in [
            ("Last Error No tables were found at task initialization. Either the selected table(s)", "db init"),
            ("ERROR: all replication slots are in use", "max_replication_slots"),
            ("replication slot \"x\" is active for PID 77", "another reader"),
            ("publication \"outboxctl\" does not exist", "db init"),
            ("no publication holds public.outbox", "db init"),
            ("Application-Status: 1020912, Network error has occurred: timeout", "VPC endpoints"),
        ] {
            assert!(remedy(message).is_some_and(|text| text.contains(word)), "{message}");
        }
        assert_eq!(remedy("something new"), None);
    }
}
