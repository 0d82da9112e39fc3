//! The URL tree: one file per noun.

mod admin;
mod auth;
mod channels;
mod connect_page;
mod conversations;
mod debug;
mod gestures;
mod health;
mod media;
mod messages;
mod metrics;
mod notices;
mod oauth;
mod oauth_callback;
mod pages;
mod parked;
mod platforms;
mod send;
mod telegram_user;
mod webhooks;

pub(crate) use pages::pages;

use crate::failure::Failure;
use crate::front::Front;
use crate::layers::signed_in::signed_in;
use crate::openapi;
use crate::realtime::websocket;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

/// Every route of the API with its documentation.
pub(crate) fn all(front: &Front) -> (Router<Front>, utoipa::openapi::OpenApi) {
    let (router, document) = documented().split_for_parts();
    let router =
        router.route("/ws/messages", any(websocket::open)).route_layer(from_fn_with_state(front.clone(), signed_in));
    (router, document)
}

/// The documented routes alone.
pub(crate) fn documented() -> OpenApiRouter<Front> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(auth::routes())
        .merge(oauth::routes())
        .merge(oauth_callback::routes())
        .merge(connect_page::routes())
        .merge(conversations::routes())
        .merge(messages::routes())
        .merge(send::routes())
        .merge(gestures::routes())
        .merge(notices::routes())
        .merge(channels::routes())
        .merge(media::routes())
        .merge(platforms::routes())
        .merge(webhooks::routes())
        .merge(telegram_user::routes())
        .merge(debug::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(parked::routes())
        .merge(admin::routes())
}

/// Nothing is here.
pub(crate) async fn not_found() -> Failure {
    Failure::not_found("Route not found")
}
