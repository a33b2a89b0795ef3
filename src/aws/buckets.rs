//! Buckets: what is in one, and emptying it, without which CloudFormation can't delete it.
//!
//! Every request names the account that must own the bucket: the name of a bucket that was deleted can be taken by another
//! account.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Clients, account};
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Deletes every object, a page at a time. Returns how many; a bucket that does not exist has none.
pub async fn empty(clients: &Clients, bucket: &str) -> Result<usize> {
    let (client, owner) = (clients.s3(), account::number(clients).await?);
    let mut deleted = 0;
    loop {
        // Always the first page: the one before is gone.
        let page = match client.list_objects_v2().bucket(bucket).expected_bucket_owner(owner).send().await {
            Ok(page) => page,
            Err(error) if sdk_code(&error) == "NoSuchBucket" => return Ok(deleted),
            Err(error) => return Err(error).aws(format!("list bucket {bucket}")),
        };
        let objects: Vec<_> = page
            .contents()
            .iter()
            .filter_map(|object| ObjectIdentifier::builder().key(object.key()?).build().ok())
            .collect();
        if objects.is_empty() {
            return Ok(deleted);
        }
        deleted += objects.len();
        let batch = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let batch = batch.map_err(|error| Error::new(Kind::Unexpected, "a list of objects").with_source(error))?;
        let request = client.delete_objects().bucket(bucket).expected_bucket_owner(owner).delete(batch);
        let answer = request.send().await;
        let answer = answer.aws(format!("empty bucket {bucket}"))?;
        if let Some(refused) = answer.errors().first() {
            let (key, why) = (refused.key().unwrap_or("?"), refused.message().unwrap_or("no reason given"));
            return Err(Error::new(Kind::Aws, format!("bucket {bucket}: {key} can't be deleted: {why}")));
        }
    }
}

/// Whether the bucket is there.
pub async fn exists(clients: &Clients, bucket: &str) -> Result<bool> {
    let owner = account::number(clients).await?;
    match clients.s3().head_bucket().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(_) => Ok(true),
        Err(error) if matches!(sdk_code(&error), "NotFound" | "NoSuchBucket" | "404") => Ok(false),
        Err(error) => Err(error).aws(format!("look for bucket {bucket}")),
    }
}

/// An object's name and size, and when it was written, in Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Object {
    pub key: String,
    pub bytes: i64,
    pub modified: i64,
}

/// Pages of 1,000 objects that [`list`] reads at most.
const PAGES: usize = 10;
/// Bytes of an object that [`read`] gives at most. A batch that Lambda gave up has 6 MB, twice escaped.
pub const READ_LIMIT: usize = 16 << 20;

/// What is in a bucket: its first 10,000 objects.
pub async fn list(clients: &Clients, bucket: &str) -> Result<Vec<Object>> {
    list_pages(clients, bucket, PAGES).await
}

async fn list_pages(clients: &Clients, bucket: &str, most: usize) -> Result<Vec<Object>> {
    let owner = account::number(clients).await?;
    let request = clients.s3().list_objects_v2().bucket(bucket).expected_bucket_owner(owner);
    let mut pages = request.into_paginator().send();
    let mut objects = Vec::new();
    for _ in 0..most {
        let Some(page) = pages.next().await else { break };
        let page = page.aws(format!("list bucket {bucket}"))?;
        objects.extend(page.contents().iter().filter_map(|object| {
            Some(Object {
                key: object.key()?.to_owned(),
                bytes: object.size().unwrap_or(0),
                modified: object.last_modified().and_then(|at| at.to_millis().ok()).unwrap_or(0),
            })
        }));
    }
    Ok(objects)
}

/// Everything that is in a bucket. Of a million objects names alone take some hundred megabytes: for buckets that are
/// mostly empty.
pub async fn list_all(clients: &Clients, bucket: &str) -> Result<Vec<Object>> {
    list_pages(clients, bucket, usize::MAX).await
}

/// An object's first [`READ_LIMIT`] bytes.
pub async fn read(clients: &Clients, bucket: &str, key: &str) -> Result<Vec<u8>> {
    let object = read_if_there(clients, bucket, key).await?;
    object.ok_or_else(|| Error::new(Kind::Aws, format!("s3://{bucket}/{key} does not exist")))
}

/// An object that may have been deleted; its first [`READ_LIMIT`] bytes.
pub async fn read_if_there(clients: &Clients, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let owner = account::number(clients).await?;
    let request = clients.s3().get_object().bucket(bucket).key(key).expected_bucket_owner(owner);
    let mut object = match request.send().await {
        Err(error) if sdk_code(&error) == "NoSuchKey" => return Ok(None),
        object => object.aws(format!("read s3://{bucket}/{key}"))?,
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = object.body.next().await {
        let chunk = chunk.map_err(|error| {
            Error::new(Kind::Unreachable, format!("s3://{bucket}/{key} broke off")).with_source(error)
        })?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= READ_LIMIT {
            bytes.truncate(READ_LIMIT);
            break;
        }
    }
    Ok(Some(bytes))
}

/// Deletes an object; one that is not there any more is fine.
pub async fn delete(clients: &Clients, bucket: &str, key: &str) -> Result<()> {
    let owner = account::number(clients).await?;
    let deleted = clients.s3().delete_object().bucket(bucket).key(key).expected_bucket_owner(owner).send().await;
    deleted.map(drop).aws(format!("delete s3://{bucket}/{key}"))
}
