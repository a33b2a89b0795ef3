//! Settings of the package index in pip's configuration files.
//!
//! A file may also make pip install elsewhere (`prefix`, `user`, `target`), or refuse to (`require-virtualenv`): those
//! are meant for other installations. So the files are read through pip itself, and only settings of the index are
//! kept.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Stdio;

use tokio::process::Command;

use crate::local::child_environment::{self, PIP_OPTIONS, pip_variable};

/// Returns the settings as variables of pip, without those that the environment already sets.
pub async fn of_files(pip: &[OsString]) -> Vec<(String, String)> {
    let mut command = Command::new(&pip[0]);
    child_environment::for_installer(command.as_std_mut());
    command.args(&pip[1..]).args(["config", "list"]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    // Without an answer, no settings are kept.
    let Ok(output) = command.output().await else { return Vec::new() };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    parse(&listed).into_iter().filter(|(name, _)| crate::settings::environment::raw(name).is_none()).collect()
}

/// Reads lines like `global.index-url='https://example/simple'`. Settings of `install` take precedence over `global`.
fn parse(listed: &str) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for section in ["global", "install"] {
        for line in listed.lines() {
            let Some((option, value)) = line
                .strip_prefix(section)
                .and_then(|rest| rest.strip_prefix('.'))
                .and_then(|rest| rest.split_once('='))
            else {
                continue;
            };
            let option = option.replace('_', "-");
            if PIP_OPTIONS.contains(&option.as_str()) {
                settings.insert(pip_variable(&option), parse_repr(value));
            }
        }
    }
    settings
}

/// Reads Python's `repr` of a text. Multiple values are on separate lines; a variable separates them by spaces.
fn parse_repr(value: &str) -> String {
    let inner = value.trim().trim_matches(['\'', '"']);
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n') => text.push(' '),
                Some(other) => text.push(other),
                None => {}
            },
            c => text.push(c),
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_of_the_index_are_kept() {
        let listed = "global.require-virtualenv='true'\nglobal.index-url='https://a/simple'\ninstall.prefix='/x'\n\
                      install.index-url='https://b/simple'\n:env:.cert='/c.pem'\nglobal.cert=\"/it's.pem\"\n\
                      global.extra-index-url='\\nhttps://c\\nhttps://d'\n";
        let settings = parse(listed);
        let expected = [
            ("PIP_CERT", "/it's.pem"),
            ("PIP_EXTRA_INDEX_URL", "https://c https://d"),
            ("PIP_INDEX_URL", "https://b/simple"),
        ];
        assert_eq!(settings.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
    }
}
