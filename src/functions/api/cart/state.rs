//! A cart and its operations. Pure.

use serde_json::{Value, json};

use crate::aws::dynamodb::attributes::{Item, item, number, number_of, text, text_of};
use crate::functions::api::lines::{self, Lines, MAX_LINES, MAX_QUANTITY};
use crate::functions::api::problem::{FieldError, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Open,
    CheckedOut,
}

/// `version` counts the changes from 1, and is the sequence of the change's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: String,
    pub version: i64,
    pub status: Status,
    pub customer_id: String,
    pub currency: String,
    pub lines: Lines,
}

/// The type and the data of a change's event.
pub type EventData = (&'static str, Value);

impl Cart {
    pub fn create(id: String, customer_id: String, currency: String) -> (Self, EventData) {
        let cart = Self { id, version: 1, status: Status::Open, customer_id, currency, lines: Lines::new() };
        let event = ("CartCreated", cart.data(&Lines::new()));
        (cart, event)
    }

    /// # Errors
    /// The cart is checked out, or a line conflicts with the lines in the cart.
    pub fn add(mut self, more: &Lines) -> Result<(Self, EventData), Problem> {
        self.must_be_open("nothing can be added to it")?;
        let mut errors = Vec::new();
        for (sku, line) in more {
            let mine = self.lines.entry(sku.clone()).or_insert(lines::Line { quantity: 0, ..*line });
            if mine.unit_price != line.unit_price {
                let detail = format!("{sku} has the unit price {} in this cart", mine.unit_price);
                errors.push(FieldError::new("", "items", detail));
            }
            mine.quantity += line.quantity;
            if mine.quantity > MAX_QUANTITY {
                errors.push(FieldError::new("", "items", format!("the quantity of {sku} would exceed {MAX_QUANTITY}")));
            }
        }
        if self.lines.len() > MAX_LINES {
            errors.push(FieldError::new("", "items", format!("would exceed the maximum of {MAX_LINES} lines")));
        }
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        self.version += 1;
        let event = ("ItemsAddedToCart", self.data(more));
        Ok((self, event))
    }

    /// # Errors
    /// The cart is checked out, or empty.
    pub fn check_out(mut self) -> Result<(Self, EventData), Problem> {
        self.must_be_open("it can't be checked out again")?;
        if self.lines.is_empty() {
            return Err(Problem::conflict("the cart is empty: there is nothing to check out"));
        }
        self.version += 1;
        self.status = Status::CheckedOut;
        let event = ("CartCheckedOut", self.data(&Lines::new()));
        Ok((self, event))
    }

    fn must_be_open(&self, otherwise: &str) -> Result<(), Problem> {
        match self.status {
            Status::Open => Ok(()),
            Status::CheckedOut => Err(Problem::conflict(format!("the cart is checked out: {otherwise}"))),
        }
    }

    /// Returns the event's data: the change and the new state, so that a consumer needs neither history nor a query.
    fn data(&self, delta: &Lines) -> Value {
        json!({
            "id": self.id, "customerId": self.customer_id, "currency": self.currency, "status": self.status.name(),
            "delta": lines::summary(delta), "total": lines::summary(&self.lines),
        })
    }

    /// Returns the cart as the API shows it.
    pub fn view(&self) -> Value {
        json!({
            "id": self.id, "version": self.version, "status": self.status.name(), "customerId": self.customer_id,
            "currency": self.currency, "total": lines::summary(&self.lines),
        })
    }

    pub fn to_item(&self) -> Item {
        item([
            ("id", text(&self.id)),
            ("version", number(self.version)),
            ("status", text(self.status.name())),
            ("customer_id", text(&self.customer_id)),
            ("currency", text(&self.currency)),
            ("items", lines::to_attribute(&self.lines)),
        ])
    }

    /// Reads an item; `None` if [`Self::to_item`] did not write it.
    pub fn from_item(item: &Item) -> Option<Self> {
        Some(Self {
            id: text_of(item, "id")?,
            version: number_of(item, "version")?,
            status: Status::from_name(&text_of(item, "status")?)?,
            customer_id: text_of(item, "customer_id")?,
            currency: text_of(item, "currency")?,
            lines: lines::from_attribute(item.get("items")?)?,
        })
    }
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::CheckedOut => "checkedOut",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::CheckedOut].into_iter().find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::functions::api::lines::Line;

    fn lines(of: &[(&str, i64, i64)]) -> Lines {
        of.iter().map(|&(sku, quantity, unit_price)| (sku.to_owned(), Line { quantity, unit_price })).collect()
    }

    fn cart() -> Cart {
        Cart::create("c".into(), "u".into(), "EUR".into()).0
    }

    #[test]
    fn quantities_are_added() {
        let (cart, _) = cart().add(&lines(&[("a", 2, 100)])).unwrap();
        let (cart, (kind, data)) = cart.add(&lines(&[("a", 1, 100), ("b", 1, 50)])).unwrap();
        assert_eq!((kind, cart.version), ("ItemsAddedToCart", 3));
        assert_eq!((&data["delta"]["quantity"], &data["delta"]["amount"]), (&2.into(), &150.into()));
        assert_eq!((&data["total"]["quantity"], &data["total"]["amount"]), (&4.into(), &350.into()));
        assert_eq!(Cart::from_item(&cart.to_item()), Some(cart));
    }

    #[test]
    fn a_checked_out_cart_can_not_change() {
        let (cart, _) = cart().add(&lines(&[("a", 1, 1)])).unwrap();
        let (cart, _) = cart.check_out().unwrap();
        for refused in [cart.clone().check_out(), cart.add(&lines(&[("a", 1, 1)]))] {
            let problem = refused.unwrap_err();
            assert_eq!(problem.status, StatusCode::CONFLICT);
            assert!(problem.detail.contains("checked out"), "{}", problem.detail);
        }
    }

    #[test]
    fn conflicting_lines_are_rejected() {
        assert_eq!(cart().check_out().unwrap_err().status, StatusCode::CONFLICT);
        let (full, _) = cart().add(&lines(&[("a", MAX_QUANTITY, 1)])).unwrap();
        let pointers = |problem: Problem| problem.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>();
        assert_eq!(pointers(full.clone().add(&lines(&[("a", 1, 1)])).unwrap_err()), ["#/items"]);
        assert_eq!(pointers(full.add(&lines(&[("a", 1, 2)])).unwrap_err()), ["#/items", "#/items"]);
    }
}
