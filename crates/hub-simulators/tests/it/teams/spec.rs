//! The publisher's description of Graph: answers and notices have its types.

use super::{JANE, ME, ROBIN, Scene, TENANT};
use hub_simulators::teams::{ChatKind, Draft, Sender};
use reqwest::Method;
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The description; `None`, said out loud, where it is not.
fn text() -> Option<String> {
    let named = std::env::var("HUB_SPECS_DIR").ok().map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
    let file = named.clone().unwrap_or(beside).join("graph-v1.0-chat.csdl.xml");
    if let Ok(text) = std::fs::read_to_string(file) {
        return Some(text);
    }
    assert!(named.is_none(), "HUB_SPECS_DIR names a folder without the description");
    eprintln!("not run: the publisher's description of Graph is not here");
    None
}

struct Spec<'a>(&'a Document<'a>);

impl<'a> Spec<'a> {
    /// A type by its name without the namespace; the description is of a part of Graph only.
    fn named(&self, name: &str) -> Option<Node<'a, 'a>> {
        let kinds = ["EntityType", "ComplexType", "EnumType"];
        let is_it = |node: &Node| kinds.contains(&node.tag_name().name()) && node.attribute("Name") == Some(name);
        self.0.descendants().find(is_it)
    }

    fn base(&self, node: Node<'a, 'a>) -> Option<Node<'a, 'a>> {
        self.named(short(node.attribute("BaseType")?))
    }

    /// A type and what it is made from.
    fn chain(&self, node: Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
        std::iter::successors(Some(node), |node| self.base(*node)).collect()
    }

