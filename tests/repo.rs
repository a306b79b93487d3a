//! The repository module against repositories made by git itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly, in what it is made of too"
)]

#[path = "repo/sandbox.rs"]
mod sandbox;

#[path = "repo/ancestry.rs"]
mod ancestry;
#[path = "repo/change.rs"]
mod change;
#[path = "repo/checkout.rs"]
mod checkout;
#[path = "repo/formats.rs"]
mod formats;
#[path = "repo/ledger.rs"]
mod ledger;
#[path = "repo/loader.rs"]
mod loader;
#[path = "repo/seal.rs"]
mod seal;
#[path = "repo/shadow.rs"]
mod shadow;
#[path = "repo/share.rs"]
mod share;
#[path = "repo/state.rs"]
mod state;
#[path = "repo/unstaged.rs"]
mod unstaged;
