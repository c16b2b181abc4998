//! Tolerances are remembered below the results before a run is judged by them.

use super::context::Context;
use super::failure::Failure;
use crate::claim::Claims;
use crate::executor::now;
use crate::store::{RegisteredTolerance, Registration};

/// Registers the tolerances of each claims file, unless they are those that stand there.
pub(super) fn register(context: &Context, claims: &[Claims]) -> Result<(), Failure> {
    for claims in claims {
        let tolerances: Vec<RegisteredTolerance> = claims
            .tolerances
            .current()
            .map(|entry| RegisteredTolerance {
                quantity: entry.quantity.name().to_owned(),
                value: entry.value,
                registered: entry.registered.clone(),
                reason: entry.reason.clone(),
            })
            .collect();
        if tolerances.is_empty() {
            continue;
        }
        context.results.register(&Registration {
            paper: claims.paper.key.clone(),
            seen: now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tolerances,
        })?;
    }
    Ok(())
}
