//! The one loop that turns a plan into rows, payloads and transitions.
