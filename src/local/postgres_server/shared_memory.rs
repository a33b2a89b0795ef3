//! PostgreSQL's dynamic shared memory: the choice of its implementation.
//!
//! Source: PostgreSQL documentation, "Resource Consumption", dynamic_shared_memory_type.

use std::path::Path;

/// PostgreSQL 15 makes a first segment of 1 MB, and more for parallel queries.
const NEEDED: u64 = 16 * 1024 * 1024;

/// Returns the setting's value: initdb's choice for this machine, or files in the data folder if /dev/shm has become
/// too small since.
pub fn choose(configuration: &Path) -> String {
    let text = std::fs::read_to_string(configuration).unwrap_or_default();
    let found = text.lines().find_map(|line| line.trim().strip_prefix("dynamic_shared_memory_type"));
    let found = found.and_then(|rest| rest.trim_start_matches([' ', '=', '\'']).split([' ', '\t', '\'', '#']).next());
    match found.filter(|value| !value.is_empty()).unwrap_or("posix") {
        "posix" if is_too_small() => "mmap".to_owned(),
        found => found.to_owned(),
    }
}

/// Returns whether /dev/shm, where Linux keeps POSIX shared memory, is too small for PostgreSQL.
pub fn is_too_small() -> bool {
    cfg!(target_os = "linux")
        && rustix::fs::statvfs("/dev/shm").map_or(true, |about| {
            about.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) || about.f_bavail * about.f_frsize < NEEDED
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_of_initdb_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postgresql.conf");
        std::fs::write(&file, "port = 1\ndynamic_shared_memory_type = sysv\t# the default\n").unwrap();
        assert_eq!(choose(&file), "sysv");
        std::fs::write(&file, "dynamic_shared_memory_type = 'mmap'\n").unwrap();
        assert_eq!(choose(&file), "mmap");
        assert!(["posix", "mmap"].contains(&choose(&folder.path().join("none")).as_str()));
    }
}
