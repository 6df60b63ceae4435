//! What ends a run without a result.

use gantry_store::StoreError;

use crate::facts::TreeError;
use crate::select::{Refusal, UnknownName};

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Jobs that would run cannot be carried out.
    #[error("{} of the jobs cannot be carried out yet", .0.len())]
    Refused(Vec<Refusal>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Somebody has removed them since it was decided to keep them.
    #[error("the artifacts of job `{job}` have just been removed")]
    ArtifactsGone { job: String },
    #[error("no random token can be made")]
    Random(#[source] std::io::Error),
}
