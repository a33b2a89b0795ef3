//! The users that programs of the local stack run as if root starts it: PostgreSQL refuses to run as root, and the
//! emulator and its functions run other people's code.

use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use aws_lc_rs::digest;
use rustix::process::geteuid;

use crate::base::error::{Error, Kind, OrFail, Result};

/// User ids for services that need an id of their own and no account (systemd, "Users, Groups, UIDs and GIDs on systemd
/// Systems": dynamic service users).
const DYNAMIC_USER_IDS: RangeInclusive<u32> = 61_184..=65_519;

/// A user without privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl User {
    pub fn root() -> Self {
        Self { name: "root".into(), uid: 0, gid: 0 }
    }

    /// Returns PostgreSQL's user. `None` for an ordinary user; for root, `postgres` if a package made it, else
    /// `nobody`.
    ///
    /// # Errors
    /// `LocalSetup` if neither exists.
    pub fn unprivileged() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| lookup(&accounts, name));
        found.map(Some).ok_or_else(|| {
            Error::new(
                Kind::LocalSetup,
                "PostgreSQL does not run as root, and neither user `postgres` nor `nobody` \
                                          exists",
            )
            .hint("run outboxctl as an ordinary user, or add one: useradd --system postgres")
        })
    }

    /// Returns the user that the emulator and the functions of a stack run as if root starts it; `None` for an ordinary
    /// user. It is not PostgreSQL's user: that one is superuser of the stack's databases, and of other databases on
    /// this machine. It has an id without an account; for root in a user namespace that maps none of those, it is
    /// PostgreSQL's user after all.
    ///
    /// # Errors
    /// `LocalSetup` if neither exists.
    pub fn of_stack(stack: &Path) -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let taken = [text("/etc/passwd"), text("/etc/group")];
        // Without the files (other systems than Linux), every id exists.
        let maps = ["/proc/self/uid_map", "/proc/self/gid_map"].map(|path| std::fs::read_to_string(path).ok());
        let usable = |id: u32| {
            taken.iter().all(|accounts| !has_id(accounts, id)) && maps.iter().flatten().all(|map| is_mapped(map, id))
        };
        let hash = digest::digest(&digest::SHA256, stack.as_os_str().as_encoded_bytes());
        let start = hash.as_ref()[..4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let size = DYNAMIC_USER_IDS.end() - DYNAMIC_USER_IDS.start() + 1;
        let ids = (0..size).map(|step| DYNAMIC_USER_IDS.start() + (start % size + step) % size);
        match ids.into_iter().find(|id| usable(*id)) {
            Some(id) => Ok(Some(Self { name: id.to_string(), uid: id, gid: id })),
            None => Self::unprivileged(),
        }
    }

    /// Makes a command run as this user, with its own home folder in place of root's.
    pub fn run(&self, command: &mut std::process::Command, home: &Path) {
        command.uid(self.uid).gid(self.gid).env("HOME", home).env_remove("USER").env_remove("LOGNAME");
    }

    /// Makes the user owner of a folder and its contents that belong to another user: root, before an upgrade or if no
    /// other user could run the programs. Files with more than one name are skipped: the other name may lie elsewhere.
    ///
    /// # Errors
    /// `LocalSetup` if that is refused.
    pub fn own_all(&self, folder: &Path) -> Result<()> {
        let about = |path: &Path| {
            std::fs::symlink_metadata(path).or_fail(Kind::LocalSetup, || format!("{} can't be read", path.display()))
        };
        let before = about(folder)?.uid();
        if before == self.uid {
            return Ok(());
        }
        let mut left = vec![folder.to_owned()];
        while let Some(path) = left.pop() {
            let about = about(&path)?;
            if about.is_dir() {
                let failed = || format!("{} can't be read", path.display());
                for entry in std::fs::read_dir(&path).or_fail(Kind::LocalSetup, failed)? {
                    left.push(entry.or_fail(Kind::LocalSetup, failed)?.path());
                }
            }
            if about.uid() == before && (about.is_dir() || about.nlink() == 1) {
                self.own(&path)?;
            }
        }
        Ok(())
    }

    /// Makes the user owner of a file or folder; of a link itself, not of its target.
    ///
    /// # Errors
    /// `LocalSetup` if that is refused.
    pub fn own(&self, path: &Path) -> Result<()> {
        lchown(path, Some(self.uid), Some(self.gid))
            .or_fail(Kind::LocalSetup, || format!("{} can't be given to user {}", path.display(), self.name))
    }

    /// Lets the user pass through the folders down to `folder`: opens those below `root`; for those above it, only
    /// reports the one that is closed.
    ///
    /// # Errors
    /// `LocalSetup` if a folder above is closed to the user.
    pub fn allow_path(&self, root: &Path, folder: &Path) -> Result<()> {
        for part in folder.ancestors() {
            let about = std::fs::metadata(part).or_fail(Kind::LocalSetup, || format!("{} is gone", part.display()))?;
            if about.mode() & 0o001 != 0 || about.uid() == self.uid {
                continue;
            }
            if !part.starts_with(root) {
                let text = format!(
                    "user {}, which runs programs of the local stack, can't enter {}",
                    self.name,
                    part.display()
                );
                return Err(Error::new(Kind::LocalSetup, text)
                    .hint("set OUTBOXCTL_HOME to a folder that all users can enter, such as /var/lib/outboxctl"));
            }
            let mut open = about.permissions();
            open.set_mode(about.mode() | 0o011);
            std::fs::set_permissions(part, open)
                .or_fail(Kind::LocalSetup, || format!("{} can't be opened", part.display()))?;
        }
        Ok(())
    }
}

