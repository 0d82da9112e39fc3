//! Passwords as the originals hashed them.
