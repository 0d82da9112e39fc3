//! The description of the API, made from the routes themselves.

use crate::dto::camel_case;
use crate::front::Front;
use crate::routes;
use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::SwaggerUi;

#[derive(OpenApi)]
#[openapi(info(
    title = "messaging-hub",
    description = "One inbox for the direct messages of many platforms. Every multi-word member of an account, a \
            conversation or a message comes in both spellings (`sent_at`, `sentAt`). Sockets: `/ws/messages/?token=…` and \
            Socket.IO at `/socket.io/`.",
    license(name = "MIT OR Apache-2.0")
))]
struct Head;

/// The document without its routes.
pub(crate) fn head() -> utoipa::openapi::OpenApi {
    let mut document = Head::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document
}

/// The document as text, in OpenAPI 3.1.
pub fn openapi() -> String {
    let (_, document) = routes::documented().split_for_parts();
    let mut text = with_both_spellings(document).to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// What the DTOs send in both spellings is documented in both.
fn with_both_spellings(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let Some(components) = document.components.as_mut() else { return document };
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::Object(object)) = schema else { continue };
        let twins: Vec<_> = object
            .properties
            .iter()
            .filter(|(name, _)| name.contains('_'))
            .map(|(name, schema)| (camel_case(name), schema.clone()))
            .collect();
        object.properties.extend(twins);
    }
    document
}

/// The document and the page to read it with.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> Router<Front> {
    SwaggerUi::new("/api/docs").url("/api/openapi.json", with_both_spellings(document)).into()
}
