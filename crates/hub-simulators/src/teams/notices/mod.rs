//! Change notices: subscriptions, their validation, encrypted items, tokens, repeats, and notices about subscriptions.

pub(super) mod certificate;
pub(super) mod deliver;
pub(super) mod forge;
pub(super) mod item;
pub(super) mod lifecycle;
pub(super) mod renew;
pub(super) mod seal;
pub(super) mod subscribe;
pub(super) mod subscription;
pub(super) mod validation;
