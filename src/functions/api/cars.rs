//! `POST /cars`: a car and its `CarCreated` event in one transaction.

use chrono::Datelike;
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fields::Fields;
use super::writer::Creation;

/// Year of the first automobile; the table's check has the same bounds.
const FIRST_YEAR: i32 = 1885;
const LAST_YEAR: i32 = 2100;
const MAX_NAME: usize = 100;

/// The body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCar {
    make: String,
    model: String,
    year: i32,
}

impl NewCar {
    /// Reads the fields. A model may be on sale the year before the one it is named after.
    fn read_in(fields: &mut Fields, this_year: i32) -> Self {
        Self {
            make: fields.text("make", MAX_NAME),
            model: fields.text("model", MAX_NAME),
            year: fields.integer("year", FIRST_YEAR..=LAST_YEAR.min(this_year + 1)),
        }
    }
}

impl Creation for NewCar {
    const PATH: &'static str = "/cars";
    const AGGREGATE_TYPE: &'static str = "car";
    const EVENT_TYPE: &'static str = "CarCreated";
    const INSERT: &'static str = "INSERT INTO public.cars (id, make, model, year) VALUES ($1, $2, $3, $4)";

    fn read(fields: &mut Fields) -> Self {
        Self::read_in(fields, chrono::Utc::now().year())
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.make, &self.model, &self.year]
    }

    fn payload(&self, id: Uuid) -> Value {
        json!({"id": id, "make": self.make, "model": self.model, "year": self.year})
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::StatusCode;

    use super::*;
    use crate::functions::api::problem::Problem;
    use crate::functions::api::request::{object, traceparent};

    fn request(edit: impl FnOnce(&mut Value)) -> ApiGatewayV2httpRequest {
        let mut event = json!({
            "version": "2.0", "routeKey": "POST /cars", "rawPath": "/cars", "rawQueryString": "",
            "headers": {"content-type": "application/json; charset=utf-8"},
            "requestContext": {"http": {"method": "POST", "path": "/cars"}},
            "body": r#"{"make":"Škoda","model":" Octavia 🚗 ","year":2024}"#, "isBase64Encoded": false,
        });
        edit(&mut event);
        serde_json::from_value(event).unwrap()
    }

    fn validate_body(edit: impl FnOnce(&mut Value)) -> Result<NewCar, Problem> {
        let mut fields = Fields::new(object(&request(edit), "/cars")?);
        let car = NewCar::read_in(&mut fields, 2026);
        fields.finish().map(|()| car)
    }

    #[test]
    fn accepts_a_car() {
        let car = NewCar { make: "Škoda".into(), model: "Octavia 🚗".into(), year: 2024 };
        assert_eq!(validate_body(|_| {}).unwrap(), car);
        assert_eq!(validate_body(|event| event["requestContext"]["http"]["path"] = "/dev/cars/".into()).unwrap(), car);
        let encoded = STANDARD.encode(r#"{"make":"Škoda","model":"Octavia 🚗","year":2024.0}"#);
        let judged = validate_body(|event| {
            event["body"] = encoded.into();
            event["isBase64Encoded"] = true.into();
        });
        assert_eq!(judged.unwrap(), car);
    }

    #[test]
    fn refuses_by_status() {
        let status = |edit: &dyn Fn(&mut Value)| validate_body(|event| edit(event)).unwrap_err().status.as_u16();
        assert_eq!(status(&|e| e["requestContext"]["http"]["path"] = "/trucks".into()), 404);
        assert_eq!(status(&|e| e["requestContext"]["http"]["method"] = "GET".into()), 405);
        assert_eq!(status(&|e| e["headers"] = json!({"content-type": "text/plain"})), 415);
        assert_eq!(status(&|e| e["headers"] = json!({})), 415);
        assert_eq!(status(&|e| e["body"] = format!("{{\"make\":\"{}\"}}", "x".repeat(140_000)).into()), 413);
        assert_eq!(status(&|e| e["isBase64Encoded"] = true.into()), 400);
        for body in ["", "  ", "nonsense", "[1]", "null", "{\"make\":", "{\"year\":1e999}"] {
            assert_eq!(status(&|e| e["body"] = body.into()), 400, "{body}");
        }
        assert_eq!(status(&|e| e["body"] = Value::Null), 400);
        let not_utf8 = |e: &mut Value| {
            e["body"] = STANDARD.encode(b"{\"make\":\"\xff\"}").into();
            e["isBase64Encoded"] = true.into();
        };
        assert_eq!(status(&not_utf8), 400);
    }

    #[test]
    fn names_every_invalid_field() {
        let problem =
            validate_body(|e| e["body"] = r#"{"make":"","model":7,"year":"2024","a/b":1}"#.into()).unwrap_err();
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["#/make", "#/model", "#/year", "#/a~1b"]);
    }

    #[test]
    fn numbers_and_text_at_their_limits() {
        let errors =
            |body: String| validate_body(|e| e["body"] = body.into()).map_or_else(|p| p.errors, |_| Vec::new());
        for year in ["1884", "2028", "2024.5", "-1", "9223372036854775808", "1e300", "true", "null", "\"2024\""] {
            assert_eq!(errors(format!(r#"{{"make":"a","model":"b","year":{year}}}"#)).len(), 1, "{year}");
        }
        for year in ["1885", "2027", "2.024e3"] {
            assert_eq!(errors(format!(r#"{{"make":"a","model":"b","year":{year}}}"#)), [], "{year}");
        }
        for (make, wrong) in [("ž".repeat(100), 0), ("ž".repeat(101), 1), ("\\u0000".into(), 1), ("a\\nb".into(), 1)]
        {
            assert_eq!(errors(format!(r#"{{"make":"{make}","model":"b","year":2024}}"#)).len(), wrong, "{make}");
        }
    }

    #[test]
    fn problems_follow_rfc_9457() {
        let response: ApiGatewayV2httpResponse = Problem::method_not_allowed("POST").into();
        assert_eq!(response.status_code, 405);
        assert_eq!(response.headers["content-type"], "application/problem+json");
        assert_eq!(response.headers["allow"], "POST");
        let Some(aws_lambda_events::encodings::Body::Text(body)) = response.body else { panic!("text") };
        let expected = json!({
            "type": "about:blank", "title": "Method Not Allowed", "status": 405,
            "detail": "only POST is allowed",
        });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    }

    #[test]
    fn carries_the_callers_trace() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let with = request(|e| e["headers"]["traceparent"] = trace.into());
        assert_eq!(traceparent(&with).as_str(), trace);
        let broken = request(|e| e["headers"]["traceparent"] = "00-xyz".into());
        assert_ne!(traceparent(&broken).as_str(), "00-xyz");
    }
}
