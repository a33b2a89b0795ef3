//! The template parameters that a user may set, and checks of their values.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::{AURORA, POSTGRES, Pipeline, Source};
use crate::aws::dms::versions::{DEFAULT, Engine};
use crate::error::{Kind, OrFail, Result};

/// One template parameter that a user may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub about: String,
    /// The template's default; None where outboxctl provides the value.
    pub default: Option<String>,
    pub number: bool,
    /// The allowed values; empty for any.
    pub allowed: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<String>,
}

impl Parameter {
    /// Returns why the template does not accept this value; None where it does. Patterns are left to CloudFormation.
    pub fn objection(&self, value: &str) -> Option<String> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == value) {
            return Some(format!("{} is {value:?}; it can be {}", self.name, self.allowed.join(", ")));
        }
        if !self.number {
            return None;
        }
        let Ok(number) = value.parse::<f64>() else {
            return Some(format!("{} is {value:?}, which is not a number", self.name));
        };
        match (self.min, self.max) {
            (Some(min), _) if number < min => Some(format!("{} is {value}; the least is {min}", self.name)),
            (_, Some(max)) if number > max => Some(format!("{} is {value}; the most is {max}", self.name)),
            _ => None,
        }
    }
}

/// Returns the parameters of the pipeline's templates that a user may set, each once, in the order of the stacks.
/// Parameters with values of other stacks, of the stage's name or of artifacts are not included.
///
/// # Errors
/// `Unexpected` if a template is not YAML: the templates are part of this executable.
pub fn parameters(pipeline: &Pipeline) -> Result<Vec<Parameter>> {
    let mut found: Vec<Parameter> = Vec::new();
    for stack in pipeline.stacks {
        let document: Value = serde_yaml_ng::from_str(stack.template)
            .or_fail(Kind::Unexpected, || format!("the template of {} is not YAML", stack.name))?;
        for (name, fields) in document.get("Parameters").and_then(Value::as_mapping).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let given = given(stack.template, name);
            let free = matches!(given, None | Some(Source::Protected));
            if free && found.iter().all(|known| known.name != name) {
                found.push(Parameter {
                    default: text(&fields["Default"]).filter(|_| given.is_none()),
                    ..parameter(name, fields)
                });
            }
        }
    }
    Ok(found)
}

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

/// The parameter with the engine of a database that outboxctl creates.
pub const ENGINE: &str = "DatabaseEngine";

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

/// Returns the origin of the value in any pipeline that has the template.
fn given(template: &str, name: &str) -> Option<Source> {
    let stacks = super::ALL.iter().flat_map(|pipeline| pipeline.stacks).filter(|stack| stack.template == template);
    stacks.flat_map(|stack| stack.parameters).find(|(parameter, _)| *parameter == name).map(|(_, source)| *source)
}

fn parameter(name: &str, fields: &Value) -> Parameter {
    Parameter {
        name: name.to_owned(),
        about: text(&fields["Description"]).unwrap_or_default(),
        default: None,
        number: fields["Type"] == "Number",
        allowed: fields["AllowedValues"].as_sequence().into_iter().flatten().filter_map(text).collect(),
        min: fields["MinValue"].as_f64(),
        max: fields["MaxValue"].as_f64(),
        pattern: text(&fields["AllowedPattern"]),
    }
}

/// Returns a scalar as text for CloudFormation.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn provided_parameters_are_not_listed_and_defaults_are_valid() {
        for pipeline in pipelines::ALL {
            let parameters = parameters(pipeline).expect("templates");
            for parameter in &parameters {
                assert!(!["NamePrefix", "PackageKey", "StreamArn"].contains(&parameter.name.as_str()), "{parameter:?}");
                let default = parameter.default.as_deref().unwrap_or("true");
                assert_eq!(parameter.objection(default), None, "{}: {parameter:?}", pipeline.name);
            }
        }
    }

    #[test]
    fn record_age_is_below_the_streams_retention() {
        for pipeline in pipelines::ALL {
            let parameters = parameters(pipeline).expect("templates");
            let objection = |values: &[(&str, &str)]| {
                let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                contradiction(&parameters, &values.collect())
            };
            assert_eq!(objection(&[]), None, "{}", pipeline.name);
            let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
            let both = has("PublisherRecordAgeSeconds") && has("RetentionHours");
            assert_eq!(objection(&[("RetentionHours", "24"), ("PublisherRecordAgeSeconds", "86400")]).is_some(), both);
            assert_eq!(objection(&[("RetentionHours", "25"), ("PublisherRecordAgeSeconds", "86400")]), None);
        }
    }

    #[test]
    fn contradicting_values_are_rejected() {
        let parameters = parameters(pipelines::find("rds-kinesis").expect("a pipeline")).expect("templates");
        let objection = |values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            contradiction(&parameters, &values.collect())
        };
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
        let map = |values: &[(&str, &str)]| {
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let objection = |given: &[(&str, &str)], engine: &str| of_other_engine(&map(given), &map(&[(ENGINE, engine)]));
        let storage = objection(&[("DatabaseStorage", "50"), ("DatabaseClass", "db.t4g.small")], AURORA);
        assert!(storage.is_some_and(|text| text.starts_with("DatabaseClass, DatabaseStorage have no effect")));
        assert!(objection(&[("AuroraClass", "db.r7g.large")], POSTGRES).is_some_and(|text| text.contains("has no")));
        assert_eq!(objection(&[("AuroraClass", "db.r7g.large"), ("DatabaseVersion", "16")], AURORA), None);
        assert_eq!(of_other_engine(&map(&[("AuroraClass", "x")]), &map(&[])), None, "a pipeline without a database");
    }

    #[test]
    fn outdated_default_of_dms_is_reported() {
        let values = |engine: &str, major: &str| {
            BTreeMap::from([
                ("ReplicationEngineVersion".to_owned(), engine.to_owned()),
                ("DatabaseVersion".to_owned(), major.to_owned()),
            ])
        };
        assert!(uncertain_engine(&values("", "17")).is_some_and(|text| text.contains("3.6.1")));
        assert_eq!((uncertain_engine(&values("3.6.1", "17")), uncertain_engine(&values("", "16"))), (None, None));
    }

    #[test]
    fn another_account_reads_only_a_stream_with_a_key_of_its_own() {
        let set = |pipeline: &str, values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            contradiction(&parameters(pipelines::find(pipeline).expect("a pipeline")).expect("templates"), &values)
        };
        let account = ("ConsumerAccountId", "444455556666");
        let key = ("StreamKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/0a1b");
        assert!(set("rds-kinesis", &[account]).is_some_and(|text| text.contains("StreamKeyArn")));
        assert_eq!(set("rds-kinesis", &[account, key]), None);
        assert_eq!(set("rds-eventbridge", &[account]), None, "it does not read the stream");
        assert_eq!(set("dynamodb-eventbridge", &[account]), None);
    }

    #[test]
    fn values_outside_the_templates_limits_are_rejected() {
        let parameters = parameters(pipelines::find("rds-kinesis").expect("a pipeline")).expect("templates");
        let objection = |name: &str, value: &str| {
            parameters.iter().find(|parameter| parameter.name == name).expect("known").objection(value)
        };
        assert!(objection("DatabaseVersion", "9.6").is_some_and(|text| text.contains("17")));
        assert!(objection("RetentionHours", "2").is_some_and(|text| text.contains("24")));
        assert!(objection("Shards", "many").is_some_and(|text| text.contains("not a number")));
        assert_eq!(objection("Shards", "4"), None);
    }
}
