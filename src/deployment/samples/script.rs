//! Which requests make which events. Pure.

use http::Method;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};

/// The samples of the DynamoDB pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    Orders,
    Cart,
    Users,
}

/// An aggregate that the API made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    /// The sequence of its last event.
    pub version: i64,
    /// The Idempotency-Key that made it.
    pub key: String,
}

/// A request, and the event it stands for.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub event_type: &'static str,
    pub sequence: i64,
}

impl Sample {
    /// # Errors
    /// `Unexpected`: this version knows no such sample.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "orders" => Ok(Self::Orders),
            "cart" => Ok(Self::Cart),
            "users" => Ok(Self::Users),
            _ => Err(Error::new(Kind::Unexpected, format!("there is no sample {name:?}"))),
        }
    }

    /// The request that writes event `n`: the first of an aggregate where none is known, else the next one.
    pub fn call(self, n: u64, known: Option<&Known>) -> Call {
        let price = 100 + n % 900;
        let lines = json!([{ "sku": format!("sku-{}", n % 50), "quantity": 1 + n % 3, "unitPrice": price }]);
        let put = |path: String, body, event_type, known: &Known| Call {
            method: Method::PUT,
            path,
            body,
            event_type,
            sequence: known.version + 1,
        };
        let post = |path: &str, body, event_type| Call {
            method: Method::POST,
            path: path.into(),
            body,
            event_type,
            sequence: 1,
        };
        match (self, known) {
            // Every order is an aggregate of its own.
            (Self::Orders, _) => {
                let body = json!({ "customerId": format!("customer-{}", n % 7), "currency": "EUR", "items": lines });
                post("/orders", body, "OrderCreated")
            }
            (Self::Cart, None) => {
                let body = json!({ "customerId": format!("customer-{n}"), "currency": "EUR" });
                post("/cart", body, "CartCreated")
            }
            (Self::Cart, Some(cart)) => {
                // One price for each article, whatever cart it is in.
                let lines = json!([{ "sku": format!("sku-{}", n % 50), "quantity": 1, "unitPrice": 100 + n % 50 }]);
                put(format!("/cart/{}/add-items", cart.id), json!({ "items": lines }), "ItemsAddedToCart", cart)
            }
            (Self::Users, user) => {
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

    /// A request that must be refused after it has begun, because what it is made for is not so: the idempotency key of
    /// another order, or a version that the aggregate is not at.
    pub fn refused_call(self, n: u64, known: &Known) -> Call {
        let mut call = self.call(n, Some(known));
        if self != Self::Orders {
            call.body["version"] = json!(known.version + 1_000);
        }
        call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_makes_the_aggregate_and_later_ones_change_it() {
        let known = Known { id: "i".into(), version: 4, key: "k".into() };
        for (sample, first, next) in [
            (Sample::Cart, ("/cart", "CartCreated"), ("/cart/i/add-items", "ItemsAddedToCart")),
            (Sample::Users, ("/users", "UserCreated"), ("/users/i", "UserUpdated")),
        ] {
            let call = sample.call(0, None);
            assert_eq!((call.path.as_str(), call.event_type, call.sequence), (first.0, first.1, 1));
            let call = sample.call(1, Some(&known));
            assert_eq!((call.path.as_str(), call.event_type, call.sequence), (next.0, next.1, 5));
            assert_eq!(sample.refused_call(1, &known).body["version"], 1_004);
        }
        assert_eq!(Sample::Orders.call(1, Some(&known)).sequence, 1);
    }
}
