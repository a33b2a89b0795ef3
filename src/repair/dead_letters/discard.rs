//! Removal of dead letters that must not be delivered.

use std::collections::HashSet;

use super::letter::DeadLetter;
use super::place::Places;
use crate::base::error::{Error, Result};

/// Removes these letters, and reports each before the next. Letters that no longer exist, and messages that another
/// process has received, are skipped.
///
/// # Errors
/// Those of the place; `Interrupted` if cancelled. Letters that were already removed stay removed.
pub async fn discard(
    places: &mut Places,
    confirmed: &[DeadLetter],
    cancel: &tokio_util::sync::CancellationToken,
    mut on_removed: impl FnMut(&DeadLetter),
) -> Result<()> {
    for place in &mut places.0 {
        // Not by a condition: letters that came since then were not confirmed.
        let keys: HashSet<&str> = confirmed.iter().filter(|one| one.place == place.name).map(|one| &*one.key).collect();
        let letters = place.hold(|letter| keys.contains(&*letter.key)).await?;
        let removing = async {
            for letter in &letters {
                if cancel.is_cancelled() {
                    return Err(Error::interrupted());
                }
                place.remove(letter).await?;
                on_removed(letter);
            }
            Ok(())
        };
        let ended = removing.await;
        place.release().await;
        ended?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::State;
    use axum::http::{Method, StatusCode, Uri};
    use outboxctl_test_support::serve::Endpoint;
    use parking_lot::Mutex;
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::aws::Clients;
    use crate::repair::dead_letters::place::Place;

    type Objects = Arc<Mutex<BTreeMap<String, String>>>;

    /// Answers as a bucket, and as STS.
    async fn answer(State(objects): State<Objects>, method: Method, uri: Uri) -> (StatusCode, String) {
        let mut objects = objects.lock();
        let key = uri.path().strip_prefix("/bucket/").unwrap_or_default();
        match method {
            Method::POST => {
                let result = "<GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult>";
                (StatusCode::OK, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
            }
            Method::DELETE => {
                objects.remove(key);
                (StatusCode::NO_CONTENT, String::new())
            }
            _ if key.is_empty() => {
                let contents = |key: &String| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
                let contents: String = objects.keys().map(contents).collect();
                (StatusCode::OK, format!("<ListBucketResult>{contents}</ListBucketResult>"))
            }
            _ => (StatusCode::OK, objects[key].clone()),
        }
    }

    #[tokio::test]
    async fn letters_that_came_after_the_confirmation_stay() {
        let objects = Objects::default();
        let put = |key: &str| {
            let document = json!({ "reason": { "code": "EventTooLarge" }, "payload": "e30=" }).to_string();
            objects.lock().insert(key.to_owned(), document);
        };
        let url = Endpoint::serve(Router::new().fallback(answer).with_state(objects.clone())).await.url;
        let mut places = Places(vec![Place::of_bucket(&Clients::for_test(url), "bucket")]);
        put("1.json");
        put("2.json");
        let confirmed = places.list().await.expect("letters");
        objects.lock().remove("2.json");
        put("3.json");
        let (cancel, mut removed) = (CancellationToken::new(), Vec::new());
        let on_removed = |letter: &DeadLetter| removed.push(letter.key.clone());
        discard(&mut places, &confirmed, &cancel, on_removed).await.expect("removed");
        assert_eq!(removed, ["1.json"]);
        assert_eq!(objects.lock().keys().collect::<Vec<_>>(), ["3.json"]);
    }
}
