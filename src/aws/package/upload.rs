//! Uploads an executable as an object in S3 that a template can name.
//!
//! The object's key is the hash of the executable, which anyone who can run the executable can compute. So the key
//! proves nothing: an existing object is compared with the package by S3's SHA-256 checksum, and a new object is
//! written only if there is none (`If-None-Match`, API reference of PutObject).

use std::sync::Arc;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;

use super::Package;
use crate::aws::{Clients, account};
use crate::base::error::{AwsContext, Error, Kind, OrFail, Result, sdk_code};

/// The result of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    /// Created.
    New,
    /// The same object existed.
    Found,
    /// Another object existed and was replaced.
    Replaced,
}

/// Error codes of S3 for an object that exists or is being written (HTTP 412 and 409).
const EXISTS: &[&str] = &["PreconditionFailed", "ConditionalRequestConflict"];

/// Uploads the package to the bucket unless it exists.
///
/// # Errors
/// The errors of S3, also if the bucket belongs to another account.
pub async fn upload(clients: &Clients, package: Arc<Package>, bucket: &str) -> Result<Uploaded> {
    let place = Place { client: clients.s3(), bucket, key: &package.key, owner: account::number(clients).await? };
    let mut found = place.look().await?;
    // On the local stack the key is enough: it is its user's alone, and packing an unoptimised executable of some hundred
    // megabytes only to compare it takes seconds.
    if found.is_some() && !package.is_for_lambda() {
        return Ok(Uploaded::Found);
    }
    let packing = package.clone();
    tokio::task::spawn_blocking(move || packing.zip().map(drop))
        .await
        .or_fail(Kind::Unexpected, || "packing was interrupted".into())??;
    if found.is_none() {
        if place.put(&package, true).await? {
            return Ok(Uploaded::New);
        }
        found = place.look().await?;
    }
    if found.flatten().as_deref() == Some(package.zip()?.sha256.as_str()) {
        return Ok(Uploaded::Found);
    }
    if place.put(&package, false).await? {
        return Ok(Uploaded::Replaced);
    }
    Err(Error::new(Kind::Aws, format!("s3://{bucket}/{} is being written", package.key))
        .hint("run this again once the upload has ended"))
}

/// The location of the package.
struct Place<'a> {
    client: aws_sdk_s3::Client,
    bucket: &'a str,
    key: &'a str,
    /// The account that must own the bucket.
    owner: &'a str,
}

impl Place<'_> {
    /// Returns the SHA-256 checksum of the object, in base64; None if it does not exist, Some(None) if S3 has no such
    /// checksum of it.
    async fn look(&self) -> Result<Option<Option<String>>> {
        let request = self.client.head_object().bucket(self.bucket).key(self.key);
        let request = request.checksum_mode(ChecksumMode::Enabled).expected_bucket_owner(self.owner);
        match request.send().await {
            Ok(object) => Ok(Some(object.checksum_sha256)),
            // A HEAD has no body with another code.
            Err(error) if matches!(sdk_code(&error), "NotFound" | "NoSuchKey" | "404") => Ok(None),
            Err(error) => Err(error).aws(format!("check the package in bucket {}", self.bucket)),
        }
    }

    /// Writes the object. False if it exists already and `only_new` is set, or if it is being written.
    async fn put(&self, package: &Package, only_new: bool) -> Result<bool> {
        let zip = package.zip()?;
        // Some tens of megabytes take minutes on a slow line. A stalled upload still ends: the SDK aborts an upload
        // without progress.
        let timeouts = TimeoutConfig::builder().disable_operation_attempt_timeout().build();
        let mut put = self
            .client
            .put_object()
            .bucket(self.bucket)
            .key(self.key)
            .expected_bucket_owner(self.owner)
            .content_type("application/zip")
            .set_if_none_match(only_new.then(|| "*".to_owned()))
            .checksum_sha256(&zip.sha256)
            .body(ByteStream::from(zip.bytes.clone()))
            .customize()
            .config_override(aws_sdk_s3::config::Builder::new().timeout_config(timeouts));
        if !package.is_for_lambda() {
            // Another hash of the body would be most of the work on the local stack.
            put = put.disable_payload_signing();
        }
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if EXISTS.contains(&sdk_code(&error)) => Ok(false),
            Err(error) => Err(error).aws(format!("upload the package to bucket {}", self.bucket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_config::retry::RetryConfig;
    use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
    use axum::http::StatusCode;

    use super::super::Runs;
    use super::*;
    use crate::aws::transport;

    /// Timeout of an attempt of the client.
    const ATTEMPT: Duration = Duration::from_millis(50);

    async fn answer() -> StatusCode {
        tokio::time::sleep(4 * ATTEMPT).await;
        StatusCode::OK
    }

    #[tokio::test]
    async fn an_upload_takes_as_long_as_the_line_needs() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, axum::Router::new().fallback(answer)).await });
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .force_path_style(true)
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .http_client(transport::local_client())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build());
        let client = aws_sdk_s3::Client::from_conf(config.build());
        let place = Place { client, bucket: "b", key: "k", owner: "123456789012" };
        assert!(place.look().await.is_err(), "any other request ends with its attempt");
        assert!(place.put(&Package::small(Runs::Here), true).await.unwrap());
    }
}
