//! Pushes: one renderer per process turns events into frames, every socket gets them in order, none twice.

mod frames;
mod live;
mod session;
pub(crate) mod socketio;
pub(crate) mod websocket;

pub(crate) use live::Live;
