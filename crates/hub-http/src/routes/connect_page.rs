//! The hub's own page between a platform and the link: "is this meant?", and "which one?". It works without a script and
//! without a front end, because the browser may have come here without either.

use super::oauth::COOKIE;
use super::oauth_callback::redirect;
use crate::body::members;
use crate::extract::cookie;
use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::validate::Query;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use hub_app::AppError;
use hub_app::accounts::{self, About, ConnectProgress, Decision, Question};
use hub_domain::connect::Choice;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PAGE: &str = include_str!("connect_page.html");

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(show, decide))
}

/// Sends the browser to the page.
pub(super) fn ask(state: &str) -> Response {
    let target = format!("/api/oauth/continue?state={state}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response()
}

/// The page that asks the person whether the link is meant, or which of several accounts to link.
#[utoipa::path(get, path = "/api/oauth/continue", operation_id = "connectPage", tag = "oauth",
    params(("state" = String, Query, description = "Key of the attempt; works in the browser that came back only")),
    responses((status = 200, description = "A page"), (status = 400, description = "Unknown or used attempt, or another browser")))]
async fn show(State(front): State<Front>, headers: HeaderMap, uri: Uri) -> Result<Response> {
    let query = Query::of(&uri);
    let state = query.get("state").unwrap_or_default();
    let question = accounts::question(&front.app, state, cookie(&headers, COOKIE)).await?;
    Ok(page(&front, state, &question, None))
}

/// What the person decided; `action` is `link` or `cancel`. The browser is sent on to the front end.
#[utoipa::path(post, path = "/api/oauth/continue", operation_id = "connectDecision", tag = "oauth", request_body = Object,
    responses((status = 303, description = "On to the front end"), (status = 400, description = "Unknown or used attempt")))]
async fn decide(State(front): State<Front>, headers: HeaderMap, body: Body) -> Result<Response> {
    if !is_ours(&front, &headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", "This form belongs to another page"));
    }
    let body = members(&headers, body).await?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let state = text("state").unwrap_or_default();
    let browser = cookie(&headers, COOKIE).map(str::to_owned);
    if text("action").as_deref() != Some("link") {
        let platform = accounts::give_up(&front.app, &state, browser.as_deref()).await?;
        return Ok(see_other(redirect(&front, &[("error", "access_denied"), ("platform", &platform)])));
    }
    let asked = accounts::question(&front.app, &state, browser.as_deref()).await?;
    let decision = Decision { state: state.clone(), browser: browser.clone(), choice: text("choice") };
    let platform = asked.platform.clone();
    match accounts::decide(&front.app, decision).await {
        Ok(connecting) => Ok(match connecting.progress {
            ConnectProgress::Linked(account) => {
                let id = account.id.to_string();
                see_other(redirect(&front, &[("success", "true"), ("platform", &platform), ("accountId", &id)]))
            }
            ConnectProgress::Step(_) | ConnectProgress::Page { .. } => ask(&connecting.state),
        }),
        Err(AppError::Invalid(sentence)) => Ok(page(&front, &state, &asked, Some(&sentence))),
        Err(error @ (AppError::InvalidState | AppError::Unavailable)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(platform, %error, "linking failed");
            let message = "The platform did not complete the connection. Please try again.";
            let parameters = [("error", "callback_failed"), ("platform", platform.as_str()), ("message", message)];
            Ok(see_other(redirect(&front, &parameters)))
        }
    }
}

/// A form of our own page: browsers say where a post comes from.
fn is_ours(front: &Front, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let own = front.settings.public_url.as_deref();
    text("origin").is_none_or(|origin| {
        let host = text("host").is_some_and(|host| origin.split_once("://").is_some_and(|(_, rest)| rest == host));
        host || own == Some(origin)
    })
}

/// After a form, browsers must come with GET.
fn see_other(mut response: Response) -> Response {
    if response.status() == StatusCode::FOUND {
        *response.status_mut() = StatusCode::SEE_OTHER;
    }
    response
}

fn page(front: &Front, state: &str, question: &Question, problem: Option<&str>) -> Response {
    let (title, choices, verb) = match &question.about {
        About::Account { name } => (format!("Link {name}?"), String::new(), "Link it"),
        About::Choice { title, options } => {
            let options: String = options.iter().enumerate().map(|(number, one)| option(one, number == 0)).collect();
            (title.clone(), format!("<fieldset><legend>{}</legend>{options}</fieldset>", escaped(title)), "Link it")
        }
    };
    let problem = problem.map(|words| format!("<p role=\"alert\" class=\"problem\">{}</p>", escaped(words)));
    let html = PAGE
        .replace("{{title}}", &escaped(&title))
        .replace("{{platform}}", &escaped(question.display_name))
        .replace("{{email}}", &escaped(&question.email))
        .replace("{{state}}", &escaped(state))
        .replace("{{problem}}", &problem.unwrap_or_default())
        .replace("{{choices}}", &choices)
        .replace("{{verb}}", verb);
    let mut response = Html(html).into_response();
    // Forms may lead on to the front end, wherever that is; nobody may frame the page.
    let settings = front.app.settings();
    let onward = settings.frontend_url.as_deref().or(settings.public_url.as_deref()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self' {onward}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn option(choice: &Choice, first: bool) -> String {
    let (id, label) = (escaped(&choice.id), escaped(&choice.label));
    let checked = if first { " checked" } else { "" };
    format!(
        "<label class=\"option\"><input type=\"radio\" name=\"choice\" value=\"{id}\" required{checked}> <bdi>{label}</bdi></label>"
    )
}

/// Text of others in a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '{' => out.push_str("&#123;"),
            // Marks that turn the direction of what follows have no place in a question.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            other => out.push(other),
        }
    }
    out
}
