//! Registration.

use super::throttle::Attempt;
use super::tokens::Mark;
use super::{Credentials, Session, passwords, start_session};
use crate::clock::new_id;
use crate::{App, AppError, Result};
use hub_domain::{User, UserId, text};
use hub_platform_kit::Secret;
use hub_store::{NewUser, Tx};
use secrecy::ExposeSecret;

/// Shortest password in characters.
const MIN_PASSWORD_CHARS: usize = 8;

/// Registers and signs in.
pub async fn register(app: &App, input: Credentials) -> Result<Session> {
    app.auth_state().throttle.admit(Attempt::Register, input.address)?;
    let hash = checked_hash(app, &input.email, &input.password).await?;
    let tx = app.store().begin().await?;
    let user = insert(app, &tx, &input.email, hash).await?;
    let mark = Mark { proven: Some(app.now()), ..Mark::default() };
    let session = start_session(app, &tx, user, None, mark).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(session)
}

/// Makes a user without signing in, from the command line; `role` is given if named.
pub async fn create_user(app: &App, email: &str, password: &Secret, role: Option<&str>) -> Result<User> {
    let hash = checked_hash(app, email, password).await?;
    let tx = app.store().begin().await?;
    let user = insert(app, &tx, email, hash).await?;
    if let Some(role) = role {
        tx.users().add_role(user.id, role, app.now()).await?;
    }
    app.commit(tx, Vec::new()).await?;
    Ok(user)
}

async fn checked_hash(app: &App, email: &str, password: &Secret) -> Result<String> {
    if !text::is_email(email) {
        return Err(AppError::Invalid("\"email\" must be a valid email".to_owned()));
    }
    let password_text = password.expose_secret();
    if password_text.chars().count() < MIN_PASSWORD_CHARS {
        let text = format!("\"password\" length must be at least {MIN_PASSWORD_CHARS} characters long");
        return Err(AppError::Invalid(text));
    }
    if password_text.len() > passwords::MAX_BYTES {
        // What is beyond would not count; a person should know that their passphrase is not what protects them.
        let text = format!("\"password\" length must be less than or equal to {} bytes", passwords::MAX_BYTES);
        return Err(AppError::Invalid(text));
    }
    app.auth_state().passwords.hash(password).await
}

async fn insert(app: &App, tx: &Tx, email: &str, password_hash: String) -> Result<User> {
    let now = app.now();
    let id: UserId = new_id();
    let user = User { id, email: email.to_lowercase(), created_at: now, updated_at: now };
    // An original may have stored the address with capitals, which no unique key sees.
    if tx.users().by_email(&user.email).await?.is_some() {
        return Err(AppError::EmailTaken);
    }
    let row = NewUser { id, email: user.email.clone(), password_hash, at: now };
    if tx.users().insert(&row).await? { Ok(user) } else { Err(AppError::EmailTaken) }
}
