//! What stands around every platform.

mod throttle;
