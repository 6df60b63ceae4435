//! Durable records of runs and jobs, and the files that belong to them.
