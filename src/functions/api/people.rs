//! `POST /people`: a person and the `PersonCreated` event in one transaction.

use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fields::Fields;
use super::writer::Creation;

const MAX_NAME: usize = 200;
/// Maximum characters of an e-mail address (RFC 5321, section 4.5.3.1.3: a path of 256 with its angle brackets).
const MAX_EMAIL: usize = 254;

/// The body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    name: String,
    email: String,
}

impl Creation for NewPerson {
    const PATH: &'static str = "/people";
    const AGGREGATE_TYPE: &'static str = "person";
    const EVENT_TYPE: &'static str = "PersonCreated";
    const INSERT: &'static str = "INSERT INTO public.people (id, name, email) VALUES ($1, $2, $3)";

    fn read(fields: &mut Fields) -> Self {
        Self { name: fields.text("name", MAX_NAME), email: fields.email("email", MAX_EMAIL) }
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.name, &self.email]
    }

    fn payload(&self, id: Uuid) -> Value {
        json!({"id": id, "name": self.name, "email": self.email})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate_body(body: Value) -> Vec<String> {
        let Value::Object(body) = body else { panic!("an object") };
        let problem = NewPerson::validate(body).map(drop);
        problem.map_or_else(|p| p.errors.into_iter().map(|e| e.pointer).collect(), |()| Vec::new())
    }

    #[test]
    fn accepts_people_and_names_invalid_fields() {
        assert!(validate_body(json!({"name": "Zoë Ōno", "email": " zoë@example.org "})).is_empty());
        assert_eq!(validate_body(json!({"name": "x".repeat(201), "mail": "a@b"})), ["#/name", "#/email", "#/mail"]);
        for email in ["", "a", "@b", "a@", "a b@c", "a@b c", "@b@c", "a@b@c", "a@@b", &format!("{}@b", "x".repeat(253))]
        {
            assert_eq!(validate_body(json!({"name": "x", "email": email})), ["#/email"], "{email}");
        }
    }
}
