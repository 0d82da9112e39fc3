//! What the hub promises to clients and databases of the originals: one test for each decision (`d…`), each mistake about
//! security (`s…`) and each mistake about correctness (`c…`) of the contract, named by its id and listed in
//! `docs/compatibility.md`. A house rule sees to it that none is missing.

mod accounts;
mod administration;
mod administrators;
mod authentication;
mod certificates;
mod deliveries;
mod errors;
mod leaving;
mod media;
mod messages;
mod operations;
mod protection;
mod protocol;
pub(crate) mod scene;
mod secrets;
mod sending;
mod shapes;
mod sockets;
#[cfg(feature = "demo")]
mod telegram;
mod tokens;
