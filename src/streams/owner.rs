//! The process that owns a temporary resource, and whether it still runs. Stored in the resource's tags.

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

/// Tag keys.
const OWNER: &str = "outboxctl:owner";
const LEASE: &str = "outboxctl:lease";
const TEMPORARY: &str = "outboxctl:temporary";

/// Time after the last renewal during which a resource is not removed.
pub const LEASE_TIME: TimeDelta = TimeDelta::hours(1);

/// A process, by machine, id and start: ids are reused, start times are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    machine: String,
    pid: u32,
    started: String,
}

impl Owner {
    /// Returns this process.
    pub fn this() -> Self {
        let pid = std::process::id();
        Self { machine: machine(), pid, started: started(pid).unwrap_or_else(|| "0".into()) }
    }

    /// Returns the owner in characters that tags allow.
    pub fn tag(&self) -> String {
        format!("{}/{}/{}", self.machine, self.pid, self.started)
    }

    fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('/');
        let (machine, pid, started) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { machine: machine.to_owned(), pid, started: started.to_owned() })
    }
}

/// Returns an id of the machine since it was booted and, since containers on it do not see each other's processes, of
/// the namespace in which this process has its id.
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_else(|_| "unknown".into());
    let space = std::fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned());
    let space: String = space.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    format!("{}.{space}", boot.trim())
}

/// Returns the process's start, in clock ticks since boot; `None` if it does not run, or there is no /proc.
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The name in parentheses may contain anything; the 20th field after it is the start time.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// Returns the tags by which an orphan is recognised.
pub fn tags() -> [(String, String); 3] {
    let lease = (Utc::now() + LEASE_TIME).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    [(TEMPORARY, "true".to_owned()), (OWNER, Owner::this().tag()), (LEASE, lease)]
        .map(|(key, value)| (key.to_owned(), value))
}

/// Returns this process in characters that names of consumers allow.
pub fn name() -> String {
    Owner::this().tag().replace('/', "_")
}

/// Returns the tags of a resource that has the owner in its name, if the service keeps no tags.
pub fn tags_of_name(name: &str) -> HashMap<String, String> {
    [(TEMPORARY, "true".to_owned()), (OWNER, name.replace('_', "/"))].map(|(k, v)| (k.to_owned(), v)).into()
}

/// Returns whether a resource with these tags is an orphan: its process on this machine ended, or its lease expired.
pub fn is_orphan(tags: &HashMap<String, String>, now: DateTime<Utc>) -> bool {
    judge(tags, now, &Owner::this(), started)
}

fn judge(
    tags: &HashMap<String, String>,
    now: DateTime<Utc>,
    this: &Owner,
    started: impl Fn(u32) -> Option<String>,
) -> bool {
    if !tags.contains_key(TEMPORARY) {
        return false;
    }
    let owner = tags.get(OWNER).and_then(|tag| Owner::parse(tag));
    if let Some(owner) = owner.filter(|owner| owner.machine == this.machine && this.started != "0") {
        return started(owner.pid).as_deref() != Some(&owner.started);
    }
    let lease = tags.get(LEASE).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    lease.is_some_and(|lease| lease < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(machine: &str, pid: u32) -> Owner {
        Owner { machine: machine.into(), pid, started: "77".into() }
    }

    fn tags(owner: &Owner, lease: &str) -> HashMap<String, String> {
        [(TEMPORARY, "true"), (OWNER, &owner.tag()), (LEASE, lease)].map(|(k, v)| (k.into(), v.into())).into()
    }

    #[test]
    fn resources_of_ended_processes_are_orphans() {
        let (here, now) = (owner("here", 1), Utc::now());
        let (past, future) = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
        let alive = |_: u32| Some("77".to_owned());
        let gone = |_: u32| None;
        let reused = |_: u32| Some("99".to_owned());
        assert!(!judge(&tags(&owner("here", 2), past), now, &here, alive));
        assert!(judge(&tags(&owner("here", 2), future), now, &here, gone));
        assert!(judge(&tags(&owner("here", 2), future), now, &here, reused));
        assert!(judge(&tags(&owner("elsewhere", 2), past), now, &here, alive));
        assert!(!judge(&tags(&owner("elsewhere", 2), future), now, &here, gone));
        assert!(!judge(&HashMap::new(), now, &here, gone), "resources without our tags are not removed");
    }

    #[test]
    fn this_process_is_alive() {
        let this = Owner::this();
        assert_eq!(Owner::parse(&this.tag()), Some(this.clone()));
        assert!(!is_orphan(&tags(&this, "2020-01-01T00:00:00Z"), Utc::now()));
        assert!(!is_orphan(&tags_of_name(&name()), Utc::now()));
        let dead = Owner { started: "1".into(), ..this };
        assert!(is_orphan(&tags_of_name(&dead.tag().replace('/', "_")), Utc::now()));
    }
}
