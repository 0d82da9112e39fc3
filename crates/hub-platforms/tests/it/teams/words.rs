//! HTML as words, as the adapter tells it.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::expected::only_message;
use super::{GROUP, OTHER, at, grant, ok};
use crate::support::block_on;
use crate::support::stand_in::StandIn;
use hub_domain::inbound::InboundMessage;
use hub_domain::{ContentKind, InboundBody};
use hub_platform_kit::platform::Parsed;
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};
use std::time::Duration;

/// Messages with these members, as they are read back.
fn read(messages: &[Value]) -> Vec<Parsed> {
    let whole: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(number, change)| {
            let mut message = json!({ "id": format!("{number}"), "etag": "1", "chatId": GROUP, "messageType": "message",
                "createdDateTime": "2026-11-25T11:30:00Z", "lastModifiedDateTime": "2026-11-25T11:30:00Z",
                "from": { "user": { "id": OTHER, "displayName": "Robin Kline" } } });
            message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            message
        })
        .collect();
    block_on(async {
        let stand_in = StandIn::start(vec![ok(&json!({ "value": whole }))]).await;
        let cursor = json!({ "then": "2026-01-01T00:00:00Z", "todo": [{ "id": GROUP }] }).to_string();
        at(&stand_in.base).pull(&grant(), Some(&cursor), Duration::ZERO).await.unwrap().events
    })
}

fn message(change: &Value) -> InboundMessage {
    only_message(&read(std::slice::from_ref(change))).clone()
}

fn html(content: &str) -> Value {
    json!({ "body": { "contentType": "html", "content": content } })
}

fn text(content: &str) -> String {
    message(&html(content)).content.text.unwrap_or_default()
}

