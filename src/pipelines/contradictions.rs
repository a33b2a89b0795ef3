//! Checks of the parameters of a deploy that no template makes: values that contradict each other or have no effect.

use std::collections::BTreeMap;

use super::{AURORA, ENGINE, POSTGRES, Parameter};
use crate::aws::dms::versions::{DEFAULT, Engine};

/// Returns why values that are valid one by one contradict each other; missing ones have their defaults.
pub fn contradiction(parameters: &[Parameter], values: &BTreeMap<String, String>) -> Option<String> {
    let values = Values { parameters, values };
    let rules = [record_age, capture_engine, storage_growth, capacity, subnets, zones, shared_stream];
    rules.iter().find_map(|rule| rule(&values))
}

/// The values of a deploy: the user's, and the templates' defaults.
struct Values<'a> {
    parameters: &'a [Parameter],
    values: &'a BTreeMap<String, String>,
}

impl Values<'_> {
    /// Returns a value; None if the pipeline does not have the parameter.
    fn text(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|parameter| parameter.name == name)?;
        self.values.get(name).or(parameter.default.as_ref()).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }
}

/// Checks that a failing record reaches the failure bucket before the stream drops it: it would be lost otherwise.
fn record_age(values: &Values<'_>) -> Option<String> {
    let (age, hours) = (values.number("PublisherRecordAgeSeconds")?, values.number("RetentionHours")?);
    (age >= hours * 3_600.0).then(|| {
        format!(
            "PublisherRecordAgeSeconds is {age}, and the stream keeps records for {hours} h only (RetentionHours): it would \
             drop them before they go to the failure bucket"
        )
    })
}

/// Checks that the DMS version supports the database's version. DMS accepts any pair and fails when the task starts,
/// after both instances have been paid for. Without a version DMS uses its default, which may have changed: `doctor`
/// warns of that.
fn capture_engine(values: &Values<'_>) -> Option<String> {
    let version = values.text("ReplicationEngineVersion")?;
    let major = values.text("DatabaseVersion")?.parse().ok()?;
    let first = Engine::parse(version)?.too_old_for(major)?;
    Some(format!(
        "ReplicationEngineVersion is {version}, and DMS supports PostgreSQL {major} (DatabaseVersion) from version {first}"
    ))
}

/// Checks the limit of storage autoscaling: "The maximum storage threshold must be at least 10 % more than the
/// allocated storage" (RDS user guide, "Managing capacity automatically with storage autoscaling").
fn storage_growth(values: &Values<'_>) -> Option<String> {
    if values.text(ENGINE) == Some(AURORA) {
        return None;
    }
    let (storage, limit) = (values.number("DatabaseStorage")?, values.number("DatabaseStorageLimit")?);
    let least = (storage * 11.0 / 10.0).ceil();
    (limit < least).then(|| {
        format!(
            "DatabaseStorageLimit is {limit}, and RDS wants at least {least}: 10 % above DatabaseStorage, {storage}"
        )
    })
}

/// Checks the capacity range of Aurora Serverless v2: "in increments of 0.5 ACU", and "The maximum capacity must be at
/// least as high as the minimum capacity" (Aurora user guide, "Choosing the Aurora Serverless v2 capacity range").
fn capacity(values: &Values<'_>) -> Option<String> {
    let (least, most) = (values.number(MINIMUM_CAPACITY)?, values.number(MAXIMUM_CAPACITY)?);
    let odd = [(MINIMUM_CAPACITY, least), (MAXIMUM_CAPACITY, most)];
    if let Some((name, value)) = odd.into_iter().find(|(_, value)| (value * 2.0).fract() != 0.0) {
        return Some(format!("{name} is {value}, and the capacity of Aurora Serverless v2 is a multiple of 0.5 ACUs"));
    }
    (least > most).then(|| format!("{MINIMUM_CAPACITY} is {least}, above {MAXIMUM_CAPACITY}, {most}"))
}

const MINIMUM_CAPACITY: &str = "AuroraMinimumCapacity";
const MAXIMUM_CAPACITY: &str = "AuroraMaximumCapacity";

