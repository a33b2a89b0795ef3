//! The existing stream: its state, retention and encryption.

use aws_sdk_kinesis::types::{EncryptionType, StreamDescriptionSummary};

use super::{Finding, Subject, not_found};
use crate::aws::stream::summary;
use crate::base::error::Result;
use crate::base::report::count;

pub const CHECK: &str = "existing stream";
/// The parameter with the age at which the publisher stores a failing record.
const RECORD_AGE: &str = "PublisherRecordAgeSeconds";
/// The key of Kinesis itself, which every principal of the account may use through Kinesis.
const AWS_KEY: &str = "alias/aws/kinesis";

pub async fn stream(subject: Subject<'_>, name: &str) -> Result<Vec<Finding>> {
    let Some(found) = summary(&subject.deployment.clients, name).await? else {
        return Ok(vec![not_found(CHECK, &format!("stream {name}"))]);
    };
    let age = subject.parameters.get(RECORD_AGE).and_then(|text| text.parse().ok());
    Ok(judge(&found, age, subject.deployment.clients.region()))
}

/// Returns the findings for a stream. `age` is the record age of the publisher in seconds, if there is one.
fn judge(found: &StreamDescriptionSummary, age: Option<i64>, region: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (status, hours) = (found.stream_status().as_str(), found.retention_period_hours());
    if !matches!(status, "ACTIVE" | "UPDATING") {
        findings.push(Finding::failed(CHECK, format!("it is {status}"), "wait until it is ACTIVE"));
    }
    // A record that fails for longer than the stream keeps it would be lost.
    let age = age.filter(|age| *age >= i64::from(hours) * 3_600);
    if let Some(age) = age {
        let text = format!("it keeps records for {hours} h, and {RECORD_AGE} is {age}: failing records would be lost");
        let remedy = format!(
            "set {RECORD_AGE} in [parameters] below {}, or let the stream keep records for longer: \
             `aws kinesis increase-stream-retention-period --stream-name {} --retention-period-hours 48`",
            i64::from(hours) * 3_600,
            found.stream_name()
        );
        findings.push(Finding::failed(CHECK, text, remedy));
    }
    let key = found.key_id().filter(|key| found.encryption_type() == Some(&EncryptionType::Kms) && *key != AWS_KEY);
    if let Some(key) = key {
        let text = format!("it is encrypted with {key}; the key's policy can't be read here");
        let remedy = format!(
            "the key's policy must let the account grant kms:GenerateDataKey and kms:Decrypt by IAM, as the default policy of a \
             key does, or allow them to all principals of the account through Kinesis (kms:ViaService = \
             kinesis.{region}.amazonaws.com); the roles of the pipeline have both rights"
        );
        findings.push(Finding::warning(CHECK, text, remedy));
    }
    if findings.is_empty() {
        let mode = found.stream_mode_details().map_or("", |details| details.stream_mode().as_str());
        let (name, shards) = (found.stream_name(), count(found.open_shard_count(), "open shard"));
        let text = format!("{name}, {mode}, {shards}, records are kept {hours} h");
        findings.push(Finding::ok(CHECK, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use aws_sdk_kinesis::primitives::DateTime;
    use aws_sdk_kinesis::types::StreamStatus;

    use super::*;
    use crate::doctor::State;

    fn found(status: StreamStatus, hours: i32, key: Option<&str>) -> StreamDescriptionSummary {
        StreamDescriptionSummary::builder()
            .stream_name("orders")
            .stream_arn("arn:aws:kinesis:eu-west-1:111122223333:stream/orders")
            .stream_status(status)
            .retention_period_hours(hours)
            .stream_creation_timestamp(DateTime::from_secs(0))
            .set_enhanced_monitoring(Some(Vec::new()))
            .open_shard_count(2)
            .set_encryption_type(key.map(|_| EncryptionType::Kms))
            .set_key_id(key.map(str::to_owned))
            .build()
            .expect("complete")
    }

    #[test]
    fn each_obstacle_is_a_finding_with_a_remedy() {
        let states = |found: &StreamDescriptionSummary, age| {
            judge(found, age, "eu-west-1").iter().map(|finding| finding.state).collect::<Vec<_>>()
        };
        assert_eq!(states(&found(StreamStatus::Active, 48, Some(AWS_KEY)), Some(86_400)), [State::Ok]);
        assert_eq!(states(&found(StreamStatus::Active, 24, None), None), [State::Ok], "no publisher, no record age");
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let all = judge(&found(StreamStatus::Creating, 24, Some(key)), Some(86_400), "eu-west-1");
        let states: Vec<_> = all.iter().map(|finding| finding.state).collect();
        assert_eq!(states, [State::Failed, State::Failed, State::Warning]);
        assert!(all.iter().all(|finding| finding.remedy.is_some()), "{all:?}");
        assert!(all[1].remedy.as_deref().is_some_and(|remedy| remedy.contains("below 86400")), "{all:?}");
    }
}
