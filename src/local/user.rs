//! The user that PostgreSQL runs as: it refuses to be root.

use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

use rustix::process::geteuid;

use crate::error::{Error, Kind, OrFail, Result};

/// An account without privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl User {
    /// None when we are an ordinary user already. For root: `postgres` where a package made it, else `nobody`.
    ///
    /// # Errors
    /// `LocalSetup` when there is neither.
    pub fn unprivileged() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| lookup(&accounts, name));
        found.map(Some).ok_or_else(|| {
            Error::new(Kind::LocalSetup, "PostgreSQL does not run as root, and there is no user postgres or nobody")
                .hint("run outboxctl as an ordinary user, or add one: useradd --system postgres")
        })
    }

    /// Makes the user owner of a file or folder; of a link itself, not of what it points to.
    ///
    /// # Errors
    /// `LocalSetup` when that is refused.
    pub fn own(&self, path: &Path) -> Result<()> {
        lchown(path, Some(self.uid), Some(self.gid))
            .or_fail(Kind::LocalSetup, || format!("{} can't be given to user {}", path.display(), self.name))
    }

    /// Lets the user pass through the folders down to `folder`: those below `root` are ours and are opened, for those
    /// above it can only be said which one is in the way.
    ///
    /// # Errors
    /// `LocalSetup` when a folder above can't be passed.
    pub fn let_through(&self, root: &Path, folder: &Path) -> Result<()> {
        for part in folder.ancestors() {
            let about = std::fs::metadata(part).or_fail(Kind::LocalSetup, || format!("{} is gone", part.display()))?;
            if about.mode() & 0o001 != 0 || about.uid() == self.uid {
                continue;
            }
            if !part.starts_with(root) {
                let text = format!("user {}, whom PostgreSQL runs as, can't get through {}", self.name, part.display());
                return Err(Error::new(Kind::LocalSetup, text)
                    .hint("set OUTBOXCTL_HOME to a folder that all users can pass, such as /var/lib/outboxctl"));
            }
            let mut open = about.permissions();
            open.set_mode(about.mode() | 0o011);
            std::fs::set_permissions(part, open)
                .or_fail(Kind::LocalSetup, || format!("{} can't be opened", part.display()))?;
        }
        Ok(())
    }
}

fn lookup(accounts: &str, name: &str) -> Option<User> {
    let fields: Vec<&str> = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == name)?;
    Some(User { name: name.to_owned(), uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_looked_up() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:n:/:/bin/false\n";
        assert_eq!(lookup(accounts, "nobody"), Some(User { name: "nobody".into(), uid: 65534, gid: 65533 }));
        assert_eq!(lookup(accounts, "postgres"), None);
        assert_eq!(lookup("nobody:x", "nobody"), None);
    }
}
