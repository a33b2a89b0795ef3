//! Lists, reads and empties buckets; CloudFormation can't delete a bucket with objects.
//!
//! Every request names the account that must own the bucket: another account can take the name of a deleted bucket.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Clients, account};
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Deletes every object, a page at a time, and returns their number; zero if the bucket does not exist.
pub async fn empty(clients: &Clients, bucket: &str) -> Result<usize> {
    let (client, owner) = (clients.s3(), account::number(clients).await?);
    let mut deleted = 0;
    loop {
        // Always the first page: the previous one is deleted.
        let page = client.list_objects_v2().bucket(bucket).expected_bucket_owner(owner).send().await;
        let page = page.aws_unless("NoSuchBucket", format!("list bucket {bucket}"))?;
        let Some(page) = page else { return Ok(deleted) };
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

/// Returns whether the bucket exists.
pub async fn exists(clients: &Clients, bucket: &str) -> Result<bool> {
    let owner = account::number(clients).await?;
    match clients.s3().head_bucket().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(_) => Ok(true),
        Err(error) if matches!(sdk_code(&error), "NotFound" | "NoSuchBucket" | "404") => Ok(false),
        Err(error) => Err(error).aws(format!("check bucket {bucket}")),
    }
}

/// Returns the names of the account's buckets in this region that begin with the prefix.
pub async fn named(clients: &Clients, prefix: &str) -> Result<Vec<String>> {
    // A bucket of another region belongs to another deployment.
    let request = clients.s3().list_buckets().prefix(prefix).bucket_region(clients.region()).max_buckets(1_000);
    let mut pages = request.into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("list the buckets")?;
        names.extend(page.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)));
    }
    Ok(names)
}

/// Returns the value of each of these tags of a bucket; None where it has no such tag.
pub async fn tags<const N: usize>(clients: &Clients, bucket: &str, keys: [&str; N]) -> Result<[Option<String>; N]> {
    let owner = account::number(clients).await?;
    let answer = clients.s3().get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner).send().await;
    let answer = answer.aws_unless("NoSuchTagSet", format!("read the tags of bucket {bucket}"))?;
    let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
    Ok(keys.map(|key| tags.iter().find(|tag| tag.key() == key).map(|tag| tag.value().to_owned())))
}

/// An object's key, its size, and the time at which it was written, in Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Object {
    pub key: String,
    pub bytes: i64,
    pub modified: i64,
}

/// Maximum number of pages of 1,000 objects that [`list`] reads.
const PAGES: usize = 10;
/// Maximum bytes of an object that [`read`] returns. A batch that Lambda discards has 6 MB, escaped twice.
pub const READ_LIMIT: usize = 16 << 20;

/// Returns the first 10,000 objects of a bucket.
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

/// Returns all objects of a bucket. The names of a million objects take some hundred megabytes: only for buckets that
/// are mostly empty.
pub async fn list_all(clients: &Clients, bucket: &str) -> Result<Vec<Object>> {
    list_pages(clients, bucket, usize::MAX).await
}

/// Returns an object's first [`READ_LIMIT`] bytes.
pub async fn read(clients: &Clients, bucket: &str, key: &str) -> Result<Vec<u8>> {
    let object = read_if_there(clients, bucket, key).await?;
    object.ok_or_else(|| Error::new(Kind::Aws, format!("s3://{bucket}/{key} does not exist")))
}

/// Returns the first [`READ_LIMIT`] bytes of an object; None if it was deleted.
pub async fn read_if_there(clients: &Clients, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let owner = account::number(clients).await?;
    let request = clients.s3().get_object().bucket(bucket).key(key).expected_bucket_owner(owner);
    let object = request.send().await.aws_unless("NoSuchKey", format!("read s3://{bucket}/{key}"))?;
    let Some(mut object) = object else { return Ok(None) };
    let mut bytes = Vec::new();
    while let Some(chunk) = object.body.next().await {
        let chunk = chunk.map_err(|error| {
            Error::new(Kind::Unreachable, format!("s3://{bucket}/{key}: the connection was closed")).with_source(error)
        })?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= READ_LIMIT {
            bytes.truncate(READ_LIMIT);
            break;
        }
    }
    Ok(Some(bytes))
}

/// Deletes an object; succeeds if it does not exist.
pub async fn delete(clients: &Clients, bucket: &str, key: &str) -> Result<()> {
    let owner = account::number(clients).await?;
    let deleted = clients.s3().delete_object().bucket(bucket).key(key).expected_bucket_owner(owner).send().await;
    deleted.map(drop).aws(format!("delete s3://{bucket}/{key}"))
}
