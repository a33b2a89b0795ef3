//! Finds `outboxctl.toml`: in the working directory, or in a folder above it.
//!
//! The file chooses the account, opens APIs and databases, and names the targets of commands. The search therefore
//! accepts only files that no user other than the caller and root can have written (`trust.rs`), and ends at the
//! repository's root or the home folder.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::file::{ConfigFile, FILE_NAME};
use super::trust::{Reader, Untrusted};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;

/// The variable with the path of the file, instead of a search; that file is trusted.
const VARIABLE: &str = "OUTBOXCTL_CONFIG";
/// Maximum size of a configuration file in bytes. A file with every parameter set has about ten thousand.
const MOST: u64 = 1 << 20;

/// The result of a look into one folder.
enum Lookup {
    Nothing,
    /// The text, and whether errors may quote it.
    Found(String, bool),
    /// There may be a file: its folder can't be searched.
    Unknown(std::io::Error),
    /// The file exists and can't be read as text.
    Unreadable(std::io::Error),
    Refused(Untrusted),
}

impl ConfigFile {
    /// Reads the file that OUTBOXCTL_CONFIG names, else the nearest at or above `start`; defaults where there is none.
    ///
    /// A file that can't be trusted or read is an error in `start` and in folders that only the user can write: without its
    /// choices, a command would work on another stage or account. In other folders it is skipped with a warning, and so is
    /// a folder that can't be searched.
    ///
    /// # Errors
    /// `Config` for a file that is not valid, with the line, or that can't be trusted or read.
    pub fn find(start: &Path) -> Result<Self> {
        if let Some(path) = environment::path(VARIABLE) {
            return named(&path);
        }
        let reader = Reader::current();
        let mut warnings = Vec::new();
        let home = environment::path("HOME").and_then(|home| home.canonicalize().ok());
        for folder in searched(start, home.as_deref()) {
            let path = folder.join(FILE_NAME);
            let (problem, remedy) = match lookup(&path, &reader) {
                Lookup::Nothing => continue,
                Lookup::Found(text, own) => {
                    return Ok(Self { path: Some(path.clone()), warnings, ..parsed(&text, &path, own)? });
                }
                Lookup::Unknown(error) => {
                    warnings.push(format!("{} can't be read and is not used: {error}", path.display()));
                    continue;
                }
                Lookup::Unreadable(error) => {
                    let remedy = format!("correct or remove it, or set {VARIABLE} to another file");
                    (format!("can't be read and is not used: {error}"), remedy)
                }
                Lookup::Refused(refused) => {
                    let Untrusted { reason, remedy } = refused;
                    let remedy = format!("{remedy}; or set {VARIABLE}={} to trust it as it is", path.display());
                    (format!("is not used: {reason}"), remedy)
                }
            };
            let message = format!("{} {problem}", path.display());
            if folder != start && reader.folder(folder).is_err() {
                warnings.push(message);
                continue;
            }
            return Err(Error::new(Kind::Config, message).hint(remedy));
        }
        Ok(Self { warnings, ..Self::default() })
    }
}

/// Reads a file that the user named: with any owner, but only a regular file.
fn named(path: &Path) -> Result<ConfigFile> {
    let failed = || format!("{VARIABLE}={}: the file can't be read", path.display());
    let meta = std::fs::metadata(path).or_fail(Kind::Config, failed)?;
    if !meta.is_file() {
        return Err(Error::new(Kind::Config, format!("{VARIABLE}={}: not a regular file", path.display())));
    }
    let text = read(path).or_fail(Kind::Config, failed)?;
    let own = std::fs::symlink_metadata(path).is_ok_and(|link| Reader::current().may_quote(&link));
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(ConfigFile { path: Some(path.clone()), ..parsed(&text, &path, own)? })
}

fn parsed(text: &str, path: &Path, own: bool) -> Result<ConfigFile> {
    if own { ConfigFile::parse(text, path) } else { ConfigFile::parse_foreign(text, path) }
}

/// Returns the folders to search: `start` and those above, up to the root of its repository or home.
fn searched<'a>(start: &'a Path, home: Option<&Path>) -> Vec<&'a Path> {
    let mut folders = Vec::new();
    for folder in start.ancestors() {
        folders.push(folder);
        let repository = std::fs::symlink_metadata(folder.join(".git")).is_ok();
        if repository || home == Some(folder) {
            break;
        }
    }
    folders
}

/// Looks into a folder, and opens regular files only: opening a FIFO waits for a writer.
fn lookup(path: &Path, reader: &Reader) -> Lookup {
    let link = match std::fs::symlink_metadata(path) {
        Ok(link) => link,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Lookup::Nothing,
        Err(error) => return Lookup::Unknown(error),
    };
    match trusted(path, &link, reader) {
        Ok(Ok(real)) => match read(&real) {
            Ok(text) => Lookup::Found(text, reader.may_quote(&link)),
            Err(error) => Lookup::Unreadable(error),
        },
        Ok(Err(refused)) => Lookup::Refused(refused),
        Err(error) => Lookup::Unreadable(error),
    }
}

/// Returns the file's path if the file, its folder and a link to it can all be trusted.
fn trusted(path: &Path, link: &Metadata, reader: &Reader) -> std::io::Result<Result<PathBuf, Untrusted>> {
    let folder = |path: &Path| path.parent().map_or(Ok(()), |folder| reader.folder(folder));
    let judged = reader.owner(link).and_then(|()| folder(path));
    if let Err(refused) = judged {
        return Ok(Err(refused));
    }
    let real = path.canonicalize()?;
    let meta = std::fs::metadata(&real)?;
    Ok(reader.file(&meta).and_then(|()| folder(&real)).map(|()| real))
}

fn read(path: &Path) -> std::io::Result<String> {
    // Prevents waiting if the file was replaced by a FIFO in the meantime.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file: File = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let mut text = String::new();
    file.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(std::io::Error::other(format!("it is larger than {MOST} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_at_the_repositorys_root_and_at_home() {
        let root = tempfile::tempdir().expect("a folder");
        let (repository, below) = (root.path().join("repository"), root.path().join("repository/a/b"));
        std::fs::create_dir_all(&below).expect("folders");
        assert!(searched(&below, None).contains(&Path::new("/")));
        std::fs::create_dir(repository.join(".git")).expect("a folder");
        assert_eq!(searched(&below, None).last(), Some(&repository.as_path()));
        let home = repository.join("a");
        assert_eq!(searched(&below, Some(&home)).last(), Some(&home.as_path()));
    }
}
