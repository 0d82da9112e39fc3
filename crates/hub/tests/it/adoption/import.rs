//! `hub import`.
