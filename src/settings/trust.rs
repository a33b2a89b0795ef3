//! Checks that only the user or root can have written a file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::settings::environment;

/// Write permission of the group, and of others.
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

/// The reason why a file can't be trusted, and a remedy.
#[derive(Debug)]
pub struct Untrusted {
    pub reason: String,
    pub remedy: &'static str,
}

/// The user who reads the file.
pub struct Reader {
    uid: u32,
    /// The user who called sudo.
    caller: Option<u32>,
    /// The user's private group, which most systems create for every user: write permission for it gives access to no
    /// other user.
    private_group: Option<u32>,
}

impl Reader {
    /// Returns the user of this process.
    pub fn current() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let sudo = environment::text("SUDO_UID").ok().flatten().and_then(|text| text.parse().ok());
        let caller = sudo.filter(|_| uid == 0);
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let (users, groups) = (read("/etc/passwd"), read("/etc/group"));
        Self { uid, caller, private_group: private_group(uid, &users, &groups) }
    }

    /// Checks that the user or root owns it.
    pub fn owner(&self, meta: &Metadata) -> Result<(), Untrusted> {
        let owner = meta.uid();
        if owner == 0 || owner == self.uid || Some(owner) == self.caller {
            return Ok(());
        }
        Err(Untrusted {
            reason: format!("it belongs to user {owner}, and this is user {}", self.uid),
            remedy: "make it your own with chown",
        })
    }

    /// Returns whether messages may quote the file: it is the user's own, and not a link.
    pub fn may_quote(&self, link: &Metadata) -> bool {
        link.is_file() && (link.uid() == self.uid || Some(link.uid()) == self.caller)
    }

    /// Checks that it is a regular file that no other user can write.
    pub fn file(&self, meta: &Metadata) -> Result<(), Untrusted> {
        if !meta.is_file() {
            return Err(Untrusted { reason: "it is not a regular file".into(), remedy: "remove it" });
        }
        self.owner(meta)?;
        match self.can_be_written(meta) {
            false => Ok(()),
            true => Err(Untrusted {
                reason: format!("others can write it (mode {:o})", meta.mode() & 0o7777),
                remedy: "remove that permission: chmod go-w",
            }),
        }
    }

    /// Checks that no other user can create a file in a folder. The sticky bit protects existing files, but not missing
    /// names.
    pub fn folder(&self, path: &Path) -> Result<(), Untrusted> {
        let shown = path.display();
        let Ok(meta) = std::fs::metadata(path) else {
            return Err(Untrusted { reason: format!("{shown} can't be looked at"), remedy: "use another folder" });
        };
        if self.owner(&meta).is_err() {
            let reason = format!("its folder {shown} belongs to user {}, and this is user {}", meta.uid(), self.uid);
            return Err(Untrusted { reason, remedy: "use a folder of your own" });
        }
        match self.can_be_written(&meta) {
            false => Ok(()),
            true => Err(Untrusted {
                reason: format!("others can write its folder {shown} (mode {:o})", meta.mode() & 0o7777),
                remedy: "use a folder of your own, or remove that permission: chmod go-w",
            }),
        }
    }

    fn can_be_written(&self, meta: &Metadata) -> bool {
        let by_group = meta.mode() & GROUP != 0 && meta.gid() != 0 && Some(meta.gid()) != self.private_group;
        by_group || meta.mode() & OTHERS != 0
    }
}

/// Returns the user's private group if /etc/passwd and /etc/group list no other user in it.
fn private_group(uid: u32, users: &str, groups: &str) -> Option<u32> {
    let users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let users: Vec<(&str, u32, u32)> = users
        .filter_map(|field| Some((*field.first()?, field.get(2)?.parse().ok()?, field.get(3)?.parse().ok()?)))
        .collect();
    let (name, _, gid) = *users.iter().find(|(_, id, _)| *id == uid)?;
    let alone = users.iter().all(|(_, id, group)| *group != gid || *id == uid);
    let group = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let group = group.into_iter().find(|field| field.get(2).and_then(|id| id.parse().ok()) == Some(gid))?;
    let members = group.get(3).copied().unwrap_or_default();
    let only = members.split(',').all(|member| member.is_empty() || member == name);
    (alone && only).then_some(gid)
}

#[cfg(test)]
mod tests {
    use super::private_group;

    #[test]
    fn a_group_is_private_where_only_the_user_is_in_it() {
        let users = "root:x:0:0::/:\nann:x:1000:1000::/:\nbob:x:1001:100::/:\neve:x:1002:100::/:\n";
        let groups = "root:x:0:\nann:x:1000:\nusers:x:100:\n";
        assert_eq!(private_group(1000, users, groups), Some(1000));
        assert_eq!(private_group(1000, users, "ann:x:1000:ann\n"), Some(1000));
        assert_eq!(private_group(1000, users, "ann:x:1000:bob\n"), None);
        assert_eq!(private_group(1001, users, groups), None, "a group of many");
        assert_eq!(private_group(1000, users, ""), None, "a group that is not known");
        assert_eq!(private_group(7, users, groups), None, "a user who is not known");
    }
}
