//! The environment of every process that the local stack starts: an allow list, not the shell's environment.
//!
//! A shell's variables for other programs (AWS profiles and endpoints, LocalStack's settings, PYTHON*, PG*, proxies,
//! tokens) would change the stack's behaviour, or reach a function that sends them elsewhere.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Variables that any program needs to find its files and to write text.
const BASIC: &[&str] =
    &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// Variables that the daemon reads.
const DAEMON: &[&str] = &[
    "OUTBOXCTL_API_RECORDS",
    "OUTBOXCTL_HOME",
    "OUTBOXCTL_LOCAL_DELIVERY",
    "OUTBOXCTL_LOCAL_NAME",
    "OUTBOXCTL_LOCAL_SEED",
    "OUTBOXCTL_LOCAL_SHARD_LIMITS",
    "OUTBOXCTL_POSTGRES_BIN",
    "OUTBOXCTL_PYTHON",
    "OUTBOXCTL_RIGHTS_RECORDS",
    "OUTBOX_LOG",
    "RUST_BACKTRACE",
    "XDG_DATA_HOME",
];

/// Variables for the package index and the way to it: the settings of pip and uv that concern the index, a proxy or
/// certificates (pip documentation, "Configuration" and the general options; uv documentation, "Environment
/// variables"). Their other settings concern other installations.
const INSTALLER: &[&str] = &[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "PIP_CONFIG_FILE",
];

/// The same options of pip, as its configuration files name them; each is also a variable, such as `PIP_INDEX_URL`.
pub const PIP_OPTIONS: &[&str] = &[
    "index-url",
    "extra-index-url",
    "no-index",
    "find-links",
    "trusted-host",
    "proxy",
    "cert",
    "client-cert",
    "timeout",
    "default-timeout",
    "retries",
    "keyring-provider",
    "use-feature",
];

/// AWS's configuration files are for other programs; functions and the daemon get all they need in variables.
pub const WITHOUT_AWS_FILES: [(&str, &str); 3] = [
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// Sets the environment that all children start from.
pub fn clean(command: &mut Command) -> &mut Command {
    filtered(command, is_kept)
}

/// Sets the environment of the daemon, with its own settings.
pub fn for_daemon(command: &mut Command) -> &mut Command {
    filtered(command, |name| is_kept(name) || DAEMON.iter().any(|own| name == *own)).envs(WITHOUT_AWS_FILES)
}

/// Sets the environment of pip and uv, with their settings for the package index.
pub fn for_installer(command: &mut Command) -> &mut Command {
    filtered(command, |name| is_kept(name) || INSTALLER.iter().any(|own| name == *own) || is_pip_option(name))
}

/// Returns the variable for an option of pip: `PIP_INDEX_URL` for `index-url`.
pub fn pip_variable(option: &str) -> String {
    format!("PIP_{}", option.to_uppercase().replace('-', "_"))
}

fn is_pip_option(name: &OsStr) -> bool {
    PIP_OPTIONS.iter().any(|option| name == pip_variable(option).as_str())
}

fn is_kept(name: &OsStr) -> bool {
    BASIC.iter().any(|kept| name == *kept) || name.as_encoded_bytes().starts_with(b"LC_")
}

fn filtered(command: &mut Command, keep: impl Fn(&OsStr) -> bool) -> &mut Command {
    command.env_clear().envs(kept(std::env::vars_os(), keep))
}

/// Returns the variables that are kept; an empty one counts as unset, as everywhere.
fn kept(
    all: impl Iterator<Item = (OsString, OsString)>,
    keep: impl Fn(&OsStr) -> bool,
) -> impl Iterator<Item = (OsString, OsString)> {
    all.filter(move |(name, value)| keep(name) && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_variables_are_kept() {
        let shell = [
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("LANG", ""),
            ("AWS_SESSION_TOKEN", "s"),
            ("GITHUB_TOKEN", "s"),
            ("PGSSLROOTCERT", "x"),
            ("PYTHONHOME", "/x"),
            ("PIP_PREFIX", "/x"),
            ("PIP_INDEX_URL", "https://index"),
            ("HTTPS_PROXY", "http://proxy"),
        ];
        let names = |keep: &dyn Fn(&OsStr) -> bool| -> Vec<String> {
            let all = shell.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
            kept(all, keep).map(|(name, _)| name.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&is_kept), ["PATH", "LC_ALL"]);
        assert_eq!(names(&|name| is_pip_option(name)), ["PIP_INDEX_URL"]);
    }

    #[test]
    fn options_of_pip_are_kept_as_variables() {
        assert_eq!(pip_variable("extra-index-url"), "PIP_EXTRA_INDEX_URL");
    }
}
