//! The components of an estimate, while they are added.

use serde::Serialize;

use super::{Prices, Usage};

/// The cost of one component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    pub component: &'static str,
    /// The basis of the computation, in words.
    pub basis: String,
    /// US dollars per month, rounded to cents.
    pub usd_month: f64,
}

/// A component without a known price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub component: String,
    pub because: String,
}

/// Adds components; one with a missing price is not included, but listed.
pub(super) struct Builder<'a> {
    pub(super) prices: &'a Prices,
    pub(super) components: Vec<Component>,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(prices: &'a Prices) -> Self {
        Self { prices, components: Vec::new(), left_out: Vec::new() }
    }

    /// Adds a component: the sum of amounts, each with the name of its price.
    pub(super) fn add(&mut self, component: &'static str, basis: impl Into<String>, amounts: &[(f64, &str)]) {
        let missing = amounts.iter().find(|(_, name)| self.prices.get(name).is_none());
        if let Some((_, name)) = missing {
            self.leave_out(component, format!("no price is known for it; give {name:?} in a file with --prices"));
            return;
        }
        let usd: f64 = amounts.iter().map(|(amount, name)| amount * self.prices.get(name).unwrap_or(0.0)).sum();
        self.components.push(Component { component, basis: basis.into(), usd_month: cents(usd) });
    }

    /// Lists a component without a price.
    pub(super) fn leave_out(&mut self, component: impl Into<String>, because: impl Into<String>) {
        self.left_out.push(LeftOut { component: component.into(), because: because.into() });
    }

    /// Adds the cost of a function: millions of calls, and GiB of memory.
    pub(super) fn function(&mut self, component: &'static str, calls: f64, memory: f64) {
        let seconds = calls * 1e6 * Usage::CALL * memory;
        let amounts = [(calls, "lambda.million-requests"), (seconds, "lambda.gb-second")];
        self.add(component, format!("{} calls of {} ms at {memory} GiB", millions(calls), Usage::CALL * 1e3), &amounts);
    }
}

pub(super) fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

pub(super) fn millions(count: f64) -> String {
    if count < 1.0 { format!("{:.0} thousand", count * 1e3) } else { format!("{count:.1} million") }
}
