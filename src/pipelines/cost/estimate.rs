//! The components of a pipeline, each with its cost.

use serde::Serialize;

use super::builder::{Builder, Component, LeftOut, cents, millions};
use super::components::{capture, database, endpoints, stream, tables};
use super::usage::HOURS;
use super::{Prices, Usage};
use crate::pipelines::{Part, Pipeline, Stack, Stop, likely_resources};
use crate::settings::ExistingKey;

/// The estimated cost of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    pub components: Vec<Component>,
    pub left_out: Vec<LeftOut>,
    /// The sum of the components, rounded to cents.
    pub total_usd_month: f64,
}

impl Builder<'_> {
    /// Adds the cost of a stop.
    fn stop(&mut self, stop: &Stop, pipeline: &Pipeline, usage: &Usage) {
        let events = usage.millions();
        match stop.part {
            Part::Api => {
                self.add("API", format!("{} requests", millions(events)), &[(events, "api.http.million-requests")]);
                self.function("writer function", events, 0.25);
            }
            Part::Database => {
                if !usage.existing.has(ExistingKey::DatabaseEndpoint) {
                    database(self, usage);
                }
                if !usage.existing.has(ExistingKey::VpcId) {
                    endpoints(self, usage, pipeline.has(Part::Consumers));
                }
            }
            Part::OutboxTable => tables(self, usage, true),
            Part::Table => tables(self, usage, false),
            Part::Kinesis if usage.existing.has(ExistingKey::Stream) => {}
            Part::Kinesis => stream(self, usage),
            Part::Publisher => self.function("publisher function", events / Usage::EVENTS_A_CALL, 0.5),
            Part::Consumers => {
                // Four shards of an on-demand stream, renewed every 5 s, and at most one checkpoint per second each.
                let writes = 4.0 * (0.2 + usage.events_per_second.min(4.0) / 4.0) * HOURS * 3600.0 / 1e6;
                self.add("lease table", format!("{} writes", millions(writes)), &[(writes, "dynamodb.million-writes")]);
                self.leave_out("consumer process", "it runs on your own machines");
            }
            Part::Bus => {
                let chunks = events * usage.units(65_536.0);
                let basis = format!("{} events of up to 64 KiB", millions(chunks));
                self.add("event bus", basis, &[(chunks, "events.million")]);
            }
            Part::EventLog => {
                self.add("event log", format!("{:.1} GiB written", usage.gib()), &[(usage.gib(), "logs.gb-in")]);
            }
            Part::Receiver => {
                self.function("receiver function", events, 0.25);
                let basis = format!("{} writes", millions(events));
                self.add("receiver's inbox", basis, &[(events, "dynamodb.million-writes")]);
            }
            Part::Capture
                if usage.existing.has(ExistingKey::ReplicationInstance) || usage.existing.has(ExistingKey::Task) => {}
            Part::Capture => capture(self, usage),
            Part::KinesisDestination => {
                let changes = events * usage.units(1_024.0);
                let amounts = [(changes, "dynamodb.million-kinesis-records"), (events, "dynamodb.million-writes")];
                self.add("table to stream", format!("{} changes, and their positions", millions(events)), &amounts);
            }
            Part::TableStream | Part::ProcessedLog => {}
        }
    }

    /// Lists existing resources, whose cost is not caused by the pipeline alone.
    fn existing(&mut self, usage: &Usage) {
        let costs = [
            ExistingKey::Stream,
            ExistingKey::ReplicationInstance,
            ExistingKey::Task,
            ExistingKey::VpcId,
            ExistingKey::DatabaseEndpoint,
        ];
        for (key, value) in usage.existing.iter().filter(|(key, _)| costs.contains(key)) {
            let because = "it exists already; the traffic of the pipeline adds to its cost";
            self.leave_out(format!("{} {value}", key.name()), because);
        }
    }
}

