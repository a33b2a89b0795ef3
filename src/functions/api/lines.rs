//! Lines of goods in orders and carts. Prices are whole minor units (cents).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::fields::Fields;
use crate::aws::dynamodb::attributes::{item, number, number_of};

/// Maximum lines in one request, and in one cart.
pub const MAX_LINES: usize = 100;
/// Maximum pieces of one line.
pub const MAX_QUANTITY: i64 = 10_000;
const MAX_PRICE: i32 = 100_000_000;
const MAX_SKU: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub quantity: i64,
    pub unit_price: i64,
}

/// Lines by SKU.
pub type Lines = BTreeMap<String, Line>;

/// Reads the field `items`: 1 to 100 lines of different SKUs.
pub fn take(fields: &mut Fields) -> Lines {
    let mut lines = Lines::new();
    fields.list("items", 1..=MAX_LINES, |fields| {
        let sku = fields.text("sku", MAX_SKU);
        let quantity = fields.integer("quantity", 1..=i32::try_from(MAX_QUANTITY).unwrap_or(i32::MAX)).into();
        let unit_price = fields.integer("unitPrice", 0..=MAX_PRICE).into();
        if !sku.is_empty() && lines.insert(sku, Line { quantity, unit_price }).is_some() {
            fields.wrong("sku", "occurs more than once; add up its quantities");
        }
    });
    lines
}

/// Returns the number of pieces and their total price.
pub fn totals(lines: &Lines) -> (i64, i64) {
    lines
        .values()
        .fold((0, 0), |(pieces, amount), line| (pieces + line.quantity, amount + line.quantity * line.unit_price))
}

/// Returns `{"items": […], "quantity": …, "amount": …}`.
pub fn summary(lines: &Lines) -> Value {
    let (quantity, amount) = totals(lines);
    json!({ "items": to_json(lines), "quantity": quantity, "amount": amount })
}

pub fn to_json(lines: &Lines) -> Value {
    let line =
        |(sku, line): (&String, &Line)| json!({ "sku": sku, "quantity": line.quantity, "unitPrice": line.unit_price });
    lines.iter().map(line).collect()
}

pub fn to_attribute(lines: &Lines) -> AttributeValue {
    let line = |line: &Line| {
        AttributeValue::M(item([("quantity", number(line.quantity)), ("unit_price", number(line.unit_price))]))
    };
    AttributeValue::M(lines.iter().map(|(sku, each)| (sku.clone(), line(each))).collect())
}

/// Reads an attribute; `None` if [`to_attribute`] did not write it.
pub fn from_attribute(value: &AttributeValue) -> Option<Lines> {
    let line = |value: &AttributeValue| {
        let parts = value.as_m().ok()?;
        Some(Line { quantity: number_of(parts, "quantity")?, unit_price: number_of(parts, "unit_price")? })
    };
    value.as_m().ok()?.iter().map(|(sku, value)| Some((sku.clone(), line(value)?))).collect()
}
