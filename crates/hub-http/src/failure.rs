//! Everything that can go wrong, and the only place that turns it into a status and a body. A handler says *what* failed;
//! which of the contract's three shapes the body has depends on the route, and is decided at the very end by [`render`].

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_app::AppError;
use serde_json::{Value, json};
use std::time::Duration;

/// A failed request, on its way to its body.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retryable: bool,
    pub(crate) details: Option<Value>,
    pub(crate) retry_after: Option<Duration>,
    /// Further members at the top level.
    pub(crate) extra: Option<(&'static str, Value)>,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, message, retryable: false, details: None, retry_after: None, extra: None }
    }
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }
    pub(crate) fn unavailable() -> Self {
        let failure = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            "The service is temporarily unavailable. Please try again.",
        );
        failure.retryable().after(Duration::from_secs(1))
    }
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "An unexpected error occurred")
    }
    pub(crate) fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
    /// The contract names a code and a text for our own mistakes on this route.
    pub(crate) fn or_500(mut self, code: &'static str, message: &str) -> Self {
        if self.status == StatusCode::INTERNAL_SERVER_ERROR && self.code == "INTERNAL_ERROR" {
            self.code = code;
            message.clone_into(&mut self.message);
            self.retryable = code != "INTERNAL_ERROR";
        }
        self
    }
}

/// What failed, for routes on which the contract has its own words.
pub(crate) trait Named<T> {
    /// Names our own mistakes.
    fn or_500(self, code: &'static str, message: &str) -> Result<T>;
}

impl<T> Named<T> for hub_app::Result<T> {
    fn or_500(self, code: &'static str, message: &str) -> Result<T> {
        self.map_err(|error| Failure::from(error).or_500(code, message))
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let message = error.to_string();
        let plain = |status, code| Self::new(status, code, message.clone());
        match error {
            AppError::Invalid(_) => plain(StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
            AppError::EmailTaken => plain(StatusCode::CONFLICT, "USER_EXISTS"),
            // Not 401 or 403: the originals' pages would renew their token and come again.
            AppError::StepUpRequired => plain(StatusCode::BAD_REQUEST, "STEP_UP_REQUIRED"),
            AppError::Deactivated => plain(StatusCode::UNAUTHORIZED, "USER_DEACTIVATED"),
            AppError::Refused(_) => plain(StatusCode::CONFLICT, "NOT_ALLOWED"),
            AppError::BadCredentials => plain(StatusCode::UNAUTHORIZED, "AUTHENTICATION_FAILED"),
            AppError::BadRefreshToken(_) => plain(StatusCode::UNAUTHORIZED, "TOKEN_REFRESH_FAILED"),
            AppError::Throttled { retry_after, limit } => {
                let seconds = whole_seconds(retry_after);
                let mut failure =
                    plain(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED").retryable().after(retry_after);
                failure.details = Some(json!({"limit": limit, "windowMs": 60_000, "retryAfter": seconds}));
                failure
            }
            AppError::AccountNotFound => plain(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND"),
            AppError::ConversationForbidden | AppError::AdminsOnly => plain(StatusCode::FORBIDDEN, "FORBIDDEN"),
            AppError::NotFound(_) => plain(StatusCode::NOT_FOUND, "NOT_FOUND"),
            AppError::InvalidState => plain(StatusCode::BAD_REQUEST, "INVALID_STATE"),
            AppError::NotConfigured(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "CONNECTION_FAILED"),
            AppError::WindowClosed { tag, templates, .. } => {
                let mut failure = plain(StatusCode::UNPROCESSABLE_ENTITY, "REPLY_WINDOW_CLOSED");
                failure.details = Some(json!({"tag": tag, "templates": templates}));
                failure
            }
            AppError::AccountInactive => plain(StatusCode::CONFLICT, "ACCOUNT_INACTIVE"),
            AppError::AccountNeedsReauth => plain(StatusCode::CONFLICT, "ACCOUNT_NEEDS_REAUTH"),
            AppError::IdempotencyConflict => plain(StatusCode::CONFLICT, "IDEMPOTENCY_CONFLICT"),
            AppError::Platform { error, .. } => platform(&error, message),
            AppError::Unavailable => Self::unavailable(),
            AppError::Internal(why) => {
                tracing::error!(why, "a request failed");
                Self::internal()
            }
        }
    }
}

/// A platform's no. Never 401 or 403: the front end would renew its own token (contract D32).
fn platform(error: &hub_app::PlatformError, message: String) -> Failure {
    use hub_app::ErrorKind::{BadInput, NotFound, NotHere, RateLimited, Transient, UnexpectedReply, Unsupported};
    let retryable = matches!(error.kind, RateLimited { .. } | Transient { maybe_applied: false } | UnexpectedReply);
    let wait = match error.kind {
        RateLimited { retry_after } => retry_after,
        _ => None,
    };
    if let (RateLimited { .. }, None) = (error.kind, error.status) {
        // Our own limiter, before anything left.
        let mut failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "PLATFORM_RATE_LIMIT_EXCEEDED", message);
        failure.retry_after = wait;
        failure.extra = Some(("retryAfter", json!(wait.map_or(1, whole_seconds))));
        return failure.retryable();
    }
    if let NotHere { retry_after } = error.kind {
        let failure = Failure::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", error.message.as_str());
        return failure.retryable().after(retry_after);
    }
    let status = match (error.status, error.kind) {
        (Some(status @ (400 | 404 | 409 | 413 | 422 | 429)), _) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
        }
        // Whatever number the platform has for it.
        (_, RateLimited { .. }) => StatusCode::TOO_MANY_REQUESTS,
        (None, Unsupported) => StatusCode::NOT_IMPLEMENTED,
        (None, NotFound) => StatusCode::NOT_FOUND,
        (None, BadInput) => StatusCode::BAD_REQUEST,
        _ => StatusCode::BAD_GATEWAY,
    };
    let mut failure = Failure::new(status, "PLATFORM_API_ERROR", message);
    failure.retryable = retryable;
    failure.retry_after = wait;
    failure
}

/// At least one second: zero would mean "at once".
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

/// The body follows in [`render`]; until then the failure travels beside the response.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a failed response its body, in the shape of its route (contract, `http.md` 2.2).
pub(crate) fn render(path: &str, response: Response) -> Response {
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    let Failure { status, code, message, retryable, details, retry_after, extra } = failure;
    let within = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    let structured = || {
        let mut error = json!({"code": code, "message": message, "retryable": retryable});
        if let Some(details) = &details {
            error["details"] = details.clone();
        }
        json!({"error": error})
    };
    let shared = matches!(status, StatusCode::UNAUTHORIZED)
        || (matches!(status, StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN) && within("/api/conversations"));
    let mut body = if within("/api/webhooks") {
        json!({"error": message})
    } else if shared && !within("/api/messages") {
        structured()
    } else if within("/api/debug") {
        json!({"success": false, "error": message})
    } else if within("/api/conversations") || within("/api/telegram") {
        let mut body = json!({"error": message, "code": code, "message": message, "retryable": retryable});
        if let Some(details) = &details {
            body["details"] = details.clone();
        }
        body
    } else {
        let mut body = structured();
        if within("/api/messages") || path.contains("/callback/") {
            body["message"] = message.clone().into();
        }
        body
    };
    if let Some((key, value)) = extra {
        body[key] = value;
    }
    let mut rendered = (status, Json(body)).into_response();
    let headers = rendered.headers_mut();
    // What middleware added on the way stays.
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            headers.append(name, value.clone());
        }
    }
    if let Some(wait) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    rendered
}
