//! Profiles, chats, members, and reading messages in pages.

use super::{FAR, JANE, ME, OTHER_TENANT, ROBIN, Scene, TENANT};
use hub_simulators::teams::{ChatKind, Draft, Photo, Sender, User};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn profiles_and_pictures_are_told_to_whom_they_may_be() {
    let scene = Scene::new().await;
    let (_, me) = scene.get("me").await;
    assert_eq!((&me["displayName"], &me["mail"]), (&json!("Harper Lane"), &Value::Null));
    let (_, me) = scene.get("me?$select=id,userType").await;
    assert_eq!((&me["id"], &me["userType"], &me["displayName"]), (&json!(ME), &json!("Member"), &Value::Null));
    assert_eq!(scene.get(&format!("users/{ME}")).await.0, 200);
    let (status, told) = scene.get(&format!("users/{ROBIN}")).await;
    assert_eq!((status, told["error"]["code"].as_str()), (403, Some("Authorization_RequestDenied")));
    let wide = scene.platform.grant(super::CLIENT, ME, &["User.Read", "User.ReadBasic.All"]);
    let wide = wide["access_token"].as_str().unwrap().to_owned();
    let get = async |path: String| scene.call(Method::GET, &path, &wide, &Value::Null).await;
    assert_eq!(get(format!("users/{ROBIN}")).await.1["displayName"], "Robin Kline");
    assert_eq!(get(format!("users/{FAR}")).await.1["error"]["code"], "Request_ResourceNotFound");
    let (status, told) = get(format!("users/{ROBIN}/photo/$value")).await;
    assert_eq!((status, told["error"]["code"].as_str()), (404, Some("ImageNotFound")));
    let photo = Photo { content_type: "image/png".to_owned(), bytes: b"face".to_vec().into() };
    scene.platform.put_user(User { photo: Some(photo), ..User::new(ROBIN, TENANT, "Robin Kline") });
    for path in ["photo/$value", "photos/120x120/$value"] {
        let answer = scene.raw(Method::GET, scene.url(&format!("users/{ROBIN}/{path}")), &wide, &Value::Null).await;
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(answer.bytes().await.unwrap(), "face");
    }
    assert_eq!(get(format!("users/{ROBIN}/photos/120x120")).await.1["height"], 120);
    assert_eq!(get(format!("users/{ROBIN}/photos/7x7/$value")).await.0, 400);
}

