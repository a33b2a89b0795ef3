//! The folders and files of the local stack.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::user::User;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;

/// The folder for tools that all stacks share, and the folder of one stack.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
    name: String,
}

impl Home {
    /// Reads `OUTBOXCTL_HOME` and `OUTBOXCTL_LOCAL_NAME`; the defaults are the platform's data folder and "default".
    ///
    /// For root, the default is /var/lib/outboxctl: PostgreSQL then runs as another user, who can't read root's home.
    ///
    /// # Errors
    /// `Usage` if a variable can't be used, `LocalSetup` without any home folder.
    pub fn find() -> Result<Self> {
        let name = environment::text("OUTBOXCTL_LOCAL_NAME")?;
        let name = name.unwrap_or_else(|| "default".into());
        if name.len() > 32 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(Error::new(Kind::Usage, format!("OUTBOXCTL_LOCAL_NAME={name:?} can't name a local stack"))
                .hint("use 1 to 32 letters, digits, hyphens and underscores"));
        }
        let root = find_root()?;
        // The path goes into JSON, and to programs that read it as text.
        if root.to_str().is_none() {
            let text = format!("the local stack can't be kept in {root:?}: the path is not valid UTF-8");
            return Err(Error::new(Kind::Usage, text).hint("set OUTBOXCTL_HOME to another folder"));
        }
        Ok(Self { root, name })
    }

    /// Returns a stack's files under a given root.
    pub fn at(root: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { root: root.into(), name: name.into() }
    }

    /// Returns the home, as [`Home::find`] does, for access to the stack itself: its files are for its user alone.
    ///
    /// # Errors
    /// `LocalSetup` if the stack belongs to another user.
    pub fn of_stack() -> Result<Self> {
        let home = Self::find()?;
        match owned_by_other(&home.stack(), rustix::process::geteuid().as_raw()) {
            None => Ok(home),
            Some(owner) => {
                let text =
                    format!("the local stack in {} belongs to another user (id {owner})", home.stack().display());
                Err(Error::new(Kind::LocalSetup, text).hint(
                    "run the command as that user, or set OUTBOXCTL_HOME to a folder of your own for a stack of your own",
                ))
            }
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the stack's name, "default" unless OUTBOXCTL_LOCAL_NAME sets another.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the folder of fetched programs, shared by all stacks.
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Returns the stack's own folder.
    pub fn stack(&self) -> PathBuf {
        self.root.join("local").join(&self.name)
    }

    /// Returns a file or folder of this stack.
    pub fn file(&self, name: &str) -> PathBuf {
        self.stack().join(name)
    }

    pub fn state_file(&self) -> PathBuf {
        self.file("state.json")
    }

    pub fn logs(&self) -> PathBuf {
        self.file("logs")
    }

    /// Creates the stack's folders. They are closed to other users: they hold passwords and the stack's key.
    /// PostgreSQL's user, if it is another one, may pass through the first of them.
    ///
    /// # Errors
    /// `LocalSetup` if a folder can't be created.
    pub fn create(&self) -> Result<()> {
        let failed = |path: &Path| format!("{} can't be created", path.display());
        for folder in [self.tools(), self.stack(), self.logs()] {
            std::fs::create_dir_all(&folder)
                .or_fail(Kind::LocalSetup, || failed(&folder))
                .map_err(|e| e.hint("set OUTBOXCTL_HOME to a folder that you can write to, with 1 GB free"))?;
        }
        restrict(&self.stack(), 0o711).or_fail(Kind::LocalSetup, || failed(&self.stack()))?;
        // Older versions made more of them readable. PostgreSQL's folder belongs to its user.
        for entry in std::fs::read_dir(self.stack()).or_fail(Kind::LocalSetup, || failed(&self.stack()))?.flatten() {
            if entry.file_name() != "postgres" {
                restrict(&entry.path(), 0o700).or_fail(Kind::LocalSetup, || failed(&entry.path()))?;
            }
        }
        Ok(())
    }
}

/// Returns the owner of a folder, if that is not `user`. Root may use the folders of all users.
fn owned_by_other(folder: &Path, user: u32) -> Option<u32> {
    let owner = std::fs::metadata(folder).ok()?.uid();
    (user != 0 && owner != user).then_some(owner)
}

/// Removes the permissions that are not in `most`.
fn restrict(path: &Path, most: u32) -> std::io::Result<()> {
    let about = std::fs::symlink_metadata(path)?;
    if about.is_symlink() {
        return Ok(());
    }
    let mut permissions = about.permissions();
    permissions.set_mode(permissions.mode() & most);
    std::fs::set_permissions(path, permissions)
}

fn find_root() -> Result<PathBuf> {
    if let Some(root) = environment::path("OUTBOXCTL_HOME") {
        return std::path::absolute(&root).or_fail(Kind::Usage, || format!("OUTBOXCTL_HOME={root:?} is not a path"));
    }
    if rustix::process::geteuid().is_root() {
        return Ok("/var/lib/outboxctl".into());
    }
    if let Some(data) = environment::path("XDG_DATA_HOME").filter(|p| p.is_absolute()) {
        return Ok(data.join("outboxctl"));
    }
    match std::env::home_dir().filter(|home| home.is_absolute()) {
        Some(home) => Ok(home.join(".local/share/outboxctl")),
        None => Err(Error::new(Kind::LocalSetup, "no home folder found for the local stack")
            .hint("set OUTBOXCTL_HOME to a folder that you can write to")),
    }
}

/// Removes a folder, if it exists.
///
/// # Errors
/// One of this kind, if it can't be removed.
pub fn remove_folder(folder: &Path, kind: Kind) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).or_fail(kind, || format!("{} can't be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Reads a value from a file; `None` if it is missing or damaged.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a value to a file atomically, readable for its owner only.
///
/// # Errors
/// `Io` if it can't be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value);
    write_atomically(path, &text.or_fail(Kind::Unexpected, || format!("{} can't be written", path.display()))?)
}

/// Writes a file atomically: a reader sees the old or the new content, even after a kill.
///
/// # Errors
/// `Io` if it can't be written.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    write_for(path, content, None)
}

