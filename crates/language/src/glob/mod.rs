//! Which repository paths a pattern means. GitLab has three dialects, and each has its type here:
//!
//! | Keyword | Type | `*` | `**` |
//! |---|---|---|---|
//! | `rules:changes`, `only:changes` | [`Fnmatch`] | within a directory | crosses only as `**/` |
//! | `rules:exists` | [`Exists`] | the same, with short cuts and limits | the same |
//! | `include:local`, `cache:key:files` | [`IncludeWildcard`] | within a directory | crosses always |
//!
//! All three compare whole paths, relative to the top of the repository, with regard to case.

mod exists;
mod fnmatch;
mod include;

pub use exists::Exists;
pub use fnmatch::Fnmatch;
pub use include::IncludeWildcard;
