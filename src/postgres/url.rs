//! Connection strings as libpq reads them: URLs, and lists of `key=value` (PostgreSQL documentation, "Connection
//! Strings"). Pure.
//!
//! Errors name the option and never repeat a value: where the punctuation is wrong, any part can be a password.

use std::collections::BTreeMap;

use super::tls::Roots;
use super::{Secret, Target};
use crate::base::error::{Error, Kind, Result};
use crate::settings::{DATABASE_URL, DatabaseUrl, is_loopback_host};

/// Options with an effect.
const USED: &[&str] = &["host", "port", "user", "password", "dbname", "sslmode", "sslrootcert"];

/// Options without an effect: outboxctl sets them itself, or only ever writes through a primary server.
const IGNORED: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// Options that would change the session or the identity, and that are not supported.
const REFUSED: &[&str] =
    &["hostaddr", "krbsrvname", "options", "passfile", "replication", "service", "sslcert", "sslkey", "sslpassword"];

/// The reason why a connection string can't be used. It contains no value of it.
type Problem = String;

/// Reads a connection string. `roots` returns the certificate authorities where the string names none.
///
/// # Errors
/// `Usage` if it is malformed, or asks for an unencrypted connection to another machine; those of `roots`.
pub fn target(url: &DatabaseUrl, roots: impl FnOnce() -> Result<Roots>) -> Result<Target> {
    let refused = |problem: Problem| {
        Error::new(Kind::Usage, format!("{DATABASE_URL} can't be used: {problem}")).hint(
            "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or key=value pairs as for libpq; in a URL, \
             percent-encode special characters of the password",
        )
    };
    let text = url.expose().trim();
    let scheme = ["postgresql://", "postgres://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let options = match scheme {
        Some(rest) => of_url(rest),
        None => of_pairs(text),
    };
    let options = options.and_then(checked).map_err(refused)?;
    let get = |name: &str| options.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let missing = |name: &str| refused(format!("it has no {name}"));
    let host = get("host").ok_or_else(|| missing("host"))?;
    let user = get("user").ok_or_else(|| missing("user"))?;
    if [Some(host), get("port")].into_iter().flatten().any(|list| list.contains(',')) {
        return Err(refused("it names several hosts: name the one that takes writes".to_owned()));
    }
    let port = get("port").map_or(Ok(5432), str::parse).map_err(|_| refused("the port is not a number".to_owned()))?;
    let is_socket = host.starts_with('/');
    let encrypted = is_encrypted(get("sslmode"), is_socket || is_loopback_host(host)).map_err(refused)?;
    let roots = match get("sslrootcert") {
        _ if !encrypted || is_socket => Roots::NoTls,
        Some(file) => Roots::named(file),
        None => roots()?,
    };
    Ok(Target {
        host: host.to_owned(),
        port,
        database: get("dbname").unwrap_or(user).to_owned(),
        user: user.to_owned(),
        password: Secret::new(get("password").unwrap_or_default()),
        roots,
    })
}

/// Returns whether a mode requires TLS, which always verifies the server: the weaker modes of libpq give no protection
/// from a forged server.
fn is_encrypted(mode: Option<&str>, here: bool) -> Result<bool, Problem> {
    match mode {
        None | Some("allow" | "prefer" | "require" | "verify-ca" | "verify-full") => Ok(true),
        Some("disable") if here => Ok(false),
        Some("disable") => {
            Err("sslmode=disable would send the password and every row unencrypted to another machine; it is accepted \
                 only for a server on this machine"
                .to_owned())
        }
        Some(_) => {
            Err("its sslmode is not one of disable, allow, prefer, require, verify-ca and verify-full".to_owned())
        }
    }
}

/// Checks that every option is known and supported.
fn checked(options: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    for name in options.keys().map(String::as_str) {
        if REFUSED.contains(&name) {
            return Err(format!("the option {name} is not supported"));
        }
        // An unknown name may be a part of a password.
        if !USED.contains(&name) && !IGNORED.contains(&name) {
            return Err("it has an unknown option".to_owned());
        }
    }
    Ok(options)
}

/// Reads a URL after its scheme: `[user[:password]@][host][:port][/database][?option=value&…]`.
fn of_url(rest: &str) -> Result<BTreeMap<String, String>, Problem> {
    let unencoded = || "special characters of its user or password are not percent-encoded".to_owned();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    if authority.matches('@').count() > 1 || database.contains(['@', '/']) || query.contains('@') {
        return Err(unencoded());
    }
    let (login, server) = authority.split_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address, port.strip_prefix(':').unwrap_or(port)),
        None => server.split_once(':').unwrap_or((server, "")),
    };
    let mut options = BTreeMap::new();
    for (name, value) in [("user", user), ("password", password), ("host", host), ("port", port), ("dbname", database)]
    {
        if !value.is_empty() {
            options.insert(name.to_owned(), decoded(value)?);
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| "an option of it has no value".to_owned())?;
        options.insert(decoded(name)?, decoded(value)?);
    }
    Ok(options)
}

/// Decodes `%20` and the like.
fn decoded(text: &str) -> Result<String, Problem> {
    let invalid = || "a % in it is not followed by two hexadecimal digits".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(invalid)?;
        let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        bytes.push(digits.and_then(|text| u8::from_str_radix(text, 16).ok()).ok_or_else(invalid)?);
        rest = after;
    }
    let text = String::from_utf8(bytes).map_err(|_| "a percent-encoded part of it is not UTF-8".to_owned())?;
    if text.contains('\0') { Err("it contains a zero byte".to_owned()) } else { Ok(text) }
}