/// Writes a file atomically for another user, who owns it before it gets its name.
///
/// # Errors
/// `Io` if it can't be written.
pub fn write_for(path: &Path, content: &[u8], owner: Option<&User>) -> Result<()> {
    use std::io::Write;
    let failed = || format!("{} can't be written", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).or_fail(Kind::Io, failed)?;
    file.write_all(content).and_then(|()| file.as_file().sync_data()).or_fail(Kind::Io, failed)?;
    if let Some(user) = owner {
        std::os::unix::fs::fchown(file.as_file(), Some(user.uid), Some(user.gid)).or_fail(Kind::Io, failed)?;
    }
    file.persist(path).or_fail(Kind::Io, failed)?;
    Ok(())
}

/// Reads a small file in a folder of another user, who may have put anything there: follows no link, opens nothing but
/// a file, and reads at most 64 KiB. Returns `None` if it does not exist.
pub fn read_of_other(path: &Path) -> Option<String> {
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).ok()?;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut text = String::new();
    file.take(65_536).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_share_only_the_tools() {
        let (one, two) = (Home::at("/h", "one"), Home::at("/h", "two"));
        assert_eq!(one.tools(), two.tools());
        assert_ne!(one.state_file(), two.state_file());
        assert!(one.logs().starts_with(one.stack()));
    }

    #[test]
    fn folders_of_a_stack_are_closed_to_other_users() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path(), "t");
        // As an older version made it.
        std::fs::create_dir_all(home.logs()).unwrap();
        std::fs::set_permissions(home.stack(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(home.file("dms.json"), "{}").unwrap();
        std::fs::set_permissions(home.file("dms.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
        home.create().unwrap();
        let mode = |folder: &Path| std::fs::metadata(folder).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.stack()), 0o711, "others can pass, and see nothing");
        assert_eq!((mode(&home.logs()), mode(&home.file("dms.json"))), (0o700, 0o600));
    }

    #[test]
    fn a_stack_belongs_to_one_user_and_root() {
        let folder = tempfile::tempdir().unwrap();
        let owner = std::fs::metadata(folder.path()).unwrap().uid();
        let of = |user| owned_by_other(folder.path(), user);
        assert_eq!([of(owner), of(0), of(owner + 1)], [None, None, Some(owner)]);
        assert_eq!(owned_by_other(&folder.path().join("none"), owner + 1), None, "no stack yet");
    }

    #[test]
    fn links_and_folders_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "reason").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_of_other(&file).as_deref(), Some("reason"));
        assert_eq!(read_of_other(&link), None);
        assert_eq!(read_of_other(folder.path()), None);
    }

    #[test]
    fn a_file_is_replaced_atomically() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write_atomically(&path, b"a").unwrap();
        write_atomically(&path, b"b").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"b");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
