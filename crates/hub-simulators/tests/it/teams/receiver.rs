//! A subscriber: answers validations, keeps what it is sent, and opens what is encrypted.

use super::WAIT;
use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use aws_lc_rs::{digest, hmac};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::Notify;

/// How validations are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Echo {
    #[default]
    Right,
    Wrong,
    AsHtml,
    NotFound,
}

#[derive(Clone)]
pub(super) struct Receiver {
    base: String,
    /// Path and body of what came.
    got: Arc<Mutex<Vec<(String, Value)>>>,
    /// Paths that were validated.
    pub(super) validated: Arc<Mutex<Vec<String>>>,
    /// Statuses of the next answers; 202 after them.
    pub(super) statuses: Arc<Mutex<Vec<u16>>>,
    /// How an address answers validations.
    pub(super) echo: Arc<Mutex<HashMap<String, Echo>>>,
    came: Arc<Notify>,
}

async fn answer(
    State(to): State<Receiver>,
    Path(path): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
    body: Bytes,
) -> Response {
    if let Some(token) = asked.get("validationToken") {
        assert!(body.is_empty());
        to.validated.lock().unwrap().push(path.clone());
        let echo = to.echo.lock().unwrap().get(&path).copied().unwrap_or_default();
        let plain = [(header::CONTENT_TYPE, "text/plain")];
        return match echo {
            Echo::Right => (plain, token.clone()).into_response(),
            Echo::Wrong => (plain, token.replace(' ', "+")).into_response(),
            Echo::AsHtml => ([(header::CONTENT_TYPE, "text/html")], token.clone()).into_response(),
            Echo::NotFound => StatusCode::NOT_FOUND.into_response(),
        };
    }
    to.got.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
    to.came.notify_one();
    let status = to.statuses.lock().unwrap().pop().unwrap_or(202);
    StatusCode::from_u16(status).unwrap().into_response()
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            base: format!("http://{}", listener.local_addr().unwrap()),
            got: Arc::default(),
            validated: Arc::default(),
            statuses: Arc::default(),
            echo: Arc::default(),
            came: Arc::default(),
        };
        let router = Router::new().route("/{path}", post(answer)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// Requests so far: path and body.
    pub(super) fn requests(&self) -> Vec<(String, Value)> {
        self.got.lock().unwrap().clone()
    }

    /// Items of all requests, once there are as many.
    pub(super) async fn wait(&self, count: usize) -> Vec<Value> {
        let items = || -> Vec<Value> {
            let got = self.got.lock().unwrap();
            got.iter().flat_map(|(_, body)| body["value"].as_array().cloned().unwrap_or_default()).collect()
        };
        let waiting = async {
            while items().len() < count {
                self.came.notified().await;
            }
        };
        let waited = tokio::time::timeout(WAIT, waiting).await;
        assert!(waited.is_ok(), "{count} items did not come: {:?}", items());
        items()
    }

    /// The messages in them.
    pub(super) async fn messages(&self, count: usize) -> Vec<Value> {
        self.wait(count).await.iter().map(|item| open(item).expect("it opens")).collect()
    }
}

struct Identity {
    certificate: String,
    private: Vec<u8>,
    thumbprint: String,
}

fn new_identity() -> Identity {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let params = rcgen::CertificateParams::new(vec!["hub.test".to_owned()]).unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    let thumbprint = hex::encode_upper(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der));
    Identity { certificate: STANDARD.encode(der), private: key.serialize_der(), thumbprint }
}

/// The subscriber's certificates, made when they are needed: making keys takes a while.
static FIRST: OnceLock<Identity> = OnceLock::new();
static NEXT: OnceLock<Identity> = OnceLock::new();

/// The subscriber's certificate, in base64.
pub(super) fn certificate() -> &'static str {
    &FIRST.get_or_init(new_identity).certificate
}

/// The one after it.
pub(super) fn next_certificate() -> &'static str {
    &NEXT.get_or_init(new_identity).certificate
}

/// What an item tells, checked and decrypted; the words say what is wrong with it.
pub(super) fn open(item: &Value) -> Result<Value, &'static str> {
    let content = &item["encryptedContent"];
    let bytes = |name: &str| STANDARD.decode(content[name].as_str().unwrap_or_default()).map_err(|_| "no base64");
    let identity = [FIRST.get(), NEXT.get()]
        .into_iter()
        .flatten()
        .find(|one| content["encryptionCertificateThumbprint"] == one.thumbprint.as_str())
        .ok_or("no such certificate")?;
    let private = PrivateDecryptingKey::from_pkcs8(&identity.private).map_err(|_| "no key")?;
    let private = OaepPrivateDecryptingKey::new(private).map_err(|_| "no key")?;
    let mut key = vec![0; private.min_output_size()];
    let key = private.decrypt(&OAEP_SHA1_MGF1SHA1, &bytes("dataKey")?, &mut key, None).map_err(|_| "no data key")?;
    let mut data = bytes("data")?;
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &data, &bytes("dataSignature")?)
        .map_err(|_| "the signature is wrong")?;
    let iv: [u8; 16] = key[..16].try_into().map_err(|_| "a short key")?;
    let cipher = UnboundCipherKey::new(&AES_256, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let plain = cipher.and_then(|cipher| cipher.decrypt(&mut data, context).map(|plain| plain.to_vec()));
    serde_json::from_slice(&plain.map_err(|_| "it does not decrypt")?).map_err(|_| "no JSON")
}

/// The claims of a token, its signature checked with the published keys.
pub(super) async fn claims(base: &str, token: &str) -> Result<Value, &'static str> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |url: String| -> Value { http.get(url).send().await.unwrap().json().await.unwrap() };
    let configuration = get(format!("{base}/common/.well-known/openid-configuration")).await;
    let keys = get(configuration["jwks_uri"].as_str().unwrap().to_owned()).await;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| "no base64");
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { return Err("no token") };
    let head: Value = serde_json::from_slice(&decode(head)?).map_err(|_| "no JSON")?;
    if head["alg"] != "RS256" {
        return Err("another algorithm");
    }
    let keys = keys["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == head["kid"]).ok_or("no such key")?;
    let part = |name: &str| decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents { n: part("n")?, e: part("e")? };
    let message = token.rsplit_once('.').unwrap().0;
    public
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &decode(signature)?)
        .map_err(|_| "a wrong signature")?;
    serde_json::from_slice(&decode(body)?).map_err(|_| "no JSON")
}
