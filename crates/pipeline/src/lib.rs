//! A plan in motion: job states, what is ready, the composite status.