/// Estimates the cost of one month.
pub fn estimate(pipeline: &Pipeline, usage: &Usage, prices: &Prices) -> Estimate {
    let mut build = Builder::new(prices);
    if !usage.with_sample() {
        let because = "it was excluded (--without-sample); your application writes the events instead";
        build.leave_out("sample's API and tables", because);
    }
    pipeline.stops(usage.with_sample()).for_each(|stop| build.stop(stop, pipeline, usage));
    build.existing(usage);
    let made = pipeline.stacks.iter().filter(|stack| !usage.replaces(stack));
    let alarms = made.map(|stack| alarms(stack, usage)).sum::<usize>() as f64;
    build.add("alarms", format!("{alarms} alarms"), &[(alarms, "alarm.month")]);
    if pipeline.has(Part::Database) && !usage.existing.has(ExistingKey::DatabaseEndpoint) {
        let because = "billed by the GiB where they are more than the database's own storage";
        build.leave_out("backups and snapshots of the database", because);
    }
    if !pipeline.has(Part::Database) {
        build.leave_out("point-in-time recovery of the tables", "billed by the GiB where the stage is protected");
    }
    if pipeline.stacks.iter().any(|stack| stack.template.contains("MetricsConfigurations:")) {
        let because = "billed as custom metrics in hours with dead letters";
        build.leave_out("request metrics of the failure bucket", because);
    }
    let because = "small at these rates, and dependent on retention";
    build.leave_out("data transfer, function logs, S3, SQS, KMS", because);
    build.leave_out("free tiers, discounts, taxes", "they depend on your account");
    let total = build.components.iter().map(|component| component.usd_month).sum();
    Estimate { components: build.components, left_out: build.left_out, total_usd_month: cents(total) }
}

