//! Ids that are derived from content.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Returns an id (UUID version 8, RFC 9562 §5.8) that depends on `parts` alone: the same parts always result in the
/// same id.
pub fn derived_id(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        // The length distinguishes ("ab", "c") from ("a", "bc").
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::derived_id;

    #[test]
    fn ids_depend_on_every_part_and_its_position() {
        let id = derived_id(&["user", "1"]);
        assert_eq!(id, derived_id(&["user", "1"]));
        assert_eq!(id.get_version_num(), 8);
        for other in [&["user", "2"][..], &["user1"], &["use", "r1"], &["user", "1", ""], &["1", "user"]] {
            assert_ne!(id, derived_id(other));
        }
    }
}