/// Parameters that only one engine has.
const OF_ENGINE: &[(&str, &[&str])] = &[
    (POSTGRES, &["DatabaseClass", "DatabaseStorage", "DatabaseStorageLimit"]),
    (AURORA, &["AuroraClass", MINIMUM_CAPACITY, MAXIMUM_CAPACITY]),
];

/// Returns why the user's values have no effect with the engine of the database; None if all have. `values` are those of
/// the deploy, with the defaults.
pub fn of_other_engine(given: &BTreeMap<String, String>, values: &BTreeMap<String, String>) -> Option<String> {
    let engine = values.get(ENGINE).filter(|engine| OF_ENGINE.iter().any(|(known, _)| known == engine))?;
    let (other, names) = OF_ENGINE.iter().find(|(other, _)| other != engine)?;
    let idle: Vec<_> = names.iter().copied().filter(|name| given.contains_key(*name)).collect();
    let has = if idle.len() == 1 { "has" } else { "have" };
    (!idle.is_empty()).then(|| {
        format!("{} {has} no effect: {ENGINE} is {engine}, and only {other} has such parameters", idle.join(", "))
    })
}

/// Checks that the four subnets fit into the VPC.
fn subnets(values: &Values<'_>) -> Option<String> {
    let (range, bits) = (values.text("VpcCidr")?, values.number("SubnetBits")?);
    let prefix: f64 = range.split_once('/')?.1.parse().ok()?;
    let most = 32.0 - prefix - 2.0;
    (bits > most).then(|| {
        format!(
            "SubnetBits is {bits}, and four subnets fit into VpcCidr {range} with at most {most}: set SubnetBits={most}"
        )
    })
}

/// Checks that both zones or none are set, and that they differ: RDS and DMS require two.
fn zones(values: &Values<'_>) -> Option<String> {
    let (first, second) = (values.text("FirstZone")?, values.text("SecondZone")?);
    let refused = first.is_empty() != second.is_empty() || (!first.is_empty() && first == second);
    refused.then(|| {
        format!("FirstZone is {first:?} and SecondZone {second:?}: name two different zones, or leave both empty")
    })
}

/// Checks that another account can decrypt a stream that it may read: "you can't use the AWS managed key for cross-account
/// access" (Kinesis developer guide, "Sharing access using resource-based policies"). With a bus, the account does not read
/// the stream; only a bus admits an organization.
fn shared_stream(values: &Values<'_>) -> Option<String> {
    let (account, key) = (values.text("ConsumerAccountId")?, values.text("StreamKeyArn")?);
    let has_bus = values.text("ConsumerOrganizationId").is_some();
    (!has_bus && !account.is_empty() && key.is_empty()).then(|| {
        "ConsumerAccountId is set, and another account can't use the key aws/kinesis that encrypts the stream: set StreamKeyArn \
         to a key of your own; `outboxctl policy --consumer` prints its policy"
            .to_owned()
    })
}