/// Returns whether /etc/passwd or /etc/group has an id: both have it in the third field.
fn has_id(accounts: &str, id: u32) -> bool {
    accounts.lines().any(|line| line.split(':').nth(2).and_then(|field| field.parse().ok()) == Some(id))
}

/// Returns whether an id exists in this user namespace (user_namespaces(7): first id inside, first id outside, count).
fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let fields: Vec<u64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        matches!(fields[..], [first, _, count] if (first..first + count).contains(&u64::from(id)))
    })
}

fn lookup(accounts: &str, name: &str) -> Option<User> {
    let fields: Vec<&str> = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == name)?;
    Some(User { name: name.to_owned(), uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_and_unmapped_ids_are_skipped() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:61200:1::/:/bin/false\n";
        assert!(has_id(accounts, 61200) && !has_id(accounts, 61201) && !has_id(accounts, 1));
        let whole = "         0          0 4294967295\n";
        assert!(is_mapped(whole, 61200));
        let rootless = "0 1000 1\n1 100000 65536\n";
        assert!(is_mapped(rootless, 61200) && !is_mapped("0 1000 1\n", 61200) && !is_mapped("", 0));
    }

    #[test]
    fn the_user_of_a_stack_is_unprivileged_and_stable() {
        // Only root needs one.
        let Some(user) = User::of_stack(Path::new("/s/one")).unwrap() else { return };
        assert_ne!((user.uid, user.gid), (0, 0));
        assert_eq!(User::of_stack(Path::new("/s/one")).unwrap(), Some(user));
    }

    #[test]
    fn files_with_several_links_keep_their_owner() {
        // Only root can change the owner of files.
        let Some(user) = User::of_stack(Path::new("/s")).unwrap() else { return };
        let place = tempfile::tempdir().unwrap();
        let (folder, outside) = (place.path().join("emulator"), place.path().join("outside"));
        std::fs::create_dir_all(folder.join("state")).unwrap();
        std::fs::write(folder.join("state/s3.json"), "").unwrap();
        std::fs::write(&outside, "").unwrap();
        std::fs::hard_link(&outside, folder.join("planted")).unwrap();
        std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
        user.own_all(&folder).unwrap();
        let owner = |path: &Path| std::fs::symlink_metadata(path).unwrap().uid();
        assert_eq!(owner(&outside), 0);
        for ours in ["", "state", "state/s3.json", "link"] {
            assert_eq!(owner(&folder.join(ours)), user.uid, "{ours}");
        }
        // Once it is the user's, no further owner is changed.
        std::fs::write(folder.join("late"), "").unwrap();
        user.own_all(&folder).unwrap();
        assert_eq!(owner(&folder.join("late")), 0);
    }

    #[test]
    fn accounts_are_looked_up() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:n:/:/bin/false\n";
        assert_eq!(lookup(accounts, "nobody"), Some(User { name: "nobody".into(), uid: 65534, gid: 65533 }));
        assert_eq!(lookup(accounts, "postgres"), None);
        assert_eq!(lookup("nobody:x", "nobody"), None);
    }
}