#[tokio::test]
async fn chats_are_listed_with_members_and_previews() {
    let scene = Scene::new().await;
    scene.platform.create_chat(ChatKind::Meeting, Some("Stand-up"), &[ROBIN, ME]);
    scene.platform.create_chat(ChatKind::Group, None, &[JANE, ROBIN]);
    scene.platform.say(&scene.direct, ROBIN, "hello");
    let (status, told) = scene
        .get("me/chats?$expand=members,lastMessagePreview&$top=50&$orderby=lastMessagePreview/createdDateTime%20desc")
        .await;
    assert_eq!(status, 200, "{told}");
    let chats = told["value"].as_array().unwrap();
    let kinds: Vec<&str> = chats.iter().map(|chat| chat["chatType"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 3, "and not the one that the caller is not in");
    let direct = chats.iter().find(|chat| chat["chatType"] == "oneOnOne").unwrap();
    assert_eq!(direct["id"], format!("19:{ROBIN}_{ME}@unq.gbl.spaces"));
    assert_eq!((&direct["topic"], &direct["lastMessagePreview"]["body"]["content"]), (&Value::Null, &json!("hello")));
    let names: Vec<&str> =
        direct["members"].as_array().unwrap().iter().map(|one| one["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, ["Robin Kline", "Harper Lane"]);
    assert!(scene.get("chats?$filter=chatType%20eq%20'group'").await.1["value"][0]["members"].is_null());
    let (_, page) = scene.get("me/chats?$top=2").await;
    let next = page["@odata.nextLink"].as_str().unwrap();
    let rest: Value = scene.raw(Method::GET, next.to_owned(), &scene.token, &Value::Null).await.json().await.unwrap();
    assert_eq!((rest["value"].as_array().unwrap().len(), &rest["@odata.nextLink"]), (1, &Value::Null));
    let (_, chat) = scene.get(&format!("chats/{}", scene.group.replace(':', "%3A").replace('@', "%40"))).await;
    assert_eq!(chat["topic"], "Planning");
    let (_, members) = scene.get(&format!("chats('{}')/members", scene.group)).await;
    assert_eq!((members["@odata.count"].as_i64(), &members["value"][0]["roles"]), (Some(3), &json!(["owner"])));
    for wrong in ["me/chats?$expand=secrets", "me/chats?$top=51", "me/chats?$orderby=topic", "me/chats?$filter=x"] {
        assert_eq!(scene.get(wrong).await.0, 400, "{wrong}");
    }
    assert_eq!(scene.get("chats/19:none@thread.v2").await.0, 404);
    let stranger = scene.token_of(FAR);
    let (status, told) = scene.call(Method::GET, &format!("chats/{}", scene.direct), &stranger, &Value::Null).await;
    assert_eq!((status, told["error"]["code"].as_str()), (403, Some("Forbidden")));
    assert_eq!(scene.get(&format!("users/{ROBIN}/chats")).await.0, 403);
    for across in ["me/chats/getAllMessages", "me/chats/getAllMessages/delta"] {
        assert_eq!(scene.get(across).await.0, 403, "for applications only");
    }
}

#[tokio::test]
async fn two_people_have_one_chat() {
    let scene = Scene::new().await;
    let member = |id: &str| {
        json!({"@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
            "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{id}')")})
    };
    let (status, told) =
        scene.post("chats", json!({"chatType": "oneOnOne", "members": [member(ME), member(ROBIN)]})).await;
    assert_eq!((status, told["id"].as_str()), (201, Some(scene.direct.as_str())), "the one that there was");
    let group = json!({"chatType": "group", "topic": "New", "members": [member(ME), member(ROBIN), member(JANE)]});
    let told = scene.good(Method::POST, "chats", group).await;
    assert_eq!((&told["topic"], &told["chatType"]), (&json!("New"), &json!("group")));
    let wrong = [
        json!({"chatType": "oneOnOne", "members": [member(ME)]}),
        json!({"chatType": "oneOnOne", "members": [member(JANE), member(ROBIN)]}),
        json!({"chatType": "meeting", "members": [member(ME), member(ROBIN)]}),
        json!({"chatType": "oneOnOne", "members": [member(ME), {"user@odata.bind": format!("users/{ROBIN}")}]}),
    ];
    for body in wrong {
        assert_eq!(scene.post("chats", body.clone()).await.0, 400, "{body}");
    }
}

#[tokio::test]
async fn messages_come_newest_first_by_either_moment() {
    let scene = Scene::new().await;
    let chat = &scene.direct;
    let ids: Vec<i64> = ["one", "two", "three"]
        .iter()
        .zip([1_600_000_000_000, 1_600_000_000_500, 1_600_000_001_000])
        .map(|(text, at)| {
            let draft = Draft { at_ms: Some(at), ..Draft::text(text) };
            scene.platform.write(chat, Sender::User(ROBIN.to_owned()), draft).unwrap().id
        })
        .collect();
    scene.platform.edit(chat, ids[0], false, "one, corrected");
    let texts = async |query: &str| -> Vec<String> {
        let (status, told) = scene.get(&format!("chats/{chat}/messages?{query}")).await;
        assert_eq!(status, 200, "{query}: {told}");
        let all = told["value"].as_array().unwrap();
        all.iter().map(|one| one["body"]["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts("").await, ["one, corrected", "three", "two"], "by the last change");
    assert_eq!(texts("$orderby=createdDateTime desc").await, ["three", "two", "one, corrected"]);
    let since = "2020-09-13T12:26:41Z";
    let changed = format!("$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt {since}");
    assert_eq!(texts(&changed).await, ["one, corrected"], "later than the third");
    let between = "$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt 2020-09-13T12:26:40.2Z and \
                   lastModifiedDateTime lt 2020-09-13T14:26:40.700%2B02:00";
    assert_eq!(texts(between).await, ["two"]);
    assert_eq!(texts(&format!("$filter=lastModifiedDateTime gt {since}")).await.len(), 3, "not without its order");
    let other = format!("$orderby=createdDateTime desc&$filter=lastModifiedDateTime gt {since}");
    assert_eq!(texts(&other).await.len(), 3, "nor with another one");
    for wrong in [
        "$orderby=createdDateTime asc",
        "$orderby=createdDateTime",
        "$orderby=createdDateTime desc&$filter=createdDateTime gt 2020-01-01T00:00:00Z",
        "$filter=lastModifiedDateTime gt yesterday",
        "$top=0",
        "$top=51",
    ] {
        assert_eq!(scene.get(&format!("chats/{chat}/messages?{wrong}")).await.0, 400, "{wrong}");
    }
    let (_, one) = scene.get(&format!("chats/{chat}/messages/{}", ids[1])).await;
    assert_eq!((&one["createdDateTime"], &one["etag"]), (&json!("2020-09-13T12:26:40.5Z"), &json!("1600000000500")));
    assert_eq!(scene.get(&format!("chats/{chat}/messages/5")).await.0, 404);
}

#[tokio::test]
async fn pages_are_followed_as_they_are_and_may_be_empty() {
    let scene = Scene::new().await;
    let chat = &scene.direct;
    for number in 0..5 {
        scene.platform.say(chat, ROBIN, &number.to_string());
    }
    scene.platform.empty_pages(1);
    let mut link = Some(scene.url(&format!("chats/{chat}/messages?$top=2&$orderby=createdDateTime%20desc")));
    let mut sizes = Vec::new();
    let mut seen = Vec::new();
    while let Some(url) = link {
        assert!(sizes.len() < 9, "it ends");
        let page: Value = scene.raw(Method::GET, url, &scene.token, &Value::Null).await.json().await.unwrap();
        let items = page["value"].as_array().unwrap();
        sizes.push(items.len());
        seen.extend(items.iter().map(|one| one["body"]["content"].as_str().unwrap().to_owned()));
        link = page["@odata.nextLink"].as_str().map(str::to_owned);
        if let Some(link) = &link {
            let changed = link.replace("$top=2", "$top=3");
            assert_eq!(scene.raw(Method::GET, changed, &scene.token, &Value::Null).await.status(), 400);
        }
    }
    assert_eq!(sizes, [0, 2, 2, 1]);
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn ids_are_unique_in_their_chat_only() {
    let scene = Scene::new().await;
    let write = |chat: &str| {
        let draft = Draft { at_ms: Some(1_700_000_000_000), ..Draft::text("same") };
        scene.platform.write(chat, Sender::User(ROBIN.to_owned()), draft).unwrap().id
    };
    assert_eq!((write(&scene.direct), write(&scene.group)), (1_700_000_000_000, 1_700_000_000_000));
    assert_eq!(write(&scene.direct), 1_700_000_000_001);
}

#[tokio::test]
async fn events_are_named_to_whom_asks_for_newer_names() {
    let scene = Scene::new().await;
    scene.platform.put_user(User::new("new-one", OTHER_TENANT, "New One"));
    scene.platform.join(&scene.group, JANE, "new-one");
    scene.platform.rename(&scene.group, JANE, "Renamed");
    scene.platform.call_starts(&scene.group, ROBIN);
    let path = format!("chats/{}/messages", scene.group);
    let (_, told) = scene.get(&path).await;
    assert_eq!(told["value"].as_array().unwrap().len(), 3);
    for event in told["value"].as_array().unwrap() {
        assert_eq!((&event["messageType"], &event["from"]), (&json!("unknownFutureValue"), &Value::Null));
        assert_eq!(event["body"]["content"], "<systemEventMessage/>");
    }
    let request = scene.http.get(scene.url(&path)).bearer_auth(&scene.token);
    let answer = request.header("prefer", "include-unknown-enum-members").send().await.unwrap();
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["value"][0]["messageType"], "systemEventMessage");
    let kinds: Vec<&str> = told["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["eventDetail"]["@odata.type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "#microsoft.graph.callStartedEventMessageDetail",
            "#microsoft.graph.chatRenamedEventMessageDetail",
            "#microsoft.graph.membersAddedEventMessageDetail"
        ]
    );
    let (_, chat) = scene.get(&format!("chats/{}?$expand=members", scene.group)).await;
    assert_eq!((chat["topic"].as_str(), chat["members"].as_array().unwrap().len()), (Some("Renamed"), 4));
}
