//! Messages of PostgreSQL's protocol at the start of a connection (PostgreSQL documentation, "Message Formats").

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

pub const SSL_REQUEST: u32 = 80_877_103;
pub const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;
/// Maximum length of a first message in bytes, as in the server (MAX_STARTUP_PACKET_LENGTH).
const MAX_START: u32 = 10_000;
/// Maximum length of a password in bytes, as in the server (PG_MAX_AUTH_TOKEN_LENGTH).
const MAX_PASSWORD: u32 = 65_535;
/// Maximum length of a role's name in bytes; the server truncates longer ones (NAMEDATALEN - 1).
const MAX_NAME: usize = 63;
/// AuthenticationOk.
pub const OK: [u8; 9] = *b"R\0\0\0\x08\0\0\0\0";
/// AuthenticationCleartextPassword.
pub const ASK_PASSWORD: [u8; 9] = *b"R\0\0\0\x08\0\0\0\x03";
/// Terminate.
pub const TERMINATE: [u8; 5] = *b"X\0\0\0\x04";

/// The first message of a client on an encrypted connection.
pub enum Opening {
    /// StartupMessage.
    Start { user: String, database: String },
    /// CancelRequest.
    Cancel,
}

/// Reads the first message: its kind, and its bytes.
///
/// # Errors
/// `InvalidData` for anything else, or for messages that the server would read differently.
pub async fn opening(client: &mut (impl AsyncRead + Unpin)) -> io::Result<(Opening, Vec<u8>)> {
    let length = client.read_u32().await?;
    let code = client.read_u32().await?;
    if !(8..=MAX_START).contains(&length) {
        return Err(malformed("the first message has an impossible length"));
    }
    let mut bytes = [length.to_be_bytes(), code.to_be_bytes()].concat();
    bytes.resize(length as usize, 0);
    client.read_exact(&mut bytes[8..]).await?;
    let opening = match (code, code >> 16) {
        (CANCEL_REQUEST, _) => Opening::Cancel,
        (_, 3) => start(&bytes[8..])?,
        // In particular another request for encryption: the server would accept a second first message after it.
        _ => return Err(malformed("the first message is not a StartupMessage of protocol 3")),
    };
    Ok((opening, bytes))
}

fn start(parameters: &[u8]) -> io::Result<Opening> {
    let mut texts = parameters.split(|&byte| byte == 0);
    let (mut user, mut database) = (None, None);
    while let Some(name) = texts.next().filter(|name| !name.is_empty()) {
        let value = texts.next().ok_or_else(|| malformed("a parameter has no value"))?;
        let kept = match name {
            b"user" => &mut user,
            b"database" => &mut database,
            _ => continue,
        };
        let value = str::from_utf8(value).map_err(|_| malformed("a name is not UTF-8"))?;
        // The server takes the last one, and truncates long names.
        if kept.replace(value.to_owned()).is_some() || value.len() > MAX_NAME {
            return Err(malformed("a name is duplicated or too long"));
        }
    }
    let user = user.filter(|user| !user.is_empty()).ok_or_else(|| malformed("the user is missing"))?;
    Ok(Opening::Start { database: database.unwrap_or_else(|| user.clone()), user })
}

/// Reads the text of a PasswordMessage.
///
/// # Errors
/// `InvalidData` for another message.
pub async fn password(client: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let kind = client.read_u8().await?;
    let length = client.read_u32().await?;
    if kind != b'p' || !(5..=MAX_PASSWORD).contains(&length) {
        return Err(malformed("a password was expected"));
    }
    let mut text = vec![0; length as usize - 4];
    client.read_exact(&mut text).await?;
    let text = text.strip_suffix(&[0]).unwrap_or_default().to_vec();
    String::from_utf8(text).map_err(|_| malformed("the password is not UTF-8"))
}

