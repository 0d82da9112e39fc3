//! `hub reseal`.
