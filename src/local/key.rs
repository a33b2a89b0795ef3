//! The stack's access key: created once per folder, so that copies in other tools stay valid when the stack restarts.

use super::home::{Home, read_json, write_json};
use crate::aws::AccessKey;
use crate::base::error::Result;
use crate::listener;

/// Returns the key of the stack's folder; creates it if it is missing.
///
/// # Errors
/// `Io` if it can't be written.
pub fn ensure(home: &Home) -> Result<AccessKey> {
    let file = home.file("key.json");
    if let Some(key) = read_json(&file) {
        return Ok(key);
    }
    let key = make()?;
    write_json(&file, &key)?;
    Ok(key)
}

/// Returns a key id of 20 characters, as AWS's ids have, with a prefix that AWS does not use. Not 12 digits, which the
/// emulator would take for an account id.
fn make() -> Result<AccessKey> {
    let id = listener::random::<8>()?[..15].to_ascii_uppercase();
    Ok(AccessKey::new(format!("LOCAL{id}"), listener::random::<20>()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_of_a_folder_is_stable() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (Home::at(folder.path(), "one"), Home::at(folder.path(), "other"));
        one.create().unwrap();
        other.create().unwrap();
        let key = ensure(&one).unwrap();
        assert_eq!((key.id.len(), key.secret.len()), (20, 40));
        assert_eq!(ensure(&one).unwrap(), key);
        assert_ne!(ensure(&other).unwrap(), key);
        assert_eq!(std::fs::metadata(one.file("key.json")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