/// Reads the server's first messages, up to the first about authentication: their bytes, and whether authentication is
/// done.
///
/// # Errors
/// The error of the connection.
pub async fn authentication(server: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    loop {
        let kind = server.read_u8().await?;
        let length = server.read_u32().await?;
        bytes.push(kind);
        bytes.extend(length.to_be_bytes());
        match (kind, length) {
            // NegotiateProtocolVersion.
            (b'v', 4..=MAX_START) => {
                let at = bytes.len();
                bytes.resize(at + length as usize - 4, 0);
                server.read_exact(&mut bytes[at..]).await?;
            }
            (b'R', 8) => {
                let code = server.read_u32().await?;
                bytes.extend(code.to_be_bytes());
                return Ok((bytes, code == 0));
            }
            _ => return Ok((bytes, false)),
        }
    }
}

/// Builds an ErrorResponse that ends a connection.
pub fn fatal(code: &str, message: &str) -> Vec<u8> {
    let mut fields = Vec::new();
    for (field, text) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', code), (b'M', message)] {
        fields.push(field);
        fields.extend_from_slice(text.as_bytes());
        fields.push(0);
    }
    fields.push(0);
    let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
    [&[b'E'][..], &length.to_be_bytes(), &fields].concat()
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(code: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &code.to_be_bytes(), body].concat()
    }

    async fn read(code: u32, body: &[u8]) -> Option<(String, String)> {
        let bytes = message(code, body);
        let (opening, seen) = opening(&mut &bytes[..]).await.ok()?;
        assert_eq!(seen, bytes);
        match opening {
            Opening::Start { user, database } => Some((user, database)),
            Opening::Cancel => Some(("cancel".into(), String::new())),
        }
    }

    #[tokio::test]
    async fn the_first_message_names_user_and_database() {
        let pair = |user: &str, database: &str| Some((user.to_owned(), database.to_owned()));
        assert_eq!(read(196_608, b"user\0u\0database\0d\0options\0-c x=y\0\0").await, pair("u", "d"));
        assert_eq!(read(196_610, b"user\0u\0\0").await, pair("u", "u"));
        assert_eq!(read(CANCEL_REQUEST, &[0; 8]).await, pair("cancel", ""));
        // Messages that the server could read as another user, or answer with a second start.
        for body in ["user\0u\0user\0postgres\0\0", "database\0d\0\0", "user\0\0\0", "user\0"] {
            assert_eq!(read(196_608, body.as_bytes()).await, None, "{body:?}");
        }
        assert_eq!(read(196_608, format!("user\0{}\0\0", "u".repeat(64)).as_bytes()).await, None);
        for code in [SSL_REQUEST, GSS_REQUEST, 131_072] {
            assert_eq!(read(code, b"user\0u\0\0").await, None);
        }
    }

    #[tokio::test]
    async fn password_length_is_limited() {
        let text = |bytes: &'static [u8]| async move { password(&mut &bytes[..]).await.ok() };
        assert_eq!(text(b"p\0\0\0\x07ab\0").await.as_deref(), Some("ab"));
        assert_eq!(text(b"p\0\0\0\x05\0").await.as_deref(), Some(""));
        assert_eq!(text(b"Q\0\0\0\x07ab\0").await, None);
        assert_eq!(text(b"p\0\x01\0\0ab\0").await, None);
    }

    #[tokio::test]
    async fn only_the_first_message_shows_that_no_password_is_needed() {
        let read = |bytes: &'static [u8]| async move { authentication(&mut &bytes[..]).await.unwrap() };
        assert_eq!(read(&OK).await, (OK.to_vec(), true));
        assert!(!read(b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0").await.1);
        assert!(!read(b"E\0\0\0\x08abcd").await.1);
        assert!(read(b"v\0\0\0\x0c\0\0\0\0\0\0\0\0R\0\0\0\x08\0\0\0\0").await.1);
    }

    #[test]
    fn an_error_is_one_message() {
        let message = fatal("28000", "no");
        assert_eq!(message[0], b'E');
        let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]);
        assert_eq!(length as usize, message.len() - 1);
        assert!(message.ends_with(&[0, 0]));
    }
}
