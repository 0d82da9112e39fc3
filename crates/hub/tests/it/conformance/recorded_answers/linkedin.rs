//! LinkedIn.

use super::super::linkedin::{ADMIN, CLIENT, LinkedIn, PAGES, SECRET};
use super::{Answer, Asked, Case, NOT_WAITED_FOR, Recorded};
use hub_simulators::linkedin::{App, Fault, Member};
use hub_testkit::conformance::browser::Browser;
use hub_testkit::conformance::subject::Decision;
use hub_testkit::conformance::{Stage, Subject};
use serde_json::{Value, json};

/// The post of the recorded comments: its activity, and the number of what was shared.
const THREAD: &str = "urn:li:activity:7456975906406400003";
const POST: (i64, i64) = (7_456_975_906_406_400_003, 7_456_975_906_406_400_004);
const SHARED: &str = "/rest/socialActions/urn%3Ali%3Ashare%3A7456975906406400004/comments";
/// Who comments.
const PERSON: &str = "TstPrs0n1B";
/// What the recorded tokens allow.
const SCOPES: [&str; 6] =
    ["email", "openid", "profile", "r_organization_social", "rw_organization_admin", "w_organization_social"];
/// Members are linked as well, and what they said is read.
const MEMBERS: &[(&str, &str)] = &[("LINKEDIN_MEMBER_SCOPES", "openid profile r_dma_portability_3rd_party")];
/// The app says that it may write to members.
const APPROVED: &[(&str, &str)] = &[
    ("LINKEDIN_MEMBER_SCOPES", "openid profile r_dma_portability_3rd_party"),
    ("LINKEDIN_MESSAGES_APPROVED", "true"),
    NOT_WAITED_FOR,
];
/// Seconds of a day: limits end with it.
const DAY_S: i64 = 24 * 3600;
/// How far a time may be off because of what lies between, in seconds.
const SLACK_S: i64 = 20;

impl Recorded for LinkedIn {
    const FOLDER: &'static str = "linkedin";
    const COUNT: usize = 13;
    const NEVER: &'static [(&'static str, &'static str)] = &[];
    const ELSEWHERE: &'static [(&'static str, &'static str, &'static str)] = &[
        ("api_comments_list", SHARED, "posts are listed by what was shared"),
        ("api_error_401_revoked", SHARED, "posts are listed by what was shared"),
        ("api_error_401_invalid", SHARED, "posts are listed by what was shared"),
        ("api_error_429", SHARED, "posts are listed by what was shared"),
    ];
    const HIDDEN: &'static [(&'static str, &'static str)] = &[
        ("messages.sender_profile_url", "old messages tell no id of their sender; the name is shown"),
        ("profile.avatar_url", "accounts are shown by their name"),
        ("tokens.refresh_token_expires_in", "a renewal that is refused tells of it"),
    ];

    fn settings_for(id: &str) -> &'static [(&'static str, &'static str)] {
        match id {
            "api_userinfo" | "api_member_changelog_messages" | "api_member_snapshot_inbox" => MEMBERS,
            "api_error_403_messages_partner_only" => APPROVED,
            _ => &[],
        }
    }

    fn answer(&self, place: &str, answer: Answer) {
        let Answer { status, headers, body } = answer;
        self.platform.fault(place, Fault::Raw { status, headers, body: body.into() });
    }

    fn left(&self) -> usize {
        self.platform.faults_left()
    }

    fn asked(&self) -> Vec<Asked> {
        let all = self.platform.requests().into_iter();
        all.map(|one| Asked {
            method: one.method,
            path: one.path,
            query: one.params,
            body: one.body,
            status: one.status,
        })
        .collect()
    }

    fn knows_tokens(&self, access: &str, refresh: Option<&str>) {
        self.platform.knows_tokens(CLIENT, ADMIN, &SCOPES, access, refresh);
    }

    fn kill(&self) {
        self.platform.remove_app(CLIENT, ADMIN);
    }

    async fn meet(case: &mut Case<'_, Self>) {
        match case.entry.id.as_str() {
            "api_comments_list" => {
                case.publish();
                case.give("comments.GET_ALL");
                case.link().await;
                // The list has no next page.
                assert_eq!(case.expected.take("page"), json!({ "next": null, "done": true }));
                case.shows_messages(0).await;
                assert_eq!(case.calls("GET", SHARED).len(), 1);
            }
            "api_create_comment_201" => case.comment_is_answered().await,
            "api_error_401_revoked" | "api_error_401_invalid" => {
                // An ordinary app has nothing to renew a sign-in with.
                case.stage.subject.platform.create_app(app(App::new(CLIENT, SECRET)));
                case.publish();
                case.link().await;
                case.reading_asks_for_a_sign_in(false, Self::comments_are_read).await;
            }
            "api_error_429" => case.limit_ends_with_the_day().await,
            "api_error_403_messages_partner_only" => {
                let conversation = case.member_conversation().await;
                case.is_refused("messages", &conversation).await;
            }
            "api_token_success_no_refresh" => {
                case.stage.subject.platform.create_app(app(App::new(CLIENT, SECRET)));
                case.code_is_exchanged("accessToken").await;
            }
            "api_token_refreshed_partner" => case.tokens_are_renewed("accessToken").await,
            "api_token_refresh_refused" => case.renewal_is_refused("accessToken").await,
            "api_userinfo" => {
                case.stage.subject.platform.create_app(app(App::new(CLIENT, SECRET).with_portability()));
                let person = format!("urn:li:person:{}", case.said()["sub"].as_str().expect("an id"));
                case.give("userinfo");
                case.is_linked_as("member", &person, &["avatar_url"]).await;
            }
            "api_member_snapshot_inbox" => {
                case.give("memberSnapshotData");
                case.link_member().await;
                case.shows_messages(0).await;
            }
            "api_member_changelog_messages" => {
                case.give("memberChangeLogs");
                case.link_member().await;
                case.shows_messages(0).await;
                // It is asked on from the last entry, which comes again and is known.
                let page = case.expected.take("page");
                assert_eq!(case.sync().await, None);
                let asked = case.calls("GET", &case.entry.path);
                let from: Vec<Option<&str>> =
                    asked.iter().map(|one| one.query["startTime"].as_str()).map(Some).collect();
                let next = page["next_start_time"].to_string();
                assert_eq!((page["done"] == true, from.last()), (true, Some(&Some(next.as_str()))), "{from:?}");
            }
            "api_organization_acls" => case.only_one_page_is_offered().await,
            other => panic!("nobody asks for {other}"),
        }
    }
}

