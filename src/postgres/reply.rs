//! The reply of the admin function: a response, or an error with its kind and hints.

use serde::{Deserialize, Serialize};

use super::admin::AdminResponse;
use crate::base::error::{Error, Kind, Result};

/// The reply of the admin function: a failure is data too, so that its kind and hints reach the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdminReply {
    Ok(AdminResponse),
    Error(WireError),
}

/// An [`Error`] in serialised form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireError {
    /// The kind's stable name.
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub hints: Vec<String>,
    /// The kind's standing hint applies; always in replies of earlier versions.
    #[serde(default = "yes")]
    pub standing: bool,
}

fn yes() -> bool {
    true
}

impl From<Result<AdminResponse>> for AdminReply {
    fn from(result: Result<AdminResponse>) -> Self {
        match result {
            Ok(response) => Self::Ok(response),
            Err(error) => Self::Error(WireError::from(&error)),
        }
    }
}

impl From<AdminReply> for Result<AdminResponse> {
    fn from(reply: AdminReply) -> Self {
        match reply {
            AdminReply::Ok(response) => Ok(response),
            AdminReply::Error(error) => Err(error.into()),
        }
    }
}

impl From<&Error> for WireError {
    fn from(error: &Error) -> Self {
        let standing = error.kind().hint();
        // The chain of causes is not sent: it is appended to the message.
        let message = std::iter::once(error.message().to_owned()).chain(error.causes()).collect::<Vec<_>>().join(": ");
        Self {
            code: error.kind().name().to_owned(),
            message,
            // The general hint belongs to the kind; the receiver of the code adds it again.
            hints: error.hints().filter(|hint| Some(*hint) != standing).map(str::to_owned).collect(),
            standing: error.hints().any(|hint| Some(hint) == standing),
        }
    }
}

impl From<WireError> for Error {
    fn from(wire: WireError) -> Self {
        let kind = Kind::from_name(&wire.code).unwrap_or(Kind::Failed);
        let error = wire.hints.into_iter().fold(Self::new(kind, wire.message), Self::hint);
        if wire.standing { error } else { error.without_standing_hint() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_serialisation() {
        let sent = Error::new(Kind::Schema, "table outbox is missing").hint("look again");
        let reply = AdminReply::from(Err(sent));
        let text = serde_json::to_string(&reply).expect("JSON");
        let received = Result::from(serde_json::from_str::<AdminReply>(&text).expect("same")).expect_err("error");
        assert_eq!(received.kind(), Kind::Schema);
        assert_eq!(received.message(), "table outbox is missing");
        assert_eq!(received.hints().collect::<Vec<_>>(), ["look again", Kind::Schema.hint().expect("hint")]);
    }

    #[test]
    fn a_standing_hint_is_only_added_where_it_applies() {
        let sent = Error::new(Kind::DatabaseUnreachable, "too many connections").hint("close some");
        let reply = AdminReply::from(Err(sent.without_standing_hint()));
        let received = Result::from(reply).expect_err("error").standing_hint("check the security groups");
        assert_eq!(received.hints().collect::<Vec<_>>(), ["close some"]);
        let earlier = r#"{"error": {"code": "database-unreachable", "message": "no connection"}}"#;
        let received = Result::from(serde_json::from_str::<AdminReply>(earlier).expect("a reply")).expect_err("error");
        assert_eq!(received.hints().next(), Kind::DatabaseUnreachable.hint());
    }
}
