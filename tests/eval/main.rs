//! What expressions are worth, and what is said where they do not hold.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail loudly, their helpers too"
)]

mod build;
mod data;
mod explain;
mod total;
mod values;