/// Returns the number of alarms that the stack creates.
fn alarms(stack: &Stack, usage: &Usage) -> usize {
    if stack.sample && !usage.with_sample() {
        return 0;
    }
    // The templates are valid: tests read them.
    let created = likely_resources(stack, &usage.parameters, &usage.existing).unwrap_or_default();
    created.iter().filter(|(_, kind)| kind == "AWS::CloudWatch::Alarm").count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::{self, AURORA};
    use crate::settings::Existing;

    fn usage(pipeline: &Pipeline, events_per_second: f64, more: &[(&str, &str)]) -> Usage {
        let defaults = pipelines::parameters(pipeline).expect("templates").into_iter();
        let defaults = defaults.filter_map(|parameter| Some((parameter.name, parameter.default?)));
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Usage {
            events_per_second,
            event_bytes: 1_024.0,
            parameters: defaults.chain(more).collect(),
            existing: Existing::default(),
        }
    }

    fn priced(pipeline: &str) -> (&'static Pipeline, Prices) {
        (pipelines::find(pipeline).expect("a pipeline"), Prices::published().expect("prices"))
    }

    fn of<'a>(estimate: &'a Estimate, component: &str) -> &'a Component {
        estimate.components.iter().find(|one| one.component == component).unwrap_or_else(|| panic!("{estimate:?}"))
    }

    #[test]
    fn components_match_manual_calculations() {
        let (pipeline, prices) = priced("rds-eventbridge");
        let idle = estimate(pipeline, &usage(pipeline, 0.0, &[("DatabaseMultiAz", "true")]), &prices);
        assert_eq!(of(&idle, "database instance").usd_month, 23.36); // 0.016 × 730 × 2
        assert_eq!(of(&idle, "database storage").usd_month, 4.6); // 20 × 0.115 × 2
        assert_eq!(of(&idle, "stream").usd_month, 29.2); // 0.04 × 730
        assert_eq!(of(&idle, "VPC endpoints").usd_month, 29.2); // 4 × 0.01 × 730
        let busy = estimate(pipeline, &usage(pipeline, 100.0, &[("Shards", "2"), ("RetentionHours", "24")]), &prices);
        assert_eq!(of(&busy, "API").usd_month, 262.8); // 262.8 million
        assert_eq!(of(&busy, "stream").usd_month, 25.58); // 2 × 0.015 × 730 + 262.8 × 0.014
        assert!((busy.total_usd_month - busy.components.iter().map(|one| one.usd_month).sum::<f64>()).abs() < 0.005);
    }

    #[test]
    fn aurora_is_priced_by_capacity_or_by_instances() {
        let (pipeline, prices) = priced("rds-eventbridge");
        let of_engine = |more: &[(&str, &str)]| {
            let engine = [("DatabaseEngine", AURORA)];
            estimate(pipeline, &usage(pipeline, 100.0, &[&engine, more].concat()), &prices)
        };
        let serverless = of_engine(&[]);
        assert_eq!(of(&serverless, "database capacity").usd_month, 43.8); // 0.5 × 0.12 × 730
        let above = serverless.left_out.iter().find(|left| left.component.contains("above the minimum"));
        assert!(above.is_some_and(|left| left.because.contains("350.4 US dollars")), "{above:?}"); // 4 × 0.12 × 730
        assert_eq!(of(&serverless, "database storage").usd_month, 1.0); // 10 × 0.10
        assert_eq!(of(&serverless, "database I/O").usd_month, 105.12); // 262.8 million × 2 × 0.20
        let provisioned = of_engine(&[("AuroraClass", "db.t4g.medium"), ("DatabaseMultiAz", "true")]);
        assert_eq!(of(&provisioned, "database instance").usd_month, 106.58); // 0.073 × 730 × 2
        assert_eq!(of(&provisioned, "database storage").usd_month, 1.0, "the instances share it");
        let alarms = |estimate: &Estimate| of(estimate, "alarms").usd_month;
        assert!((alarms(&serverless) - alarms(&provisioned)).abs() < 0.001, "one of each kind");
    }

    #[test]
    fn existing_resources_are_listed_without_a_price() {
        let (pipeline, prices) = priced("rds-eventbridge");
        let own = usage(pipeline, 10.0, &[]);
        let existing = Usage { existing: [(ExistingKey::Stream, "orders")].into(), ..own.clone() };
        let [own, existing] = [own, existing].map(|usage| estimate(pipeline, &usage, &prices));
        assert!(existing.components.iter().all(|part| part.component != "stream"), "{existing:?}");
        assert!(existing.left_out.iter().any(|left| left.component == "stream orders"), "{existing:?}");
        let alarm = of(&own, "alarms").usd_month - of(&existing, "alarms").usd_month;
        assert!((alarm - 0.1).abs() < 0.001, "the stream's alarm is not created: {alarm}");
    }

    #[test]
    fn components_without_a_price_are_listed_and_not_guessed() {
        let (pipeline, prices) = priced("rds-kinesis");
        let usage = usage(pipeline, 1.0, &[("DatabaseClass", "db.x9.huge")]);
        let estimate = estimate(pipeline, &usage, &prices);
        let named = |component: &str| estimate.left_out.iter().any(|left| left.component.contains(component));
        assert!(named("database instance") && named("consumer process"), "{:?}", estimate.left_out);
        assert!(estimate.components.iter().all(|one| one.component != "database instance"));
    }

    #[test]
    fn capture_is_priced_with_its_standby_and_its_storage() {
        let (pipeline, prices) = priced("rds-kinesis");
        let one = estimate(pipeline, &usage(pipeline, 0.0, &[]), &prices);
        assert_eq!(of(&one, "capture instance (DMS)").usd_month, 54.39); // 0.0745 × 730
        assert!(one.components.iter().all(|part| part.component != "capture storage (DMS)"), "50 GiB are in the price");
        let two = usage(pipeline, 0.0, &[("ReplicationMultiAz", "true"), ("ReplicationStorage", "70")]);
        let two = estimate(pipeline, &two, &prices);
        assert_eq!(of(&two, "capture instance (DMS)").usd_month, 108.77); // 0.149 × 730
        assert_eq!(of(&two, "capture storage (DMS)").usd_month, 4.6); // 20 × 0.115 × 2
    }

    #[test]
    fn without_the_sample_its_parts_cost_nothing() {
        for (name, alarms) in [("rds-eventbridge", 1.0), ("rds-kinesis", 1.0), ("dynamodb-eventbridge", 2.0)] {
            let (pipeline, prices) = priced(name);
            let [with, without] = ["true", "false"]
                .map(|sample| estimate(pipeline, &usage(pipeline, 10.0, &[("WithSample", sample)]), &prices));
            let there = |estimate: &Estimate, component: &str| {
                estimate.components.iter().any(|part| part.component == component)
            };
            for component in ["API", "writer function"] {
                assert!(there(&with, component) && !there(&without, component), "{name}: {component}");
            }
            let fewer = of(&with, "alarms").usd_month - of(&without, "alarms").usd_month;
            assert!((fewer - alarms * 0.1).abs() < 0.001, "{name}: {fewer}");
            assert!(without.total_usd_month < with.total_usd_month, "{name}");
        }
    }

    #[test]
    fn every_pipeline_costs_more_with_more_events() {
        let prices = Prices::published().expect("prices");
        for pipeline in pipelines::ALL {
            let total = |rate: f64| estimate(pipeline, &usage(pipeline, rate, &[]), &prices).total_usd_month;
            assert!(total(100.0) > total(1.0) && total(1.0) > 0.0, "{}", pipeline.name);
        }
    }
}
