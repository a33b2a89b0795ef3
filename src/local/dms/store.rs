//! All resources of the DMS API, in memory and in dms.json.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::{Answer, Fault};
use super::kind::Kind;
use crate::base::error::{Kind as ErrorKind, OrFail, Result};
use crate::local::capture::TableCounts;
use crate::local::home::write_json;
use crate::local::state::region_of;

/// One resource. The document holds exactly the members that Describe returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) arn: String,
    pub(super) document: Map<String, Value>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) hidden: Internal,
}

/// Data that Describe does not return.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Internal {
    /// Password of an endpoint without a secret.
    #[serde(default)]
    pub(super) password: Option<String>,
    /// For a task: whether its slot and full load are done, so that it can resume.
    #[serde(default)]
    pub(super) resumable: bool,
    /// For a task: counts by table.
    #[serde(default)]
    pub(super) tables: Vec<((String, String), TableCounts)>,
}

impl Resource {
    pub(super) fn text(&self, member: &str) -> &str {
        self.document.get(member).and_then(Value::as_str).unwrap_or("")
    }

    /// Returns the region of its ARN; for a connection, which has none, that of its endpoint.
    pub(super) fn region(&self) -> &str {
        region_of(if self.kind == Kind::Connection { self.text("EndpointArn") } else { &self.arn })
    }

    pub(super) fn status(&self) -> &str {
        self.text(self.kind.names().status)
    }

    pub(super) fn set(&mut self, member: &str, value: impl Into<Value>) {
        self.document.insert(member.to_owned(), value.into());
    }

    pub(super) fn set_status(&mut self, status: &str) {
        self.set(self.kind.names().status, status);
    }

    pub(super) fn identifier(&self) -> &str {
        self.text(self.kind.names().identifier)
    }

    /// Returns a member of the document; `Null` without it.
    pub(super) fn member(&self, member: &str) -> &Value {
        self.document.get(member).unwrap_or(&Value::Null)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    resources: Vec<Resource>,
}

/// The remedy for a damaged file: the stacks of the emulator name the resources in it, and a deploy does not create them
/// again.
const RESTORE: &str =
    "restore the file from a copy, or remove all data of the local stack: `outboxctl local down --purge`";

pub(super) struct Store {
    file: PathBuf,
    content: Mutex<Content>,
}

impl Store {
    /// # Errors
    /// `Io` if the file exists and can't be read.
    pub(super) fn open(file: PathBuf) -> Result<Self> {
        let content = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .or_fail(ErrorKind::Io, || format!("{} is damaged", file.display()))
                .map_err(|error| error.hint(RESTORE))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Content::default(),
            Err(error) => return Err(error).or_fail(ErrorKind::Io, || format!("{} can't be read", file.display())),
        };
        Ok(Self { file, content: Mutex::new(content) })
    }

    /// Returns a copy of every matching resource.
    pub(super) fn list(&self, fits: impl Fn(&Resource) -> bool) -> Vec<Resource> {
        let content = self.content.lock();
        content.resources.iter().filter(|resource| fits(resource)).cloned().collect()
    }

    pub(super) fn find(&self, arn: &str) -> Option<Resource> {
        self.list(|resource| resource.arn == arn).pop()
    }

    /// Returns the resource of this kind with this ARN.
    pub(super) fn get(&self, kind: Kind, arn: &str) -> Answer<Resource> {
        let found = self.find(arn).filter(|resource| resource.kind == kind);
        found.ok_or_else(|| Fault::not_found(format!("{} {arn} not found", kind.names().one)))
    }

    /// Adds a resource, or returns the fault that its ARN or identifier is taken.
    pub(super) fn add(&self, resource: Resource) -> Answer<Resource> {
        let mut content = self.content.lock();
        let same = |other: &Resource| {
            other.arn == resource.arn
                || (other.kind == resource.kind
                    && other.region() == resource.region()
                    && !resource.identifier().is_empty()
                    && other.identifier().eq_ignore_ascii_case(resource.identifier()))
        };
        if content.resources.iter().any(same) {
            let text = format!("{} {} already exists", resource.kind.names().one, resource.identifier());
            return Err(Fault::exists(text));
        }
        content.resources.push(resource.clone());
        self.save(&content)?;
        Ok(resource)
    }

    /// Changes a resource, if it still exists, and returns it.
    pub(super) fn change(&self, arn: &str, change: impl FnOnce(&mut Resource)) -> Answer<Resource> {
        self.try_change(arn, |resource| {
            change(resource);
            Ok(())
        })
    }

    /// Changes a resource as [`Store::change`] does, unless `change` fails.
    pub(super) fn try_change(&self, arn: &str, change: impl FnOnce(&mut Resource) -> Answer<()>) -> Answer<Resource> {
        let mut content = self.content.lock();
        let found = content.resources.iter_mut().find(|resource| resource.arn == arn);
        let resource = found.ok_or_else(|| Fault::not_found(format!("{arn} not found")))?;
        let mut changed = resource.clone();
        change(&mut changed)?;
        if *resource != changed {
            *resource = changed.clone();
            self.save(&content)?;
        }
        Ok(changed)
    }

    pub(super) fn remove(&self, fits: impl Fn(&Resource) -> bool) -> Answer<()> {
        let mut content = self.content.lock();
        content.resources.retain(|resource| !fits(resource));
        self.save(&content)
    }

    /// Removes a resource that is being deleted.
    pub(super) fn forget(&self, arn: &str) {
        if let Err(fault) = self.remove(|other| other.arn == arn) {
            tracing::warn!(arn, fault = fault.message, "a deleted DMS resource is still on disk");
        }
    }

    fn save(&self, content: &Content) -> Answer<()> {
        write_json(&self.file, content).map_err(|e| Fault::internal(e.message()))
    }
}

/// Returns seconds since 1970, the time format of JSON 1.1.
pub(super) fn seconds(time: chrono::DateTime<chrono::Utc>) -> Value {
    (time.timestamp_millis() as f64 / 1000.0).into()
}

/// Returns the present time in that format.
pub(super) fn now() -> Value {
    seconds(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_reported_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dms.json");
        std::fs::write(&file, "{").unwrap();
        let error = Store::open(file.clone()).err().expect("damaged");
        assert!(error.message().contains("dms.json is damaged"), "{error}");
        assert!(error.hints().any(|hint| hint.contains("local down --purge")), "{error:?}");
        std::fs::remove_file(&file).unwrap();
        assert!(Store::open(file).is_ok(), "without the file, nothing exists");
    }
}