#[test]
fn blocks_stand_on_lines_of_their_own() {
    for (html, words) in [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>a<br></p><p>b</p>", "a\nb"),
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("<p>a</p><br><br><br><br><p>b</p>", "a\n\nb"),
        ("<div><div>a</div></div><div>b</div>", "a\nb"),
        ("a<div>b</div>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<p>a\n  b\t c</p>", "a b c"),
        ("<p>a&nbsp;&nbsp;b </p>\n<p> c</p>", "a  b\nc"),
        ("<p>a\u{3000}b\u{2003}</p><p>\u{3000}</p>c\u{2029}", "a\u{3000}b\n\nc"),
        ("a\u{2028}b\u{1680}", "a\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
        ("a<hr>b", "a\nb"),
        ("<h1>a</h1>b", "a\nb"),
        ("  <p> a </p>  ", "a"),
        ("a <b>b</b> c", "a b c"),
        ("a<b> b </b>c", "a b c"),
    ] {
        assert_eq!(text(html), words, "{html}");
    }
}

#[test]
fn nothing_but_words_becomes_words() {
    for (html, words) in [
        ("a<script>alert('x')</script>b", "ab"),
        ("a<style>p { color: red }</style>b", "ab"),
        ("a<script><p>x</p></script>b<style>x", "ab"),
        ("a<!-- x -->b", "ab"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a<attachment id=\"x\"></attachment>b", "ab"),
        ("a<systemEventMessage/>b", "ab"),
        ("<unknown-thing>a</unknown-thing>", "a"),
        ("a</p></div></b>b", "a\nb"),
        ("a<b", "a"),
        ("&copy;&#8364;&#x1F600;", "©€😀"),
        ("a\u{0}b", "ab"),
    ] {
        assert_eq!(text(html), words, "{html:?}");
    }
    let literal = " <p>a &amp; b</p>\n\n\n c ";
    let plain = message(&json!({ "body": { "contentType": "text", "content": literal } }));
    assert_eq!(plain.content.text.as_deref(), Some(literal), "plain words are left alone");
}

#[test]
fn emoji_mentions_and_links_are_kept() {
    let smile = r#"<emoji id="smile" alt="🙂" title="Smile"></emoji>"#;
    let drawn = r#"<img itemtype="http://schema.skype.com/Emoji" itemid="yes" alt="👍" src="https://x.example/y">"#;
    assert_eq!(text(&format!("a{smile}b{drawn}")), "a🙂b👍");
    let mentioning = json!({
        "body": { "contentType": "html", "content": "😀 <at id=\"0\">Jane</at>&nbsp;<at id=\"1\">@Smith</at>, hello" },
        "mentions": [
            { "id": 0, "mentionText": "Jane", "mentioned": { "user": { "id": "u-1", "displayName": "Jane" } } },
            { "id": 1, "mentionText": "Smith", "mentioned": { "user": { "id": "u-1", "displayName": "Jane" } } },
        ],
    });
    let content = message(&mentioning).content;
    assert_eq!(content.text.as_deref(), Some("😀 @Jane @Smith, hello"));
    assert_eq!(content.details.extra["mentions"][1], json!({ "user_id": "u-1", "text": "Smith" }));
    // In UTF-16 units: the emoji counts two.
    let spans = json!([{ "type": "mention", "offset": 3, "length": 5, "user_id": "u-1" },
        { "type": "mention", "offset": 9, "length": 6, "user_id": "u-1" }]);
    assert_eq!(json!(content.details.entities), spans);
    let linking = r#"see <a href="https://example.org/a?b=1&amp;c=2">the <b>page</b></a>, <a href="https://example.org/x"></a> or <a href="javascript:alert(1)">this</a>"#;
    let content = message(&html(linking)).content;
    assert_eq!(content.text.as_deref(), Some("see the page, https://example.org/x or this"));
    let spans = json!([{ "type": "text_link", "offset": 4, "length": 8, "url": "https://example.org/a?b=1&c=2" },
        { "type": "bold", "offset": 8, "length": 4 },
        { "type": "text_link", "offset": 14, "length": 21, "url": "https://example.org/x" }]);
    let mut told = content.details.entities.clone();
    told.sort_by_key(|span| span["offset"].as_u64());
    assert_eq!(json!(told), spans);
}

#[test]
fn what_hangs_on_a_message_is_told() {
    let with = |attachments: Value, content: &str| {
        let mut change = html(content);
        change["attachments"] = attachments;
        message(&change)
    };
    let file = json!({ "id": "g", "contentType": "reference", "contentUrl": "https://x.sharepoint.com/a b.docx", "name": "a b.docx" });
    let quote = json!({ "id": "16", "contentType": "messageReference", "content": "{\"messageId\":\"17\"}" });
    let both = with(json!([quote, file]), "<attachment id=\"16\"></attachment>see<attachment id=\"g\"></attachment>");
    assert_eq!(both.content.kind, ContentKind::File);
    assert_eq!(both.content.text.as_deref(), Some("see"));
    assert_eq!(both.content.attachments[0].remote_ref, "https://x.sharepoint.com/a b.docx");
    assert_eq!(both.reply_to.unwrap().as_str(), "17");
    let bare = with(json!([{ "id": "16", "contentType": "messageReference", "content": "spoiled" }]), "x");
    assert_eq!(bare.reply_to.unwrap().as_str(), "16", "the id of the attachment is the message's as well");
    let card = json!({ "contentType": "application/vnd.microsoft.card.hero", "content": "{\"title\":\"A card\"}" });
    let card = with(json!([card]), "<attachment id=\"x\"></attachment>").content;
    assert_eq!((card.kind, card.details.unsupported.as_deref()), (ContentKind::Unsupported, Some("card.hero")));
    assert_eq!(card.details.extra["card"]["title"], "A card");
    let forwarded = json!({ "originalMessageId": "5", "originalMessageContent": "<p>said <b>before</b></p>",
        "originalConversationId": "19:x", "originalSentDateTime": "2026-01-01T00:00:00Z",
        "originalMessageSender": { "user": { "id": "u", "displayName": "Jo" } } });
    let forwarded = json!([{ "contentType": "forwardedMessageReference", "content": forwarded.to_string() }]);
    let forwarded = with(forwarded, "").content;
    assert_eq!(forwarded.text.as_deref(), Some("said before"));
    assert_eq!(forwarded.details.forwarded_from.unwrap().name.as_deref(), Some("Jo"));
    let sound = json!([{ "contentType": "audio/mp4", "contentUrl": "https://x.example/a", "name": "a.m4a" }]);
    assert_eq!(with(sound, "").content.kind, ContentKind::Audio);
    let odd = with(json!([{ "contentType": "x/y" }, 7, null]), "").content;
    assert_eq!((odd.kind, odd.details.unsupported.as_deref()), (ContentKind::Unsupported, Some("x/y")));
    let empty = message(&html("")).content;
    assert_eq!((empty.kind, empty.details.unsupported.as_deref()), (ContentKind::Unsupported, Some("empty")));
    let loud = json!({ "body": { "content": "x" }, "importance": "urgent", "subject": "S" });
    let loud = message(&loud).content.details.extra;
    assert_eq!((&loud["importance"], &loud["subject"]), (&json!("urgent"), &json!("S")));
}

#[test]
fn who_speaks_is_told() {
    let bot = message(&json!({ "from": { "user": null, "application": { "id": "a", "displayName": "Bot" } },
        "body": { "content": "x" } }));
    assert!(bot.sender.is_bot);
    assert_eq!((bot.sender.id.as_str(), bot.sender.name.as_deref()), ("a", Some("Bot")));
    let nobody = message(&json!({ "from": null, "body": { "content": "x" } }));
    assert_eq!((nobody.sender.id.as_str(), nobody.sender.name), ("unknown", None));
}

#[test]
fn events_are_not_words() {
    let event = |kind: &str, detail: Value| {
        let change = json!({ "messageType": kind, "from": null, "eventDetail": detail, "body": { "content": "<systemEventMessage/>" } });
        let events = read(&[change]);
        let [Parsed::Event(event)] = events.as_slice() else { panic!("{events:?}") };
        event.body.clone()
    };
    let initiator = json!({ "user": { "id": OTHER } });
    let added = json!({ "@odata.type": "#microsoft.graph.membersAddedEventMessageDetail", "initiator": initiator,
        "members": [{ "id": "u-1" }, { "id": "u-2" }, {}] });
    for kind in ["systemEventMessage", "unknownFutureValue", "message"] {
        let InboundBody::Notice { kind: name, actor, data, .. } = event(kind, added.clone()) else { panic!("{kind}") };
        assert_eq!((name.as_str(), actor.unwrap().as_str()), ("member_joined", OTHER));
        assert_eq!(data, json!({ "event": "membersAdded", "member_ids": ["u-1", "u-2"] }));
    }
    let called =
        json!({ "@odata.type": "#microsoft.graph.callEndedEventMessageDetail", "callId": "c", "callDuration": "PT1M" });
    let InboundBody::Notice { kind, data, .. } = event("systemEventMessage", called) else { panic!() };
    assert_eq!((kind.as_str(), &data["duration"]), ("call_ended", &json!("PT1M")));
    let InboundBody::Notice { kind, .. } = event("systemEventMessage", json!({})) else { panic!() };
    assert_eq!(kind, "system_event");
    assert!(matches!(event("typing", Value::Null), InboundBody::Ignored { .. }));
    assert!(matches!(event("chatEvent", Value::Null), InboundBody::Ignored { .. }));
}

/// Pieces of HTML with the words they hold.
fn piece() -> impl Strategy<Value = (String, String)> {
    let word = || "[a-z0-9äß€😀&<>\"']{1,8}";
    let escape = |word: &str| word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    prop_oneof![
        word().prop_map(move |word| (escape(&word), word)),
        (word(), prop::sample::select(vec!["b", "i", "span", "div", "p", "li", "td", "h2", "a", "unknown"]))
            .prop_map(move |(word, tag)| (format!("<{tag}>{}</{tag}>", escape(&word)), word)),
        prop::sample::select(vec![
            "<br>",
            "<br/>",
            "\n",
            " ",
            "&nbsp;",
            "</p>",
            "<p>",
            "</div>",
            "<!-- x -->",
            "<b>",
            "</i>"
        ])
        .prop_map(|blank| (blank.to_owned(), String::new())),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 64, ..Config::default() })]

    /// No word is lost, added or put elsewhere; blanks are as they must be; spans stay within the text.
    #[test]
    fn no_word_is_lost(pieces in prop::collection::vec(piece(), 0..30)) {
        let (markup, words): (String, String) = pieces.into_iter().fold(Default::default(), |(markup, words), (m, w)| (markup + &m, words + &w));
        let content = message(&html(&markup)).content;
        let text = content.text.unwrap_or_default();
        let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(dense(&text), dense(&words), "{markup}");
        check_shape(&text);
        check_spans(&text, &content.details.entities);
    }

    /// Nothing that anybody writes breaks the reader.
    #[test]
    fn anything_is_read(markup in prop_oneof![any::<String>(), "[<>/a-z \"'=&;#!-]{0,200}"]) {
        let content = message(&html(&markup)).content;
        let text = content.text.unwrap_or_default();
        check_shape(&text);
        check_spans(&text, &content.details.entities);
    }
}

fn check_shape(text: &str) {
    assert_eq!(text.trim_end(), text, "trimmed at the end");
    assert!(!text.contains("\n\n\n") && !text.contains(" \n") && !text.contains('\u{a0}'), "{text:?}");
}

fn check_spans(text: &str, spans: &[Value]) {
    let units = text.encode_utf16().count() as u64;
    for span in spans {
        let (offset, length) = (span["offset"].as_u64().unwrap(), span["length"].as_u64().unwrap());
        assert!(length > 0 && offset + length <= units, "{span} in {text:?}");
    }
}

#[test]
fn depth_costs_nothing() {
    let deep = "<div><b>".repeat(100_000) + "x";
    assert_eq!(text(&deep), "x");
    let pictures = "<img src=\"https://x.example/y\">".repeat(1_000);
    assert_eq!(message(&html(&pictures)).content.attachments.len(), 50);
}
