//! The hub with simulated platforms beside it: to be tried without any account anywhere.
