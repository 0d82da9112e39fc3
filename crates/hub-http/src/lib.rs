//! The front door: requests in, answers and pushes out. Only here is known what our JSON looks like and which status says
//! what. A handler takes a request apart, calls one use case and puts the answer together.

mod body;
mod dto;
mod extract;
mod failure;
mod front;
mod layers;
mod openapi;
mod realtime;
mod routes;
mod settings;
mod validate;

pub use front::serve;
pub use openapi::openapi;
pub use settings::{HttpSettings, Network};
