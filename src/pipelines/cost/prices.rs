//! The price table: AWS list prices, and the overrides of a user's file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::settings::nearest;

/// The price table of this executable.
pub const PUBLISHED: &str = include_str!("prices.toml");

/// Prices in US dollars by name, with date and regions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Date of publication, like `2025-06`.
    pub date: String,
    /// The regions with these prices.
    pub regions: Vec<String>,
    prices: BTreeMap<String, f64>,
}

/// A user's file: any part of the table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    date: Option<String>,
    regions: Option<Vec<String>>,
    #[serde(default)]
    prices: BTreeMap<String, f64>,
}

impl Prices {
    /// Returns the built-in table.
    ///
    /// # Errors
    /// `Unexpected` where the embedded table can't be read.
    pub fn published() -> Result<Self> {
        toml::from_str(PUBLISHED).or_fail(Kind::Unexpected, || "the table of prices can't be read".into())
    }

    /// Returns the built-in table with the overrides of a file.
    ///
    /// # Errors
    /// `Usage` if the file can't be read, or has unknown names or invalid prices.
    pub fn with_file(path: &Path) -> Result<Self> {
        let mut prices = Self::published()?;
        let text = std::fs::read_to_string(path);
        let text = text.or_fail(Kind::Usage, || format!("{} can't be read", path.display()))?;
        let over: Override = toml::from_str(&text).map_err(|error| {
            Error::new(Kind::Usage, format!("{} is not valid:\n{}", path.display(), error.to_string().trim_end()))
                .hint("`outboxctl cost --print-prices` shows the form")
        })?;
        for (name, price) in over.prices {
            let of_class = ["rds.db.", "aurora.db.", "dms.dms."].iter().any(|kind| name.starts_with(kind));
            let of_class = of_class && name.ends_with(".hour");
            if !of_class && !prices.prices.contains_key(&name) {
                let error = Error::new(Kind::Usage, format!("{}: unknown price {name:?}", path.display()));
                let meant = nearest(&name, prices.prices.keys().map(String::as_str));
                return Err(match meant {
                    Some(meant) => error.hint(format!("did you mean {meant}?")),
                    None => error.hint("`outboxctl cost --print-prices` lists all"),
                });
            }
            if !price.is_finite() || price < 0.0 {
                return Err(Error::new(Kind::Usage, format!("{}: {name} = {price} is not a price", path.display())));
            }
            prices.prices.insert(name, price);
        }
        prices.date = over.date.unwrap_or(prices.date);
        prices.regions = over.regions.unwrap_or(prices.regions);
        Ok(prices)
    }

    /// Returns the price of this name; None if it is not known.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.prices.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(text: &str) -> Result<Prices> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Prices::with_file(file.path())
    }

    #[test]
    fn file_prices_override_the_table() {
        let prices = over("date = \"2026-11\"\n[prices]\n\"dms.dms.t3.medium.hour\" = 0.1\n\"secret.month\" = 0.5\n")
            .expect("valid");
        assert_eq!((prices.get("dms.dms.t3.medium.hour"), prices.get("secret.month")), (Some(0.1), Some(0.5)));
        assert_eq!((prices.date.as_str(), prices.get("alarm.month")), ("2026-11", Some(0.1)));
    }

    #[test]
    fn unknown_names_and_invalid_prices_are_rejected() {
        let misspelt = over("[prices]\n\"secret.mnoth\" = 0.5\n").expect_err("unknown");
        assert_eq!(misspelt.hints().next(), Some("did you mean secret.month?"));
        assert_eq!(over("[prices]\n\"secret.month\" = -1.0\n").expect_err("negative").kind(), Kind::Usage);
        assert_eq!(over("[price]\n").expect_err("unknown table").kind(), Kind::Usage);
    }
}
