//! Finds the remedy for a task's failure in its message: by SQLSTATE if it has one, else by whole phrases of PostgreSQL
//! and DMS.

/// The cause of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    NoTables,
    SlotsUsedUp,
    TooManyConnections,
    SlotTaken,
    SlotLost,
    SlotMissing,
    Publication,
    LogicalOff,
    Secret,
    Certificate,
    StatementTimeout,
    LockTimeout,
    Permission,
    MissingTable,
    SecurityGroup,
    NoAnswer,
    ReplicaIdentity,
    PayloadTooLarge,
    KeyTooLong,
}

/// SQLSTATE → cause, if the code alone is sufficient. Source: PostgreSQL documentation, appendix "Error Codes".
const CODES: &[(&str, Cause)] = &[
    ("28000", Cause::Secret),
    ("28P01", Cause::Secret),
    ("42501", Cause::Permission),
    ("42P01", Cause::MissingTable),
    ("53300", Cause::TooManyConnections),
    ("53400", Cause::SlotsUsedUp),
    ("55006", Cause::SlotTaken),
    ("55P03", Cause::LockTimeout),
    ("57014", Cause::StatementTimeout),
    // undefined_file: the log that the slot needs was removed.
    ("58P01", Cause::SlotLost),
];

/// Begins the error of the local capture if no publication has the tables.
pub const NO_PUBLICATION: &str = "no publication contains";

/// Phrases that occur together → cause: for words without a code, and for codes that stand for several causes.
const PHRASES: &[(&[&str], Cause)] = &[
    (&["no tables were found"], Cause::NoTables),
    (&["all replication slots are in use"], Cause::SlotsUsedUp),
    (&["is active for pid"], Cause::SlotTaken),
    (&["can no longer get changes from replication slot"], Cause::SlotLost),
    (&["can no longer access replication slot"], Cause::SlotLost),
    (&["cannot read from logical replication slot"], Cause::SlotLost),
    (&["slot has been invalidated"], Cause::SlotLost),
    (&["requested wal segment", "has already been removed"], Cause::SlotLost),
    (&["replication slot", "does not exist"], Cause::SlotMissing),
    (&["publication", "does not exist"], Cause::Publication),
    (&[NO_PUBLICATION], Cause::Publication),
    (&["wal_level"], Cause::LogicalOff),
    (&["password authentication failed"], Cause::Secret),
    (&["certificate verify failed"], Cause::Certificate),
    (&["certificate is not trusted"], Cause::Certificate),
    (&["statement timeout"], Cause::StatementTimeout),
    (&["lock timeout"], Cause::LockTimeout),
    (&["timed out", "security group"], Cause::SecurityGroup),
    (&["network error has occurred"], Cause::NoAnswer),
    (&["timeout expired"], Cause::NoAnswer),
    (&["connection timed out"], Cause::NoAnswer),
    (&["connection refused"], Cause::NoAnswer),
    (&["no route to host"], Cause::NoAnswer),
    (&["could not connect to server"], Cause::NoAnswer),
    (&["did not answer within"], Cause::NoAnswer),
    (&["no connection"], Cause::NoAnswer),
    (&["replica identity"], Cause::ReplicaIdentity),
    (&["larger than lobmaxsize"], Cause::PayloadTooLarge),
    (&["makes a record of", "and the stream takes"], Cause::PayloadTooLarge),
    (&["lob", "truncat"], Cause::PayloadTooLarge),
    (&["has a partition key of", "and kinesis accepts"], Cause::KeyTooLong),
    (&["partitionkey", "less than or equal to 256"], Cause::KeyTooLong),
];

/// Returns the remedy for a failure that DMS reports only in text. `local` means that the task is the local stack's.
pub fn remedy(message: &str, local: bool) -> Option<&'static str> {
    cause(message).map(|cause| text(cause, local))
}

fn cause(message: &str) -> Option<Cause> {
    let by_code = sqlstates(message).find_map(|state| CODES.iter().find(|(code, _)| *code == state));
    let lower = message.to_lowercase();
    let by_phrase = || PHRASES.iter().find(|(phrases, _)| phrases.iter().all(|phrase| lower.contains(phrase)));
    by_code.map(|(_, cause)| *cause).or_else(|| by_phrase().map(|(_, cause)| *cause))
}

