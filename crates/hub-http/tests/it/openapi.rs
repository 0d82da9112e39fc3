use crate::support::Hub;
use std::path::Path;

#[test]
fn the_snapshot_in_the_repository_is_the_api() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).expect("docs/openapi.json");
    assert!(kept == hub_http::openapi(), "the API changed; run: cargo xtask openapi");
}

#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let hub = Hub::start().await;
    let (status, document) = hub.client.get("/api/openapi.json").await;
    assert_eq!((status.as_u16(), &document["openapi"]), (200, &serde_json::json!("3.1.0")));
    let message = &document["components"]["schemas"]["Message"]["properties"];
    assert!(message["sentAt"].is_object() && message["sent_at"].is_object(), "both spellings are documented");
    let page = reqwest::get(format!("{}/api/docs/", hub.base)).await.expect("an answer");
    assert_eq!(page.status().as_u16(), 200);
    assert!(page.text().await.expect("a page").contains("swagger-ui"));
}
