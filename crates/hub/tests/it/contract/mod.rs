//! What the hub promises to clients and databases of the originals: one test for each decision (`d…`), each mistake about
//! security (`s…`) and each mistake about correctness (`c…`) of the contract, named by its id and listed in
//! `docs/compatibility.md`. A house rule sees to it that none is missing.

mod authentication;
mod errors;
mod messages;
mod scene;
mod sending;
mod shapes;
mod tokens;