/// Returns why `DMS` may not support the database's version: no DMS version is set, and the default of DMS in its
/// release notes is too old. None where it does.
pub fn uncertain_engine(values: &BTreeMap<String, String>) -> Option<String> {
    let named = values.get("ReplicationEngineVersion").is_some_and(|version| !version.is_empty());
    let major = values.get("DatabaseVersion")?.parse().ok()?;
    let first = DEFAULT.too_old_for(major).filter(|_| !named)?;
    Some(format!(
        "DMS chooses its version, which was {DEFAULT} when outboxctl was built; PostgreSQL {major} needs {first} or newer"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    fn map(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn objection(pipeline: &str, values: &[(&str, &str)]) -> Option<String> {
        let pipeline = pipelines::find(pipeline).expect("a pipeline");
        contradiction(&pipelines::parameters(pipeline).expect("templates"), &map(values))
    }

    #[test]
    fn record_age_is_below_the_streams_retention() {
        for pipeline in pipelines::ALL {
            let parameters = pipelines::parameters(pipeline).expect("templates");
            let objection = |values: &[(&str, &str)]| contradiction(&parameters, &map(values));
            assert_eq!(objection(&[]), None, "{}", pipeline.name);
            let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
            let both = has("PublisherRecordAgeSeconds") && has("RetentionHours");
            assert_eq!(objection(&[("RetentionHours", "24"), ("PublisherRecordAgeSeconds", "86400")]).is_some(), both);
            assert_eq!(objection(&[("RetentionHours", "25"), ("PublisherRecordAgeSeconds", "86400")]), None);
        }
    }

    #[test]
    fn contradicting_values_are_rejected() {
        let objection = |values: &[(&str, &str)]| objection("rds-kinesis", values);
        assert_eq!(objection(&[]), None);
        let old = objection(&[("ReplicationEngineVersion", "3.5.4")]).expect("too old for 17");
        assert!(old.contains("PostgreSQL 17") && old.contains("3.6.1"), "{old}");
        assert_eq!(objection(&[("ReplicationEngineVersion", "3.5.4"), ("DatabaseVersion", "16")]), None);
        assert_eq!(objection(&[("ReplicationEngineVersion", "")]), None);
        let full = objection(&[("DatabaseStorage", "100")]).expect("no room to grow");
        assert!(full.contains("at least 110"), "{full}");
        assert_eq!(objection(&[("DatabaseStorage", "100"), ("DatabaseStorageLimit", "110")]), None);
        assert!(objection(&[("AuroraMinimumCapacity", "0.7")]).is_some_and(|text| text.contains("multiple of 0.5")));
        assert!(objection(&[("AuroraMinimumCapacity", "8")]).is_some_and(|text| text.contains("above")));
        assert_eq!(objection(&[("AuroraMinimumCapacity", "8"), ("AuroraMaximumCapacity", "16.5")]), None);
        assert!(objection(&[("VpcCidr", "10.0.0.0/24")]).is_some_and(|text| text.contains("SubnetBits=6")));
        assert_eq!(objection(&[("VpcCidr", "10.0.0.0/24"), ("SubnetBits", "6")]), None);
        assert_eq!(objection(&[("VpcCidr", "10.0.0.0/22")]), None);
        assert!(objection(&[("FirstZone", "us-east-1a")]).is_some());
        assert!(objection(&[("FirstZone", "us-east-1a"), ("SecondZone", "us-east-1a")]).is_some());
        assert_eq!(objection(&[("FirstZone", "us-east-1a"), ("SecondZone", "us-east-1b")]), None);
    }

    #[test]
    fn parameters_of_the_other_engine_are_reported() {
        let objection = |given: &[(&str, &str)], engine: &str| of_other_engine(&map(given), &map(&[(ENGINE, engine)]));
        let storage = objection(&[("DatabaseStorage", "50"), ("DatabaseClass", "db.t4g.small")], AURORA);
        assert!(storage.is_some_and(|text| text.starts_with("DatabaseClass, DatabaseStorage have no effect")));
        assert!(objection(&[("AuroraClass", "db.r7g.large")], POSTGRES).is_some_and(|text| text.contains("has no")));
        assert_eq!(objection(&[("AuroraClass", "db.r7g.large"), ("DatabaseVersion", "16")], AURORA), None);
        assert_eq!(of_other_engine(&map(&[("AuroraClass", "x")]), &map(&[])), None, "a pipeline without a database");
    }

    #[test]
    fn outdated_default_of_dms_is_reported() {
        let values =
            |engine: &str, major: &str| map(&[("ReplicationEngineVersion", engine), ("DatabaseVersion", major)]);
        assert!(uncertain_engine(&values("", "17")).is_some_and(|text| text.contains("3.6.1")));
        assert_eq!((uncertain_engine(&values("3.6.1", "17")), uncertain_engine(&values("", "16"))), (None, None));
    }

    #[test]
    fn another_account_reads_only_a_stream_with_a_key_of_its_own() {
        let account = ("ConsumerAccountId", "444455556666");
        let key = ("StreamKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/0a1b");
        assert!(objection("rds-kinesis", &[account]).is_some_and(|text| text.contains("StreamKeyArn")));
        assert_eq!(objection("rds-kinesis", &[account, key]), None);
        assert_eq!(objection("rds-eventbridge", &[account]), None, "it does not read the stream");
        assert_eq!(objection("dynamodb-eventbridge", &[account]), None);
    }
}
