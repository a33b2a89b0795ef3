//! The password file of libpq (PostgreSQL documentation, "The Password File"): lines of
//! `host:port:database:user:password`.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Secret;
use super::Target;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::environment;

/// The variable with the path of the file.
pub const VARIABLE: &str = "PGPASSFILE";
/// The file in the home folder without the variable.
const DEFAULT: &str = ".pgpass";
/// The folders of sockets for which the file names `localhost`: the defaults of PostgreSQL and of Debian's packages.
const DEFAULT_SOCKETS: &[&str] = &["/tmp", "/var/run/postgresql", "/run/postgresql"];

/// Returns the target with the password of the file, unless it has one; without a matching line it stays without.
///
/// # Errors
/// `Usage` if the file of PGPASSFILE can't be read, or other users can access a file: libpq does not use that one.
pub fn complete(target: Target) -> Result<Target> {
    if !target.password.expose().is_empty() {
        return Ok(target);
    }
    let Some(text) = text()? else { return Ok(target) };
    let password = text.lines().find_map(|line| of_line(line, &target));
    Ok(Target { password: password.map_or_else(|| target.password.clone(), Secret::new), ..target })
}

/// Returns the content of the file; `None` if there is none.
fn text() -> Result<Option<String>> {
    let named = environment::path(VARIABLE);
    let is_named = named.is_some();
    let Some(path) = named.or_else(|| Some(environment::path("HOME")?.join(DEFAULT))) else { return Ok(None) };
    let failed = || format!("the password file {} can't be read", path.display());
    let meta = match std::fs::metadata(&path) {
        Err(error) if !is_named && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        meta => meta.or_fail(Kind::Usage, failed)?,
    };
    checked(&path, &meta)?;
    std::fs::read_to_string(&path).map(Some).or_fail(Kind::Usage, failed)
}

/// Checks that it is a regular file that only its owner can access.
fn checked(path: &Path, meta: &Metadata) -> Result<()> {
    let refused = |reason: &str| Error::new(Kind::Usage, format!("the password file {} {reason}", path.display()));
    if !meta.is_file() {
        return Err(refused("is not a regular file").hint(format!("set {VARIABLE} to another file")));
    }
    match meta.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(refused("can be accessed by other users").hint(format!("chmod 600 {}", path.display()))),
    }
}

/// Returns the password of a line that is for the target.
fn of_line(line: &str, target: &Target) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let fields = fields(line);
    let [host, port, database, user, password, ..] = fields.as_slice() else { return None };
    let at = if DEFAULT_SOCKETS.contains(&target.host.as_str()) { "localhost" } else { &target.host };
    let here = [(host, at), (port, &*target.port.to_string()), (database, &target.database), (user, &target.user)];
    let matches = here.iter().all(|(field, value)| field.is_any || field.text == *value);
    (matches && !password.text.is_empty()).then(|| password.text.clone())
}

/// A field of a line.
#[derive(Debug, Default)]
struct Field {
    text: String,
    /// An asterisk without escape, for every value.
    is_any: bool,
}

/// Splits a line at its colons; a backslash escapes a colon and a backslash.
fn fields(line: &str) -> Vec<Field> {
    let (mut fields, mut field, mut start) = (Vec::new(), Field::default(), 0);
    let mut chars = line.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' => field.text.extend(chars.next().map(|(_, escaped)| escaped)),
            ':' => {
                field.is_any = &line[start..at] == "*";
                fields.push(std::mem::take(&mut field));
                start = at + 1;
            }
            next => field.text.push(next),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tls::Roots;

    fn found(line: &str, host: &str) -> Option<String> {
        let target = Target {
            host: host.to_owned(),
            port: 5433,
            database: "shop".to_owned(),
            user: "own:er".to_owned(),
            password: Secret::new(""),
            roots: Roots::Rds,
        };
        of_line(line, &target)
    }

    #[test]
    fn a_line_matches_by_its_four_fields_and_any() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found(r"db.example.com:5433:shop:own\:er:s3cr3t", "db.example.com"), some("s3cr3t"));
        assert_eq!(found(r"*:*:*:*:a\:b\\c d", "db.example.com"), some(r"a:b\c d"));
        assert_eq!(found(r"*:*:*:*:s3cr3t:more", "h"), some("s3cr3t"), "a colon ends the password");
        assert_eq!(found(r"localhost:*:*:*:s3cr3t", "/var/run/postgresql"), some("s3cr3t"));
        for other in [
            "db:5433:shop:*:x",
            "*:5432:*:*:x",
            "*:*:other:*:x",
            "*:*:*:own:x",
            r"\*:*:*:*:x",
            "*:*:*:*:",
            "*:*:*:x",
            "",
            "#*:*:*:*:x",
        ] {
            assert_eq!(found(other, "db.example.com"), None, "{other}");
        }
    }
}
