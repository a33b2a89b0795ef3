//! Removal of dead letters that must not be delivered.

use super::letter::DeadLetter;
use super::place::Places;
use super::plan::Selection;
use crate::error::{Error, Result};

/// Removes the selected letters, and reports each before the next. Messages that another process has received are
/// skipped.
///
/// # Errors
/// Those of the place; `Interrupted` if cancelled. Letters that were already removed stay removed.
pub async fn discard(
    places: &mut Places,
    selection: &Selection,
    cancel: &tokio_util::sync::CancellationToken,
    mut on_removed: impl FnMut(&DeadLetter),
) -> Result<()> {
    for place in &mut places.0 {
        let letters = place.hold(|letter| selection.takes(letter)).await?;
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