/// Returns the SQLSTATEs of a text: `(57014)` as in our messages, `SqlState: 57014` as in ODBC's.
fn sqlstates(text: &str) -> impl Iterator<Item = &str> {
    let in_brackets = text.split('(').skip(1).filter_map(|rest| rest.split_once(')').map(|(code, _)| code));
    let named = text.split("SqlState:").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let is_code = |code: &&str| code.len() == 5 && code.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    in_brackets.chain(named).filter(is_code)
}

fn text(cause: Cause, local: bool) -> &'static str {
    match (cause, local) {
        (Cause::NoTables, _) => {
            "the table mappings match no table that the task's user can see: run `outboxctl db init`, then \
             `outboxctl dms start`"
        }
        (Cause::SlotsUsedUp, true) => "drop a slot that nothing reads: `outboxctl db status` lists them",
        (Cause::SlotsUsedUp, false) => {
            "drop a slot that nothing reads (`outboxctl db status` lists them), or raise max_replication_slots and reboot"
        }
        (Cause::TooManyConnections, _) => {
            "all connections of the server are in use: end some, or raise max_connections, then `outboxctl dms start`"
        }
        (Cause::SlotTaken, _) => {
            "another reader holds the slot: stop the other task, or wait until wal_sender_timeout has passed, then \
             `outboxctl dms start`"
        }
        (Cause::SlotLost, _) => {
            "the server has removed the log that the slot needs (max_slot_wal_keep_size), so the task can't resume: \
             `outboxctl dms rebuild` creates a new slot and delivers the events that were not captured, in order"
        }
        (Cause::SlotMissing, _) => {
            "the slot was dropped, or the server was restored or replaced by one without it, so the task can't resume: \
             `outboxctl dms rebuild` creates a new slot and delivers the events that were not captured, in order"
        }
        (Cause::Publication, _) => {
            "run `outboxctl db init`, which creates the publication, then `outboxctl dms start`; if it was dropped and \
             created again, earlier commits can't be decoded any more: then `outboxctl dms start --fresh`"
        }
        (Cause::LogicalOff, true) => {
            "logical replication is off: restart the stack with `outboxctl local down`, then `outboxctl local up`"
        }
        (Cause::LogicalOff, false) => {
            "logical replication is off: set rds.logical_replication = 1 in the parameter group and reboot the instance"
        }
        (Cause::Secret, true) => {
            "the secret and the database disagree: set the role's password to the secret's (ALTER ROLE … PASSWORD …), then \
             `outboxctl dms test`"
        }
        (Cause::Secret, false) => {
            "the secret and the database disagree: reset the master password to the secret's, or change the secret \
             (`outboxctl explain runbook`), then `outboxctl dms test`"
        }
        (Cause::Certificate, true) => {
            "the server's certificate was issued by another authority: run `outboxctl deploy` again, which imports \
             the stack's own, then `outboxctl dms test`"
        }
        (Cause::Certificate, false) => {
            "the endpoint does not trust the server's certificate: import the RDS bundle that signed it, then \
             `outboxctl dms test`"
        }
        (Cause::StatementTimeout, _) => {
            "the server cancelled a statement of the capture (SQLSTATE 57014), usually for a statement_timeout of its role \
             or database: ALTER ROLE … RESET statement_timeout, or ALTER DATABASE … RESET statement_timeout, then \
             `outboxctl dms start`"
        }
        (Cause::LockTimeout, _) => {
            "another session holds a lock that the capture needs: end its transaction (pg_stat_activity lists it), then \
             `outboxctl dms start`"
        }
        (Cause::Permission, _) => {
            "the capture's role lacks a permission: run `outboxctl db init` as the database's owner, then \
             `outboxctl dms start`"
        }
        (Cause::MissingTable, _) => "a table is missing: run `outboxctl db init`, then `outboxctl dms start`",
        (Cause::SecurityGroup, _) => {
            "allow the port in the security groups that the message names, then `outboxctl dms test`"
        }
        (Cause::NoAnswer, true) => {
            "the local PostgreSQL or stream did not answer: `outboxctl local status` shows the state of its parts"
        }
        (Cause::NoAnswer, false) => {
            "the server can't be reached: check the security groups and, in private subnets, the VPC endpoints for \
             kinesis-streams and secretsmanager, then `outboxctl dms test`"
        }
        (Cause::ReplicaIdentity, _) => {
            "updates and deletes can't be captured from a table without primary key or replica identity: give it one"
        }
        (Cause::PayloadTooLarge, _) => {
            "the task stops at this row each time. Either raise the limit: `outboxctl deploy --parameter \
             MaximumPayloadKilobytes=…`, then `outboxctl dms start`. Or skip the row: `outboxctl dms start --fresh` \
             skips all that was written so far, and `outboxctl reconcile --repair` then delivers the rows behind it. \
             `outboxctl explain troubleshooting` has a query that finds the row"
        }
        (Cause::KeyTooLong, _) => {
            "an aggregate id is longer than the 256 characters of a partition key, and the task stops at its row each time: \
             limit the column (CHECK (length(…) <= 256)); `outboxctl dms start --fresh` then skips all that was written so \
             far, and `outboxctl reconcile --repair` delivers the rows behind it"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_signals_are_named() {
        for (message, expected) in [
            ("Last Error No tables were found at task initialization. Either the selected table(s)", Cause::NoTables),
            ("ERROR: all replication slots are in use", Cause::SlotsUsedUp),
            ("replication slot \"x\" is active for PID 77", Cause::SlotTaken),
            ("publication \"outboxctl\" does not exist", Cause::Publication),
            ("no publication contains public.outbox", Cause::Publication),
            ("replication slot \"x\" does not exist", Cause::SlotMissing),
            ("can no longer get changes from replication slot \"x\" (55000)", Cause::SlotLost),
            (
                "cannot read from logical replication slot \"x\" (55000); This slot has been invalidated",
                Cause::SlotLost,
            ),
            (
                "the connection to database d timed out: its security groups (sg-1) do not allow port 5432 from sg-2",
                Cause::SecurityGroup,
            ),
            ("Application-Status: 1020912, Network error has occurred: timeout", Cause::NoAnswer),
            (
                "RetCode: SQL_ERROR  SqlState: 57014 NativeError: 1 Message: ERROR: canceling statement",
                Cause::StatementTimeout,
            ),
            ("u@h:1/d: canceling statement due to statement timeout (57014)", Cause::StatementTimeout),
            (
                "a row of public.outbox: column payload has 9 bytes, which is larger than LobMaxSize (8 bytes)",
                Cause::PayloadTooLarge,
            ),
            (
                "a row of public.events has a partition key of 300 characters, and Kinesis accepts 256",
                Cause::KeyTooLong,
            ),
        ] {
            assert_eq!(cause(message), Some(expected), "{message}");
        }
    }

    #[test]
    fn a_word_alone_decides_nothing() {
        for message in [
            "something new",
            "row of table timeout_settings",
            "the value of column publication is odd",
            "a certificate of attendance (12345678)",
            "truncated",
        ] {
            assert_eq!(cause(message), None, "{message}");
        }
    }

    fn causes() -> impl Iterator<Item = Cause> {
        let of_codes = CODES.iter().map(|(_, cause)| *cause);
        of_codes.chain(PHRASES.iter().map(|(_, cause)| *cause))
    }

    #[test]
    fn the_local_stack_has_no_parts_of_aws_and_aws_none_of_the_local_stack() {
        // The local stack emulates security groups.
        for cause in causes().filter(|cause| *cause != Cause::SecurityGroup) {
            let (local, aws) = (text(cause, true), text(cause, false));
            for word in ["security group", "VPC", "parameter group", "RDS", "reboot", "rotate"] {
                assert!(!local.contains(word), "{cause:?}: {local}");
            }
            assert!(!aws.contains("outboxctl local"), "{cause:?}: {aws}");
        }
    }

    #[test]
    fn remedies_name_a_change_before_dms_start_or_test() {
        for text in causes().flat_map(|cause| [text(cause, true), text(cause, false)]) {
            for command in ["`outboxctl dms start`", "`outboxctl dms test`", "`outboxctl dms status`"] {
                assert!(!text.starts_with(command) && !text.starts_with(&format!("run {command}")), "{text}");
            }
        }
    }
}
