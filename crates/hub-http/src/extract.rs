//! What handlers ask for.

use crate::failure::{Failure, Result};
use crate::front::Front;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use hub_app::Caller;
use hub_app::auth::{self, AccessError};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// The signed-in user.
#[derive(Clone, Debug)]
pub(crate) struct CurrentUser(pub(crate) Caller);

impl FromRequestParts<Front> for CurrentUser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self> {
        signed_in(parts, front).await.map(Self)
    }
}

/// A signed-in administrator (`hub_roles`).
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Front> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self> {
        let caller = signed_in(parts, front).await?;
        if auth::is_admin(&front.app, &caller).await? {
            return Ok(Self(caller));
        }
        Err(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", "Administrators only"))
    }
}

/// Who is asking, as the layer around the routes found out, or found out now.
async fn signed_in(parts: &Parts, front: &Front) -> Result<Caller> {
    match parts.extensions.get::<Caller>() {
        Some(caller) => Ok(caller.clone()),
        None => caller(front, &parts.headers).await,
    }
}

/// Proves the access token of the header, and that its session still stands (contract, `http.md` 2.3). A bad one is a 401, because the front end renews on
/// nothing else; where the originals' 403 is wanted instead, that renewal is given up.
pub(crate) async fn caller(front: &Front, headers: &HeaderMap) -> Result<Caller> {
    let refused = |code, message: &str| Failure::new(StatusCode::UNAUTHORIZED, code, message);
    let token = bearer(headers).ok_or_else(|| refused("UNAUTHORIZED", "Access token is required"))?;
    let error = match auth::authenticate(&front.app, token) {
        Ok(caller) if auth::stands(&front.app, &caller).await? => return Ok(caller),
        Ok(_) => AccessError::Invalid,
        Err(error) => error,
    };
    let (code, message) = match error {
        AccessError::Expired => ("TOKEN_EXPIRED", "Access token has expired"),
        AccessError::Invalid => ("INVALID_TOKEN", "Invalid access token"),
    };
    if front.settings.strict_token_codes {
        return Err(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    Err(refused(code, message))
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Where the request came from, seen through trusted proxies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl FromRequestParts<Front> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, Infallible> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else { return Ok(Self(None)) };
        let trusted = |address: IpAddr| front.settings.trusted_proxies.iter().any(|network| network.contains(address));
        let mut address = peer.ip();
        let forwarded: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .collect();
        // From the nearest hop outwards, as long as the hop itself is ours.
        for hop in forwarded.iter().rev() {
            let (true, Ok(next)) = (trusted(address), hop.trim().parse()) else { break };
            address = next;
        }
        Ok(Self(Some(address)))
    }
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}
