//! Kinesis as a source.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_kinesis::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kinesis::error::BoxError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::source::{BatchInfo, EventSource, Record};
use crate::aws::Clients;
use crate::local::gateway::MAPPING_HEADER;
use crate::outbox::Layout;
use crate::streams::kinesis;
use crate::streams::shards::Source;

pub struct Kinesis {
    stream: kinesis::Kinesis,
    stream_arn: String,
    region: String,
}

impl Kinesis {
    pub fn new(clients: &Clients, stream_arn: String) -> Self {
        let client = kinesis::Kinesis::client(clients);
        let client = Client::from_conf(client.config().to_builder().interceptor(ForMapping).build());
        let region = clients.region().to_owned();
        let stream = stream_arn.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            stream: kinesis::Kinesis { client, stream, consumer: None, layout: Layout::default() },
            stream_arn,
            region,
        }
    }
}

/// Marks requests as those of an event source mapping.
#[derive(Debug)]
struct ForMapping;

impl Intercept for ForMapping {
    fn name(&self) -> &'static str {
        "ForMapping"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert(MAPPING_HEADER, "1");
        Ok(())
    }
}

impl EventSource for Kinesis {
    type Stream = kinesis::Kinesis;

    fn stream(&self) -> &kinesis::Kinesis {
        &self.stream
    }

    /// Returns the record in the form of "Using Lambda to process records from Amazon Kinesis Data Streams" in the
    /// Lambda developer guide.
    fn record(&self, shard: &str, record: &aws_sdk_kinesis::types::Record) -> Record {
        let arrived_at = kinesis::Kinesis::arrived(record).unwrap_or_default();
        let data = STANDARD.encode(record.data().as_ref());
        // The members around the data take about 600 bytes.
        let size = data.len() + record.partition_key().map_or(0, str::len) + 600;
        let sequence = record.sequence_number().to_owned();
        let event = json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key(),
                "sequenceNumber": sequence,
                "data": data,
                "approximateArrivalTimestamp": arrived_at.timestamp_millis() as f64 / 1000.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("{shard}:{sequence}"),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/local",
            "awsRegion": self.region,
            "eventSourceARN": self.stream_arn,
        });
        Record { sequence, arrived_at, event, size }
    }

    fn filter_view(record: &Record) -> Option<Value> {
        let mut view = record.event["kinesis"].clone();
        let data = STANDARD.decode(view["data"].as_str()?).ok()?;
        view["data"] = match serde_json::from_slice(&data) {
            Ok(json) => json,
            Err(_) => String::from_utf8(data).ok()?.into(),
        };
        Some(view)
    }

    fn batch_info() -> BatchInfo {
        BatchInfo { name: "KinesisBatchInfo", precision: SecondsFormat::Millis }
    }
}