/// The app of the recorded payloads.
fn app(app: App) -> App {
    App { id: "123456".to_owned(), ..app }
}

impl LinkedIn {
    /// The next reading looks through the posts, because notifications cannot be asked for, and gets the recorded answer there.
    fn comments_are_read(case: &Case<'_, Self>) {
        let none = json!({ "status": 404, "code": "RESOURCE_NOT_FOUND", "message": "No virtual resource found" });
        case.stage.subject.answer("organizationalEntityNotifications", Answer::json(404, &none));
        case.give("comments.GET_ALL");
    }
}

impl Case<'_, LinkedIn> {
    /// The post that the recorded answers speak of.
    fn publish(&self) {
        let platform = &self.stage.subject.platform;
        assert_eq!(platform.post_as(PAGES[0].0, "Our spring release is out", true, Some(POST)), THREAD);
        platform.create_member(Member::new(PERSON, "Pat", "Peer"));
    }

    /// Reading is put off until the limit's day is over; whoever wants to know now is told so, and nobody asks again.
    async fn limit_ends_with_the_day(&mut self) {
        let (class, mut error) = self.class(&[]);
        assert_eq!((class, error.take("retry_at")), (json!("retry_later"), json!("next 00:00 UTC")));
        error.done();
        self.publish();
        self.give("comments.GET_ALL");
        self.link().await;
        let now = chrono::Utc::now();
        let midnight = now + chrono::TimeDelta::seconds(DAY_S - now.timestamp() % DAY_S);
        let at = |seconds| (midnight + chrono::TimeDelta::seconds(seconds)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let put_off = format!(
            "UPDATE hub_jobs SET kind = kind WHERE kind = 'backfill' AND state = 'ready' AND run_at BETWEEN '{}' AND '{}'",
            at(-SLACK_S),
            at(SLACK_S)
        );
        assert_eq!(self.stage.database.change(put_off).await, 1, "until {midnight}");
        let why = self.sync().await.expect("it must wait");
        assert_eq!((self.calls("GET", SHARED).len(), self.stage.health().await.as_str()), (1, "ok"), "{why}");
    }

    async fn comment_is_answered(&mut self) {
        self.publish();
        self.link().await;
        let asked = self.entry.asked.clone();
        let parent = asked["parentComment"].as_str().expect("a comment").to_owned();
        let number = parent.trim_end_matches(')').rsplit(',').next().expect("a number").parse().expect("a number");
        let platform = &self.stage.subject.platform;
        let author = format!("urn:li:person:{PERSON}");
        let written = platform.comment_with_id(&author, THREAD, "From when on?", number);
        assert_eq!(written.as_deref(), Some(parent.as_str()));
        let heard = self.stage.message("From when on?").await;
        let conversation = heard["conversation_id"].as_str().expect("an id").to_owned();
        let body = json!({ "content": asked["message"]["text"], "reply_to": heard["id"] });
        let made = self.is_sent("comments.CREATE", &conversation, &body).await;
        assert_eq!(made.body, asked);
    }

    /// Links a member whose messages may be read.
    async fn link_member(&self) {
        self.stage.subject.platform.create_app(app(App::new(CLIENT, SECRET).with_portability()));
        let member = format!("urn:li:person:{ADMIN}");
        self.stage.link_only(&self.stage.user, "member", &member).await;
        self.at_rest().await;
    }

    /// A conversation of a member with somebody.
    async fn member_conversation(&self) -> String {
        let platform = &self.stage.subject.platform;
        platform.create_member(Member::new(PERSON, "Pat", "Peer"));
        platform.create_app(app(App::new(CLIENT, SECRET).with_portability()));
        platform.write(PERSON, ADMIN, "do you have a minute?").expect("they know each other");
        self.link_member().await;
        let said = self.stage.message("do you have a minute?").await;
        said["conversation_id"].as_str().expect("an id").to_owned()
    }

    /// Of several pages only those count that the person administers: with one of them there is no choice.
    async fn only_one_page_is_offered(&mut self) {
        let pages = self.expected.list("connectable_pages");
        self.give("organizationAcls");
        let stage: &Stage<LinkedIn> = &self.stage;
        let mut browser = Browser::new();
        let (page, _) = browser.begin(&stage.user, stage.platform(), LinkedIn::METHOD).await;
        let granted = [stage.subject.account(0)];
        let back = stage.subject.consent(LinkedIn::METHOD, &page, Decision::Accept(&granted)).await.expect("back");
        let landing = browser.come_back(stage, &back, None).await;
        assert_eq!((landing.told.get("success").map(String::as_str), landing.choices.len()), (Some("true"), 0));
        let accounts = stage.accounts(&stage.user).await;
        let linked: Vec<Value> = accounts.iter().map(|one| one["platform_user_id"].clone()).collect();
        assert_eq!(linked, pages);
    }
}
