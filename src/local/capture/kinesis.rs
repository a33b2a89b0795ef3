//! A Kinesis stream as the sink.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::error::SdkError;
use aws_sdk_kinesis::operation::put_records::PutRecordsError;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use futures_util::future::BoxFuture;

use super::{Entry, Failure, Sink, SinkError};
use crate::aws::Clients;
use crate::base::error::{RESOURCE_MISSING, sdk_code};

/// Puts records into one stream.
pub struct KinesisSink {
    client: Client,
    stream_arn: String,
}

impl KinesisSink {
    /// Returns a sink. Its client does not retry, because only the delivery knows the order of the records.
    pub fn new(clients: &Clients, stream_arn: impl Into<String>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(std::time::Duration::from_secs(3))
            .operation_timeout(std::time::Duration::from_secs(20))
            .build();
        let config = aws_sdk_kinesis::config::Builder::from(clients.config())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self { client: Client::from_conf(config), stream_arn: stream_arn.into() }
    }

    fn error(&self, error: &SdkError<PutRecordsError>) -> SinkError {
        let code = sdk_code(error);
        // Other errors may be temporary: throttling, faults inside the service, broken connections, late answers.
        let refused = matches!(
            code,
            "ResourceNotFoundException"
                | "AccessDeniedException"
                | "InvalidArgumentException"
                | "ValidationException"
                | "KMSAccessDeniedException"
                | "KMSDisabledException"
                | "KMSNotFoundException"
                | "KMSInvalidStateException"
                | "UnrecognizedClientException"
        );
        let reason = match error {
            SdkError::ServiceError(service) => service.err().to_string(),
            other => aws_sdk_kinesis::error::DisplayErrorContext(other).to_string(),
        };
        SinkError {
            message: format!("put records into {}: {code}: {reason}", self.stream_arn),
            retryable: !refused,
            missing: code == RESOURCE_MISSING,
        }
    }
}

impl Sink for KinesisSink {
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        Box::pin(async move {
            let records = entries.iter().map(|entry| {
                let entry = PutRecordsRequestEntry::builder()
                    .partition_key(entry.key.as_ref())
                    .data(Blob::new(entry.data.as_ref()))
                    .build();
                entry.map_err(|e| SinkError { message: e.to_string(), retryable: false, missing: false })
            });
            let records = records.collect::<Result<Vec<_>, _>>()?;
            let request = self.client.put_records().stream_arn(&self.stream_arn).set_records(Some(records));
            let answer = request.send().await.map_err(|error| self.error(&error))?;
            let result = |result: &aws_sdk_kinesis::types::PutRecordsResultEntry| {
                result.error_code().map(|code| Failure {
                    code: code.to_owned(),
                    message: result.error_message().unwrap_or_default().to_owned(),
                })
            };
            Ok(answer.records().iter().map(result).collect())
        })
    }
}
