//! What a platform must be: its card, its facets, its errors, the guards around every call and the one HTTP transport.
//!
//! The core holds a [`PlatformHandle`](handle::PlatformHandle), never a [`Platform`](platform::Platform): every call passes
//! the guards. An adapter is written against this crate and `hub-domain` alone.

mod alone;
pub mod card;
pub mod error;
pub mod fetch;
pub mod grant;
pub mod guards;
pub mod handle;
pub mod platform;
pub mod registry;
pub mod throttle;
pub mod transport;
pub mod webhook;

pub use alone::{READER_FAILED, alone};
pub use card::Card;
pub use error::{ErrorKind, PlatformError, Remedy, Result};
pub use grant::{Grant, Secret};
pub use handle::PlatformHandle;
pub use platform::Platform;
pub use registry::Registry;
