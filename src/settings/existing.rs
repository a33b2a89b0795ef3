//! The `[existing]` table of `outboxctl.toml`: resources that outboxctl did not create, and uses in place of its own.
//! `--existing` and OUTBOXCTL_EXISTING set the same keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use super::{Origin, nearest};
use crate::base::error::{Error, Kind, Result};
use crate::settings::environment;

/// The flag that sets a key.
pub const EXISTING_FLAG: &str = "--existing";
/// The variable that sets keys: `KEY=VALUE` pairs, separated by semicolons or line ends.
pub const EXISTING_VARIABLE: &str = "OUTBOXCTL_EXISTING";

/// Declares the keys: each variant has its name in the file, its description and an example.
macro_rules! keys {
    ($($key:ident, $name:literal, $about:literal, $example:literal;)*) => {
        /// A key of `[existing]`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ExistingKey { $($key),* }

        impl ExistingKey {
            /// Every key, in the order of the file.
            pub const ALL: &[Self] = &[$(Self::$key),*];

            /// Returns the name in the file; a dot separates the name of a table below `[existing]`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$key => $name),* }
            }

            /// Returns the description.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$key => $about),* }
            }

            /// Returns whether the value is a list.
            pub const fn is_list(self) -> bool {
                matches!(self, Self::PrivateSubnets | Self::DatabaseSubnets)
            }

            /// Returns a value for a comment in a new file.
            pub const fn example(self) -> &'static str {
                match self { $(Self::$key => $example),* }
            }
        }
    };
}

keys! {
    Stream, "stream", "Kinesis stream, by name or ARN, that the capture writes and the consumer reads", "orders";
    Bus, "bus", "EventBridge bus, by name or ARN, that events are published on", "shop";
    EventLogGroup, "event_log_group",
        "Log group with every outbox event of the bus above. A rule of that bus must already write to it; without the key, \
         outboxctl creates log group and rule", "/aws/events/shop";
    ReplicationInstance, "replication_instance", "DMS replication instance, by ARN, that runs the capture task",
        "arn:aws:dms:eu-central-1:111122223333:rep:ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Task, "task", "DMS task, by ARN, that captures the outbox into the stream", "arn:aws:dms:eu-central-1:111122223333:task:ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    VpcId, "network.vpc", "VPC of the subnets and security groups below", "vpc-0123456789abcdef0";
    PrivateSubnets, "network.private_subnets",
        "Subnets of DMS, the functions and consumers, in two zones or more, as a list or separated by commas",
        "subnet-0123456789abcdef0,subnet-0123456789abcdef1";
    DatabaseSubnets, "network.database_subnets",
        "Subnets of a database that outboxctl creates, in two zones or more; not needed with an existing database",
        "subnet-0123456789abcdef2,subnet-0123456789abcdef3";
    FunctionSecurityGroup, "network.function_security_group",
        "Security group of the functions, which the database must admit", "sg-0123456789abcdef0";
    DmsSecurityGroup, "network.dms_security_group",
        "Security group of the replication instance, which the database must admit", "sg-0123456789abcdef1";
    DatabaseSecurityGroup, "network.database_security_group",
        "Security group of the database; with an existing database only for the check of its rules",
        "sg-0123456789abcdef2";
    DatabaseEndpoint, "database.endpoint",
        "Host name of the PostgreSQL server that writes; not a reader endpoint, and not a connection pooler",
        "shop.abcdefghijkl.eu-central-1.rds.amazonaws.com";
    DatabasePort, "database.port", "Port of the server, by default 5432", "5432";
    DatabaseName, "database.name", "Database with the outbox", "shop";
    DatabaseSecret, "database.secret",
        "ARN of the secret with username, password, host and port, which DMS and the admin function read; without the other keys \
         of the database, its name or ARN, for commands that need no deployment",
        "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-abcdef";
    DatabaseResourceId, "database.resource_id",
        "Resource id of the instance, db-…, or of the cluster, cluster-…, for the IAM authentication of functions",
        "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    DatabaseIdentifier, "database.identifier",
        "Identifier of the RDS instance, for checks; leave it out if the server is not on RDS", "shop";
    DatabaseCluster, "database.cluster",
        "Identifier of the Aurora cluster, for checks; database.endpoint is then its writer endpoint", "shop";
    DatabaseEngine, "database.engine",
        "Engine of the server, as DMS names it: postgres, or aurora-postgresql for an Aurora cluster", "postgres";
    DatabaseCertificate, "database.certificate",
        "PEM file with the root certificate of the server, by default that of RDS in the region", "certificate.pem";
}

/// A key and its value, as the flag and the variable set it.
pub type ExistingPair = (ExistingKey, String);

/// The values of `[existing]` with their origins; lists are joined with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Existing(BTreeMap<ExistingKey, (String, Origin)>);

impl Existing {
    /// Returns the value of a key; None if it is not set.
    pub fn get(&self, key: ExistingKey) -> Option<&str> {
        self.0.get(&key).map(|(value, _)| value.as_str())
    }

    /// Returns whether a key is set.
    pub fn has(&self, key: ExistingKey) -> bool {
        self.0.contains_key(&key)
    }

    /// Returns the origin of a key's value.
    pub fn origin(&self, key: ExistingKey) -> Origin {
        self.0.get(&key).map_or(Origin::Default, |(_, origin)| *origin)
    }

    /// Returns the key as the user set it, for messages.
    pub fn described(&self, key: ExistingKey) -> String {
        match self.origin(key) {
            Origin::Flag => format!("{EXISTING_FLAG} {}", key.name()),
            Origin::Variable => format!("{EXISTING_VARIABLE} {}", key.name()),
            Origin::File | Origin::Default => key.name().to_owned(),
        }
    }