/// Reads `key=value` pairs. A value with spaces is in single quotes; a backslash escapes a quote and a backslash.
fn of_pairs(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut options = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let no_value = || "it is neither a URL nor a list of key=value".to_owned();
        let (name, after) = rest.split_once('=').ok_or_else(no_value)?;
        let name = name.trim_end();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(no_value());
        }
        let (value, after) = value(after.trim_start())?;
        options.insert(name.to_owned(), value);
        rest = after.trim_start();
    }
    Ok(options)
}

/// Returns the value at the start of a text, and the text after it.
fn value(text: &str) -> Result<(String, &str), Problem> {
    let quoted = text.starts_with('\'');
    let mut found = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' => found.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((found, &text[at + 1..])),
            next if !quoted && next.is_whitespace() => return Ok((found, &text[at..])),
            next => found.push(next),
        }
    }
    if quoted { Err("a quoted value in it does not end".to_owned()) } else { Ok((found, "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Target> {
        target(&DatabaseUrl::from(text), || Ok(Roots::Rds))
    }

    #[test]
    fn urls_and_pairs_name_the_same_database() {
        for text in [
            "postgresql://owner:s3cr3t%40%2F@db.example.com:5433/shop",
            "postgres://owner:s3cr3t%40%2F@db.example.com:5433/shop?sslmode=require&application_name=x",
            "postgresql://db.example.com/shop?user=owner&password=s3cr3t%40%2F&port=5433",
            "host=db.example.com port=5433 user=owner password=s3cr3t@/ dbname=shop",
            " host = db.example.com port= 5433 user='owner' password='s3cr3t@/' dbname=shop connect_timeout=3 ",
        ] {
            let target = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(target.describe(), "owner@db.example.com:5433/shop", "{text}");
            assert_eq!((target.password.expose(), &target.roots), ("s3cr3t@/", &Roots::Rds), "{text}");
        }
        let quoted = read(r"host=h user=u password='it\'s a \\ b'").expect("valid");
        assert_eq!((quoted.password.expose(), quoted.describe().as_str()), (r"it's a \ b", "u@h:5432/u"));
        assert_eq!(read("postgresql://u@[::1]:1/d?sslmode=disable").expect("valid").host, "::1");
    }

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        for text in [
            "postgresql://u@localhost/d?sslmode=disable",
            "host=127.0.0.1 user=u sslmode=disable",
            "host=/run/pg user=u",
        ] {
            assert_eq!(read(text).expect(text).roots, Roots::NoTls, "{text}");
        }
        for mode in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
            assert_eq!(read(&format!("host=localhost user=u sslmode={mode}")).expect(mode).roots, Roots::Rds, "{mode}");
        }
        assert_eq!(read("postgresql://u@localhost/d").expect("valid").roots, Roots::Rds);
        let refused = read("postgresql://u:s3cr3t@db.example.com/d?sslmode=disable").expect_err("another machine");
        assert!(refused.message().contains("unencrypted"), "{refused}");
        let file = read("host=h user=u sslrootcert=/etc/ca.pem").expect("valid");
        assert_eq!(file.roots, Roots::File("/etc/ca.pem".into()));
        assert_eq!(read("host=h user=u sslrootcert=system").expect("valid").roots, Roots::System);
    }

    #[test]
    fn several_hosts_are_named_as_the_reason() {
        for text in [
            "postgresql://u@a,b/d",
            "postgresql://u@a:1,b:2/d",
            "postgresql://u@[::1]:1,[::2]:2/d",
            "postgresql://u@a/d?host=a,b&port=1,2",
            "host=a,b port=1,2 user=u",
        ] {
            let error = read(text).map(|target| target.describe()).expect_err(text);
            assert!(error.message().contains("several hosts"), "{text}: {error}");
        }
    }

    #[test]
    fn no_part_of_a_malformed_string_is_repeated() {
        for text in [
            "postgresql://owner:hunter@2@host/db",
            "postgresql://owner:hunter/2@host/db",
            "postgresql://owner:12/hunter@host/db",
            "postgresql://owner:x?hunter@host/db",
            "postgresql://owner:x?hunter=2@host/db",
            "postgresql://owner:hunter%zz@host/db",
            "postgresql://owner:hunter%f",
            "postgresql://owner:%68unter%ff@host/db",
            "postgresql://owner:hunter@host:hunter/db",
            "postgresql://owner:hunter@a,b/db",
            "postgresql://:hunter@host/db",
            "postgresql://owner:hunter@/db",
            "postgresql://owner:x@host/db?hunter=2",
            "postgresql://owner:x@host/db?sslmode=hunter",
            "postgresql://owner:x@host/db?options=hunter",
            "host=h user=u password=x hunter",
            "host=h user=u password=x hunter=2",
            "host=h user=u password='hunter",
            "mysql://owner:hunter@host/db",
            "hunter",
        ] {
            let error = read(text).map(|target| target.describe()).expect_err(text);
            assert_eq!(error.kind(), Kind::Usage, "{text}");
            assert!(!format!("{error:?}").contains("hunter") && !format!("{error}").contains("hunter"), "{error:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_password_survives_both_forms(password in "[^\0]{1,20}") {
            let encoded: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let url = read(&format!("postgresql://u:{encoded}@h/d")).expect("a URL");
            proptest::prop_assert_eq!(url.password.expose(), &password);
            let escaped = password.replace('\\', "\\\\").replace('\'', "\\'");
            let pairs = read(&format!("host=h user=u password='{escaped}'")).expect("pairs");
            proptest::prop_assert_eq!(pairs.password.expose(), &password);
        }

        #[test]
        fn no_text_fails_to_be_judged(text in ".{0,60}") {
            let _ = read(&text);
        }
    }
}
