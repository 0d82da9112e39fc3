//! A stand-in for a platform's API: gives the answers it was told to, in order, and writes down what was asked.

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::Response;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into() }
    }
}

/// One question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Parameters of the address.
    pub(crate) query: BTreeMap<String, String>,
    /// All headers, by their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The token in the header; another proof than a token as it is.
    pub(crate) token: Option<String>,
    /// Members of the JSON body, or fields of the form.
    pub(crate) parameters: Map<String, Value>,
    /// Files of a form: part name, file name, media type, bytes.
    pub(crate) files: Vec<(String, String, String, Vec<u8>)>,
    pub(crate) is_form: bool,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
}

/// The running stand-in. It ends with the runtime it was started on.
pub(crate) struct StandIn {
    pub(crate) base: String,
    script: Arc<Mutex<Script>>,
}

impl StandIn {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let script = Arc::new(Mutex::new(Script { replies: replies.into(), asked: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(script.clone()).layer(DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, script }
    }

    /// A further answer, for those that must name the stand-in itself.
    pub(crate) fn give(&self, reply: Reply) {
        self.script.lock().unwrap().replies.push_back(reply);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// The one question that was asked.
    pub(crate) fn only(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "asked: {asked:?}");
        asked.into_iter().next().unwrap()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let asked = read(request).await;
    let reply = {
        let mut script = script.lock().unwrap();
        script.asked.push(asked);
        script.replies.pop_front()
    };
    let reply = reply.unwrap_or_else(|| Reply::json(599, "{}"));
    let builder = reply.headers.iter().fold(Response::builder().status(reply.status), |b, (k, v)| b.header(k, v));
    builder.body(Body::from(reply.body)).unwrap()
}

async fn read(request: Request) -> Asked {
    let (asked, kind) = head(&request);
    body(request, asked, &kind).await
}

/// Everything before the body, and the media type of it.
fn head(request: &Request) -> (Asked, String) {
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    let kind = header("content-type").unwrap_or_default();
    let asked = Asked {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: query.into_owned().collect(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect(),
        token: header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(&value).to_owned()),
        ..Asked::default()
    };
    (asked, kind)
}

async fn body(request: Request, mut asked: Asked, kind: &str) -> Asked {
    if kind.starts_with("multipart/") {
        asked.is_form = true;
        let mut form = Multipart::from_request(request, &()).await.unwrap();
        while let Some(field) = form.next_field().await.unwrap() {
            let name = field.name().unwrap().to_owned();
            if let Some(file_name) = field.file_name().map(str::to_owned) {
                let mime = field.content_type().unwrap().to_owned();
                asked.files.push((name, file_name, mime, field.bytes().await.unwrap().to_vec()));
            } else {
                asked.parameters.insert(name, field.text().await.unwrap().into());
            }
        }
        return asked;
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    if kind.starts_with("application/x-www-form-urlencoded") {
        asked.is_form = true;
        let fields = url::form_urlencoded::parse(&body).into_owned();
        asked.parameters = fields.map(|(name, value)| (name, value.into())).collect();
    } else if !body.is_empty() {
        asked.parameters = serde_json::from_slice(&body).unwrap();
    }
    asked
}