    /// What is wrong with a value of a type, as the description names it.
    fn problems(&self, kind: &str, value: &Value, at: &str) -> Vec<String> {
        if let Some(item) = kind.strip_prefix("Collection(").and_then(|kind| kind.strip_suffix(')')) {
            let Some(items) = value.as_array() else { return vec![format!("{at}: {value} is no list")] };
            let each = items.iter().enumerate();
            return each.flat_map(|(n, one)| self.problems(item, one, &format!("{at}[{n}]"))).collect();
        }
        let holds = match kind {
            "Edm.String" | "Edm.Binary" | "Edm.Duration" => value.is_string(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int32" | "Edm.Int64" => value.is_i64(),
            "Edm.DateTimeOffset" => value.as_str().is_some_and(|at| chrono::DateTime::parse_from_rfc3339(at).is_ok()),
            "Edm.Guid" => value.as_str().is_some_and(|id| uuid::Uuid::parse_str(id).is_ok()),
            _ => return self.of_graph(short(kind), value, at),
        };
        if holds { Vec::new() } else { vec![format!("{at}: {value} is no {kind}")] }
    }

    fn of_graph(&self, declared: &str, value: &Value, at: &str) -> Vec<String> {
        let derived = value["@odata.type"].as_str().and_then(|kind| kind.strip_prefix("#microsoft.graph."));
        let Some(node) = derived.and_then(|kind| self.named(kind)).or_else(|| self.named(declared)) else {
            return Vec::new();
        };
        if node.tag_name().name() == "EnumType" {
            let known = node.children().any(|member| member.attribute("Name") == value.as_str());
            return if known { Vec::new() } else { vec![format!("{at}: {value} is no {declared}")] };
        }
        let Some(members) = value.as_object() else { return vec![format!("{at}: {value} is no {declared}")] };
        let chain = self.chain(node);
        let mut found = Vec::new();
        if !chain.iter().any(|node| node.attribute("Name") == Some(declared)) {
            found.push(format!("{at}: {} is no {declared}", node.attribute("Name").unwrap_or_default()));
        }
        let open = chain.iter().any(|node| node.attribute("OpenType") == Some("true"));
        let properties: Vec<Node> = chain
            .iter()
            .flat_map(Node::children)
            .filter(|node| matches!(node.tag_name().name(), "Property" | "NavigationProperty"))
            .collect();
        for property in properties.iter().filter(|property| property.attribute("Nullable") == Some("false")) {
            let name = property.attribute("Name").unwrap_or_default();
            if members.get(name).is_none_or(Value::is_null) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, member) in members.iter().filter(|(name, _)| !name.contains("@odata.")) {
            let property = properties.iter().find(|property| property.attribute("Name") == Some(name));
            match property.and_then(|property| property.attribute("Type")) {
                Some(_) if member.is_null() => {}
                Some(kind) => found.extend(self.problems(kind, member, &format!("{at}.{name}"))),
                None if open => {}
                None => found.push(format!("{at}.{name} is not described")),
            }
        }
        found
    }

    fn check(&self, kind: &str, value: &Value) {
        assert_eq!(self.problems(kind, value, ""), Vec::<String>::new(), "{kind}: {value}");
    }
}

fn short(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or(kind)
}

#[test]
fn wrong_values_do_not_pass() {
    let Some(text) = text() else { return };
    let document = Document::parse(&text).unwrap();
    let spec = Spec(&document);
    let good = json!({"id": "1", "body": {"contentType": "text", "content": "x"}, "importance": "normal",
        "locale": "en-us", "messageType": "message", "createdDateTime": "2021-03-29T04:17:43.15Z"});
    spec.check("graph.chatMessage", &good);
    let wrong = [
        ("body", json!({"contentType": "markdown"})),
        ("messageType", json!("shout")),
        ("createdDateTime", json!("yesterday")),
        ("attachments", json!({})),
        ("attachments", json!([{"size": 1}])),
        ("eventDetail", json!({"@odata.type": "#microsoft.graph.chatViewpoint"})),
        ("mentions", json!([{"id": "0"}])),
        ("locale", Value::Null),
        ("colour", json!("red")),
    ];
    for (name, value) in wrong {
        let mut message = good.clone();
        message[name] = value;
        assert_eq!(spec.problems("graph.chatMessage", &message, "").len(), 1, "{message}");
    }
}

#[tokio::test]
async fn chats_and_messages_are_as_described() {
    let Some(text) = text() else { return };
    let document = Document::parse(&text).unwrap();
    let spec = Spec(&document);
    let scene = Scene::new().await;
    let platform = &scene.platform;
    platform.create_chat(ChatKind::Meeting, Some("Stand-up"), &[ROBIN, ME]);
    let first = platform.say(&scene.group, ROBIN, "hello").unwrap();
    platform.attach_file(&scene.group, ROBIN, "f", "a.docx", "https://example.sharepoint.com/a.docx");
    platform.attach_picture(&scene.group, ROBIN, "p", "image/png", b"png");
    platform.mention(&scene.group, JANE, ME, "m");
    platform.answer(&scene.group, JANE, first.id, "q");
    platform.react(&scene.group, first.id, JANE, "👍", true);
    platform.join(&scene.group, ROBIN, "ada");
    platform.leave(&scene.group, ROBIN, "ada");
    platform.rename(&scene.group, ROBIN, "Renamed");
    platform.call_starts(&scene.group, ROBIN);
    let bot = Sender::App { id: "b".to_owned(), name: "Bot".to_owned() };
    let gone = platform.write(&scene.group, bot, Draft::text("beep")).unwrap();
    platform.delete(&scene.group, gone.id);
    let path = format!("chats/{}/messages", scene.group);
    let (_, list) = scene.get(&format!("{path}?$top=50")).await;
    assert_eq!(list["value"].as_array().unwrap().len(), 10);
    spec.check("Collection(graph.chatMessage)", &list["value"]);
    let (_, list) = scene.get("me/chats?$expand=members,lastMessagePreview").await;
    spec.check("Collection(graph.chat)", &list["value"]);
    spec.check("graph.chat", &scene.get(&format!("chats/{}", scene.direct)).await.1);
    let (_, list) = scene.get(&format!("chats/{}/members", scene.group)).await;
    spec.check("Collection(graph.conversationMember)", &list["value"]);
    let body = json!({"body": {"content": "hi"}});
    spec.check("graph.chatMessage", &scene.good(Method::POST, &path, body.clone()).await);
    let quoting = json!({"messageIds": [first.id.to_string()], "replyMessage": body});
    spec.check("graph.chatMessage", &scene.good(Method::POST, &format!("{path}/replyWithQuote"), quoting).await);
    for wrong in ["chats/19:none@thread.v2", "me/chats?$top=99", "nothing"] {
        spec.check("graph.publicError", &scene.get(wrong).await.1["error"]);
    }
}

#[tokio::test]
async fn subscriptions_and_notices_are_as_described() {
    let Some(text) = text() else { return };
    let document = Document::parse(&text).unwrap();
    let spec = Spec(&document);
    let scene = Scene::new().await;
    let told = scene.good(Method::POST, "subscriptions", scene.wanted()).await;
    spec.check("graph.subscription", &told);
    spec.check("Collection(graph.subscription)", &scene.get("subscriptions").await.1["value"]);
    let message = scene.platform.say(&scene.direct, ROBIN, "hello").unwrap();
    scene.platform.rename(&scene.group, ROBIN, "Renamed");
    scene.platform.react(&scene.direct, message.id, ME, "👍", true);
    for item in scene.receiver.wait(3).await {
        assert_eq!(item["tenantId"], TENANT);
        spec.check("graph.chatMessage", &super::receiver::open(&item).unwrap());
    }
    for (_, body) in scene.receiver.requests() {
        spec.check("graph.changeNotificationCollection", &body);
    }
}
