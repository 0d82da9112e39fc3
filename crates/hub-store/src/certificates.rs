//! Whom the hub takes for its PostgreSQL server. A certificate is checked unless the address says not to: the chain, and the
//! host. Libraries commonly check nothing for `require` and `prefer`, so that whoever sits in between may read along.

use crate::error::{Result, StoreError};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{Connection, Error};
use std::io::ErrorKind;

/// The parameter of an address that says how to go about certificates.
const MODE: [&str; 2] = ["sslmode", "ssl-mode"];
/// The word for an encrypted connection to whoever answers; the Node original's library has it too.
const UNCHECKED: &str = "no-verify";
/// The driver's words for a server without TLS; it has no error of its own for that.
const NO_TLS: &str = "server does not support TLS";
/// What to do about a certificate that is not trusted.
const REMEDY: &str = "name the authority that signed it with sslrootcert=<file> in the address, or give up the check with \
                      sslmode=no-verify";

/// An address without its mode, and the mode.
pub(crate) fn split_mode(url: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut mode, mut rest) = (None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((name, value)) if MODE.contains(&name) => mode = Some(value.to_ascii_lowercase()),
            _ => rest.push(pair),
        }
    }
    let rest = rest.join("&");
    (if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") }, mode)
}

/// Options that check certificates as the mode says; without one, what a server offers is used and checked, and nothing is
/// checked on this machine, where nobody sits in between.
pub(crate) async fn checking(options: PgConnectOptions, mode: Option<&str>) -> Result<PgConnectOptions> {
    let strict = options.clone().ssl_mode(PgSslMode::VerifyFull);
    match mode {
        Some("require") => Ok(strict),
        Some(UNCHECKED) => Ok(options.ssl_mode(PgSslMode::Require)),
        Some(mode) => {
            let known = mode.parse().map_err(|_| StoreError::Invalid(format!("sslmode={mode} is not known")))?;
            Ok(options.ssl_mode(known))
        }
        None if is_here(&options) => Ok(options),
        None => match PgConnection::connect_with(&strict).await {
            Ok(connection) => {
                // It was only asked whether it can be had.
                let _ = connection.close().await;
                Ok(strict)
            }
            Err(Error::Tls(error)) if error.to_string() == NO_TLS => {
                tracing::warn!(host = options.get_host(), "the connection to the database is not encrypted");
                Ok(options.ssl_mode(PgSslMode::Disable))
            }
            Err(error) => Err(told(error)),
        },
    }
}

fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An error of connecting, with what to do about it where that is a certificate.
pub(crate) fn told(error: Error) -> StoreError {
    match &error {
        // What a handshake fails with comes as invalid data.
        Error::Io(io) if io.kind() == ErrorKind::InvalidData => {
            StoreError::Invalid(format!("the database server's certificate is not trusted ({io}); {REMEDY}"))
        }
        Error::Tls(tls) => StoreError::Invalid(format!("no encrypted connection to the database server: {tls}")),
        _ => StoreError::from(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{checking, is_here, split_mode};
    use sqlx::postgres::{PgConnectOptions, PgSslMode};

    #[test]
    fn the_mode_is_found_wherever_it_stands() {
        let mode = |url| split_mode(url).1;
        assert_eq!(mode("postgres://a@b/c"), None);
        assert_eq!(mode("postgres://a@b/c?sslrootcert=x"), None);
        let (url, mode) = split_mode("postgres://a@b/c?application_name=x&sslmode=No-Verify&sslrootcert=/a%20b");
        assert_eq!(url, "postgres://a@b/c?application_name=x&sslrootcert=/a%20b");
        assert_eq!(mode.as_deref(), Some("no-verify"));
        assert_eq!(split_mode("postgres://a@b/c?ssl-mode=require").0, "postgres://a@b/c");
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let to = |host: &str| is_here(&PgConnectOptions::new_without_pgpass().host(host));
        assert!(to("localhost") && to("127.0.0.1") && to("::1") && to("/run/postgresql"));
        assert!(!to("db") && !to("10.0.0.1") && !to("localhost.example.com"));
    }

    #[tokio::test]
    async fn to_require_is_to_check() {
        let mode = async |word| {
            let options = PgConnectOptions::new_without_pgpass().host("db");
            checking(options, Some(word)).await.map(|options| options.get_ssl_mode())
        };
        assert!(matches!(mode("require").await, Ok(PgSslMode::VerifyFull)));
        assert!(matches!(mode("verify-ca").await, Ok(PgSslMode::VerifyCa)));
        assert!(matches!(mode("no-verify").await, Ok(PgSslMode::Require)));
        assert!(matches!(mode("disable").await, Ok(PgSslMode::Disable)));
        assert!(mode("maybe").await.is_err());
    }
}
