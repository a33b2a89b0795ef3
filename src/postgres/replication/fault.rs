//! Converts the server's ErrorResponse to our error, by SQLSTATE.

use crate::base::error::{Error, Kind};
use crate::postgres::pooler::Pooler;

/// The used fields of an ErrorResponse.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) detail: Option<String>,
    /// The function of the server that raised the error: never translated, unlike the message.
    pub(super) routine: String,
}

impl ServerError {
    /// Reads the body of an ErrorResponse; unreadable fields stay empty.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut error = Self::default();
        for field in body.split(|byte| *byte == 0) {
            let Some((kind, text)) = field.split_first() else { continue };
            let text = String::from_utf8_lossy(text).into_owned();
            match kind {
                b'C' => error.code = text,
                b'M' => error.message = text,
                b'D' => error.detail = Some(text),
                b'R' => error.routine = text,
                _ => {}
            }
        }
        error
    }

    /// Returns the error; `action` is the failed action: "user@host:port/db: start replication".
    pub(super) fn into_error(self, action: &str) -> Error {
        let detail = self.detail.map(|detail| format!("; {detail}")).unwrap_or_default();
        if let Some(pooler) = Pooler::of_error(&self.code, &self.message) {
            return pooler.error(&format!("{action}: {}", self.message));
        }
        let text = format!("{action}: {} ({}){detail}", self.message, self.code);
        let kind = match self.code.as_str() {
            "28P01" | "28000" => Kind::WrongSecret,
            "3D000" => Kind::UnknownDatabase,
            // object_in_use: another process reads the slot.
            "55006" => Kind::SlotTaken,
            // configuration_limit_exceeded: all slots or senders are in use.
            "53400" | "53300" => Kind::SlotTaken,
            // undefined_object: the slot (ReplicationSlotAcquire) or the publication (get_publication_oid; before
            // version 14 get_publication_by_name).
            "42704" if self.routine.to_ascii_lowercase().contains("publication") => Kind::MissingPublication,
            // admin_shutdown, crash_shutdown, cannot_connect_now: the server is stopping or starting.
            "57P01" | "57P02" | "57P03" => Kind::DatabaseUnreachable,
            // disk_full, out_of_memory, io_error: temporary without a change of the task. DMS calls errors of this kind
            // environmental, and retries (DMS user guide, "Error handling task settings", RecoverableErrorCount).
            "53100" | "53200" | "58030" => Kind::DatabaseUnreachable,
            _ => Kind::Failed,
        };
        Error::new(kind, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_kinds() {
        let error = ServerError::read(b"SERROR\0C55006\0Mslot \"s\" is active for PID 7\0\0").into_error("start");
        assert_eq!(error.kind(), Kind::SlotTaken);
        assert_eq!(error.message(), "start: slot \"s\" is active for PID 7 (55006)");
        let full = ServerError::read(b"SERROR\0C53100\0Mcould not write to file: No space left on device\0\0");
        assert_eq!(full.into_error("read").kind(), Kind::DatabaseUnreachable, "a full disk passes");
        // A server with lc_messages = 'de_DE.UTF-8'.
        let german = "SFEHLER\0VERROR\0C42704\0MPublikation \u{bb}p\u{ab} existiert nicht\0Rget_publication_oid\0\0";
        assert_eq!(ServerError::read(german.as_bytes()).into_error("start").kind(), Kind::MissingPublication);
        let slot =
            ServerError::read(b"C42704\0Mreplication slot \"publication\" does not exist\0RReplicationSlotAcquire\0\0");
        assert_eq!(slot.into_error("start").kind(), Kind::Failed);
        assert_eq!(ServerError::read(&[0xff, 0, 0, b'C']), ServerError::default());
    }
}
