//! Dead letters in a failure bucket.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::document;
use super::letter::{DeadLetter, Opened};
use crate::aws::Clients;
use crate::aws::buckets::{self, Object};
use crate::base::error::{Error, Kind, Result};
use crate::deployment::Deployment;
use crate::outbox::Layout;

/// Maximum concurrent reads of objects.
const CONCURRENCY: usize = 16;

/// Letters of a bucket that were read before, by the object's key, size and time of modification.
#[derive(Debug, Default)]
pub struct Known(HashMap<(String, i64, i64), DeadLetter>);

/// Returns the letters of the bucket, or of `objects` in it, without the parts of an object that a list does not need.
pub async fn list(
    clients: &Clients,
    bucket: &str,
    objects: Option<Vec<Object>>,
    layout: &Layout,
) -> Result<Vec<DeadLetter>> {
    let objects = match objects {
        Some(objects) => objects,
        None => buckets::list_all(clients, bucket).await?,
    };
    let read = stream::iter(objects).map(|object| async move {
        // Objects that were removed since the listing are skipped.
        let Some(bytes) = buckets::read_if_there(clients, bucket, &object.key).await? else { return Ok(None) };
        let opened = document::read(&object.key, modified(&object), &bytes, layout);
        Ok::<_, Error>(Some(opened.letter))
    });
    let letters: Vec<Option<DeadLetter>> = read.buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(letters.into_iter().flatten().collect())
}

/// Returns the newest letters and the number of all; objects in `known` are not read again.
pub async fn newest(
    deployment: &Deployment,
    bucket: &str,
    limit: usize,
    known: &mut Known,
) -> Result<(Vec<DeadLetter>, usize)> {
    let clients = &deployment.clients;
    let mut objects = buckets::list(clients, bucket).await?;
    let total = objects.len();
    objects.sort_unstable_by_key(|object| std::cmp::Reverse(object.modified));
    objects.truncate(limit);
    let name = |object: &Object| (object.key.clone(), object.bytes, object.modified);
    known.0.retain(|key, _| objects.iter().any(|object| name(object) == *key));
    let fresh: Vec<Object> = objects.iter().filter(|object| !known.0.contains_key(&name(object))).cloned().collect();
    let letters = list(clients, bucket, Some(fresh.clone()), &deployment.layout).await?;
    for letter in letters {
        if let Some(object) = fresh.iter().find(|object| object.key == letter.key) {
            known.0.insert(name(object), letter);
        }
    }
    Ok((objects.iter().filter_map(|object| known.0.get(&name(object)).cloned()).collect(), total))
}

/// Reads a letter with its payload.
pub async fn open(clients: &Clients, bucket: &str, letter: &DeadLetter, layout: &Layout) -> Result<Opened> {
    let key = &letter.key;
    let bytes = buckets::read_if_there(clients, bucket, key).await?;
    let bytes = bytes.ok_or_else(|| Error::new(Kind::Failed, format!("s3://{bucket}/{key} no longer exists")))?;
    Ok(document::read(key, letter.at, &bytes, layout))
}

fn modified(object: &Object) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(object.modified).unwrap_or_default()
}