    /// Returns the keys that a flag or a variable set, with their values.
    pub fn explicit(&self) -> impl Iterator<Item = (ExistingKey, &str)> {
        self.iter().filter(|(key, _)| self.origin(*key).is_explicit())
    }

    /// Sets the keys that a flag set in `other`, for a file that keeps them. A variable is for one shell.
    pub fn set_flags(&mut self, other: &Self) {
        let flags = other.0.iter().filter(|(_, (_, origin))| *origin == Origin::Flag);
        self.0.extend(flags.map(|(key, (value, _))| (*key, (value.clone(), Origin::File))));
    }

    /// Sets keys, in place of values of lower precedence.
    ///
    /// # Errors
    /// `Usage` if a key is set more than once.
    pub(super) fn set(&mut self, pairs: Vec<ExistingPair>, origin: Origin) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (key, value) in pairs {
            if !seen.insert(key) {
                let by = if origin == Origin::Flag { EXISTING_FLAG } else { EXISTING_VARIABLE };
                let error = Error::new(Kind::Usage, format!("{by} sets {} more than once", key.name()));
                let list = key.is_list().then_some("separate the values of a list with commas");
                return Err(error.hint(list.unwrap_or("keep one of the values")));
            }
            self.0.insert(key, (value, origin));
        }
        Ok(())
    }

    /// Returns the keys that are set, with their values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (ExistingKey, &str)> {
        self.0.iter().map(|(key, (value, _))| (*key, value.as_str()))
    }

    /// Returns whether no key is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(ExistingKey, &str); N]> for Existing {
    fn from(values: [(ExistingKey, &str); N]) -> Self {
        Self(values.into_iter().map(|(key, value)| (key, (value.to_owned(), Origin::File))).collect())
    }
}

/// Returns the key and the value of `KEY=VALUE`.
///
/// # Errors
/// The nearest key, or all of them. An empty value is an error: a script whose variable is unset must not use resources
/// other than those that it names.
pub fn pair(text: &str) -> std::result::Result<ExistingPair, String> {
    let (name, value) = text.split_once('=').ok_or("KEY=VALUE is needed, for example stream=orders")?;
    let key = key(name).map_err(|reason| format!("unknown key {name}{reason}"))?;
    if value.is_empty() {
        return Err(format!("{name} has no value"));
    }
    Ok((key, value.to_owned()))
}

/// Returns the pairs of OUTBOXCTL_EXISTING.
///
/// # Errors
/// `Usage` for an unknown key, and for one without a value.
pub fn variable() -> Result<Vec<ExistingPair>> {
    let Some(text) = environment::text(EXISTING_VARIABLE)? else { return Ok(Vec::new()) };
    let pairs = text.split([';', '\n']).map(str::trim).filter(|text| !text.is_empty());
    let read = |text| pair(text).map_err(|reason| Error::new(Kind::Usage, format!("{EXISTING_VARIABLE}: {reason}")));
    pairs.map(read).collect()
}

/// Returns the key of this name.
fn key(name: &str) -> std::result::Result<ExistingKey, String> {
    ExistingKey::ALL.iter().copied().find(|key| key.name() == name).ok_or_else(|| {
        let names: Vec<_> = ExistingKey::ALL.iter().map(|key| key.name()).collect();
        match nearest(name, names.iter().copied()) {
            Some(meant) => format!(": did you mean {meant}?"),
            None => format!(", expected one of {}", names.join(", ")),
        }
    })
}

/// A value in the file.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a value of [existing] must be a text, a number or a list of texts")]
enum Value {
    Text(String),
    Number(u32),
    List(Vec<String>),
    Table(BTreeMap<String, Value>),
}

impl<'de> Deserialize<'de> for Existing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut found = BTreeMap::new();
        let mut waiting: Vec<_> = BTreeMap::<String, Value>::deserialize(deserializer)?.into_iter().collect();
        while let Some((name, value)) = waiting.pop() {
            let text = match value {
                Value::Table(inner) => {
                    waiting.extend(inner.into_iter().map(|(below, value)| (format!("{name}.{below}"), value)));
                    continue;
                }
                Value::Text(text) => text,
                Value::Number(number) => number.to_string(),
                Value::List(texts) => texts.join(","),
            };
            let unknown = |reason| serde::de::Error::custom(format!("unknown key {name} in [existing]{reason}"));
            let key = key(&name).map_err(unknown)?;
            // An empty text counts as unset, as everywhere in the file.
            if !text.is_empty() {
                found.insert(key, (text, Origin::File));
            }
        }
        Ok(Self(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Existing, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_read_by_its_name_and_no_other() {
        for key in ExistingKey::ALL {
            let read = read(&format!("{} = {:?}", key.name(), key.example()))
                .unwrap_or_else(|error| panic!("{}: {error}", key.name()));
            assert_eq!(read.iter().collect::<Vec<_>>(), [(*key, key.example())]);
        }
        let error = read("streem = \"orders\"").expect_err("unknown");
        assert!(error.contains("streem") && error.contains("did you mean stream?"), "{error}");
        let error = read("queue = \"orders\"").expect_err("unknown");
        assert!(error.contains("event_log_group"), "{error}");
        assert!(read("stream = true").is_err());
        for key in ExistingKey::ALL {
            assert_eq!(pair(&format!("{}={}", key.name(), key.example())), Ok((*key, key.example().to_owned())));
        }
        assert_eq!(pair("database.nam=shop"), Err("unknown key database.nam: did you mean database.name?".to_owned()));
        assert!(pair("stream").is_err() && pair("stream=").is_err());
        assert!(read("stream = \"\"").expect("valid").is_empty(), "an empty text counts as unset");
    }
}
