//! `outboxctl cost`.

use std::path::PathBuf;

use serde_json::json;

use crate::aws::configured_region;
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::whole;
use crate::commands::deploy::ChosenParameters;
use crate::local;
use crate::output::{Outcome, Table};
use crate::pipelines;
use crate::pipelines::cost::{Estimate, PUBLISHED, Prices, Usage, estimate};

/// Estimate the monthly cost of the pipeline
///
/// Uses a dated table of AWS list prices, the configured sizes and a steady rate of events. It sends no requests to
/// AWS. Items without a price in the table are not included, and are listed. The result is an estimate: see
/// https://aws.amazon.com/pricing/ for the current prices.
// The text is also help in a terminal, where a link is plain text.
#[allow(rustdoc::bare_urls)]
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Steady rate of events per second
    #[arg(long, value_name = "RATE", default_value = "10", value_parser = rate)]
    events_per_second: f64,
    /// Payload size of an event, in bytes
    #[arg(long, value_name = "BYTES", default_value = "1024", value_parser = whole(1_u32, 1_048_576))]
    event_bytes: u32,
    #[command(flatten)]
    chosen: ChosenParameters,
    /// File with prices that override the built-in table
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Print the built-in price table, as a starting point for --prices
    #[arg(long)]
    print_prices: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let prices = match &self.prices {
            Some(path) => Prices::with_file(path)?,
            None => Prices::published()?,
        };
        if self.print_prices {
            return Ok(Outcome::data(json!({ "prices_toml": PUBLISHED })).text(PUBLISHED.trim_end()));
        }
        let pipeline = pipelines::find(&ctx.settings.pipeline)?;
        let [_, values] = self.chosen.checked(&ctx.settings, pipeline)?;
        let usage = Usage {
            events_per_second: self.events_per_second,
            event_bytes: f64::from(self.event_bytes),
            parameters: values,
            existing: ctx.settings.existing.clone(),
        };
        let home = prices.regions.first().map_or("us-east-1", String::as_str);
        let wanted = match ctx.settings.local {
            true => Some(ctx.settings.region.clone().unwrap_or_else(|| local::state::REGION.to_owned())),
            false => configured_region(&ctx.settings).await,
        };
        let wanted = wanted.as_deref();
        let priced = wanted.filter(|region| prices.regions.iter().any(|known| known == region)).unwrap_or(home);
        match wanted {
            Some(region) if region != priced => {
                ctx.console
                    .warn(format!("no prices for {region}: using those of {priced}; override them with --prices"));
            }
            None => ctx.console.note(format!("no region is set: these are the prices of {priced}")),
            Some(_) => {}
        }
        let found = estimate(pipeline, &usage, &prices);
        let data = json!({
            "pipeline": pipeline.name, "region": wanted, "priced_as": priced, "prices_of": prices.date, "currency": "USD",
            "events_per_second": self.events_per_second, "event_bytes": self.event_bytes, "estimate": true,
            "assumed": {
                "hours_a_month": 730, "bytes_around_a_payload": Usage::OVERHEAD,
                "events_a_publisher_call": Usage::EVENTS_A_CALL, "seconds_a_call": Usage::CALL,
                "gib_of_an_aurora_cluster": Usage::AURORA_GIB,
            },
            "components": found.components, "left_out": found.left_out, "total_usd_month": found.total_usd_month,
        });
        let summary = format!(
            "An estimate for a steady {} events per second of {} bytes, from list prices of {} ({priced}): check \
             https://aws.amazon.com/pricing/ before you rely on it.",
            self.events_per_second, self.event_bytes, prices.date
        );
        Ok(Outcome::data(data).table(table(&found)).text(left_out(&found)).summary(summary))
    }
}

fn table(estimate: &Estimate) -> Table {
    let mut table = Table::new(["component", "from", "USD a month"]);
    for one in &estimate.components {
        table.row([one.component, &one.basis, &dollars(one.usd_month)]);
    }
    table.row(["total", "", &dollars(estimate.total_usd_month)]);
    table
}

fn left_out(estimate: &Estimate) -> String {
    let lines = estimate.left_out.iter().map(|left| format!("  {}: {}", left.component, left.because));
    format!("\nNot included:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Formats dollars without more digits than an estimate has.
fn dollars(usd: f64) -> String {
    match usd {
        usd if usd <= 0.0 => "0".into(),
        usd if usd < 0.1 => "under 0.10".into(),
        usd if usd < 10.0 => format!("{usd:.1}"),
        usd => format!("{usd:.0}"),
    }
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (0.0..=1e6).contains(&rate) => Ok(rate),
        _ => Err("a number from 0 to 1000000 is needed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{dollars, rate};

    #[test]
    fn dollars_are_rounded_by_size() {
        assert_eq!([0.0, 0.004, 0.4, 9.94, 29.2, 262.8].map(dollars), ["0", "under 0.10", "0.4", "9.9", "29", "263"]);
        assert!(rate("-1").is_err() && rate("NaN").is_err() && rate("0.5").is_ok());
    }
}
