//! The requests that create the events. Pure.

use http::Method;
use serde_json::{Value, json};

use crate::pipelines::Sample;

/// An aggregate that the API created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    /// The sequence of its last event.
    pub version: i64,
    /// The Idempotency-Key that created it.
    pub key: String,
}

/// A request, and its event.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub event_type: &'static str,
    pub sequence: i64,
}

/// Returns the request that writes event `n`: the first of an aggregate if `known` is `None`, else the next one.
pub fn call(sample: Sample, n: u64, known: Option<&Known>) -> Call {
    let price = 100 + n % 900;
    let lines = json!([{ "sku": format!("sku-{}", n % 50), "quantity": 1 + n % 3, "unitPrice": price }]);
    let put = |path: String, body, event_type, known: &Known| Call {
        method: Method::PUT,
        path,
        body,
        event_type,
        sequence: known.version + 1,
    };
    let post =
        |path: &str, body, event_type| Call { method: Method::POST, path: path.into(), body, event_type, sequence: 1 };
    match (sample, known) {
        // Every order, car and person is a separate aggregate.
        (Sample::Orders, _) => {
            let body = json!({ "customerId": format!("customer-{}", n % 7), "currency": "EUR", "items": lines });
            post("/orders", body, "OrderCreated")
        }
        (Sample::Cars, _) => {
            post("/cars", json!({ "make": "Volvo", "model": "240", "year": 1990 + n % 30 }), "CarCreated")
        }
        (Sample::People, _) => {
            let body = json!({ "name": "Grace Hopper", "email": format!("grace.{n}@example.org") });
            post("/people", body, "PersonCreated")
        }
        (Sample::Carts, None) => {
            let body = json!({ "customerId": format!("customer-{n}"), "currency": "EUR" });
            post("/cart", body, "CartCreated")
        }
        (Sample::Carts, Some(cart)) => {
            // The price of an article is the same in every cart.
            let lines = json!([{ "sku": format!("sku-{}", n % 50), "quantity": 1, "unitPrice": 100 + n % 50 }]);
            put(format!("/cart/{}/add-items", cart.id), json!({ "items": lines }), "ItemsAddedToCart", cart)
        }
        (Sample::Users, user) => {
            let body = json!({
                "name": format!("Sample {n}"), "email": format!("sample-{n}@example.com"), "plan": format!("plan-{n}"),
            });
            match user {
                None => post("/users", body, "UserCreated"),
                Some(user) => put(format!("/users/{}", user.id), body, "UserUpdated", user),
            }
        }
    }
}

/// Returns a request that the API must refuse after it has started to process it: with the idempotency key of another
/// order, or a version that the aggregate does not have.
pub fn refused_call(sample: Sample, n: u64, known: &Known) -> Call {
    let mut call = call(sample, n, Some(known));
    if sample != Sample::Orders {
        call.body["version"] = json!(known.version + 1_000);
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_creates_the_aggregate_and_later_ones_change_it() {
        let known = Known { id: "i".into(), version: 4, key: "k".into() };
        for (sample, first, next) in [
            (Sample::Carts, ("/cart", "CartCreated"), ("/cart/i/add-items", "ItemsAddedToCart")),
            (Sample::Users, ("/users", "UserCreated"), ("/users/i", "UserUpdated")),
        ] {
            let made = call(sample, 0, None);
            assert_eq!((made.path.as_str(), made.event_type, made.sequence), (first.0, first.1, 1));
            let made = call(sample, 1, Some(&known));
            assert_eq!((made.path.as_str(), made.event_type, made.sequence), (next.0, next.1, 5));
            assert_eq!(refused_call(sample, 1, &known).body["version"], 1_004);
        }
        assert_eq!(call(Sample::Orders, 1, Some(&known)).sequence, 1);
    }
}
