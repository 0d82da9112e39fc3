//! WhatsApp Cloud API: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod errors;
mod lenient;
mod mapping;
mod wire;
