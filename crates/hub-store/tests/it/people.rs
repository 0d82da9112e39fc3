//! People, their log-ins and their accounts.

use crate::support::{at, new, on_both};
use hub_domain::{AccountHealth, ChannelState, Evidence, EvidenceKind, Standing};
use hub_store::{LinkedAccount, NewRefreshToken, NewUser, SealedTokens};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_one_user() {
    on_both(async |test| {
        let user = |email: &str| NewUser { id: new(), email: email.into(), password_hash: "one".into(), at: at(0) };
        let ada = user("ada@example.com");
        let tx = test.store.begin().await.unwrap();
        assert!(tx.users().insert(&ada).await.unwrap());
        assert!(!tx.users().insert(&user("ada@example.com")).await.unwrap());
        tx.users().set_password_hash(ada.id, "two", at(5)).await.unwrap();
        tx.users().add_role(ada.id, "admin", at(5)).await.unwrap();
        tx.users().add_role(ada.id, "admin", at(6)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let session = test.store.read();
        let found = session.users().by_email("ada@example.com").await.unwrap().unwrap();
        assert_eq!((found.user.id, found.password_hash.as_str()), (ada.id, "two"));
        assert_eq!((found.user.created_at, found.user.updated_at), (at(0), at(5)));
        assert!(session.users().has_role(ada.id, "admin").await.unwrap());
        assert!(!session.users().has_role(ada.id, "owner").await.unwrap());
        assert!(session.users().by_email("eve@example.com").await.unwrap().is_none());
        assert!(session.users().get(new()).await.unwrap().is_none());
        assert_eq!(session.users().count().await.unwrap(), 1);
    })
    .await;
}

fn token(user_id: hub_domain::UserId, form: &str, expires: i64) -> NewRefreshToken {
    NewRefreshToken {
        id: Uuid::now_v7(),
        user_id,
        token: form.into(),
        family: Uuid::now_v7(),
        expires_at: at(expires),
        at: at(0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_replaced_once_and_its_end_is_kept_apart_from_its_replacement() {
    on_both(async |test| {
        let user = test.user().await;
        let (first, second) = (token(user, "hash-1", 100), token(user, "hash-2", 100));
        let tx = test.store.begin().await.unwrap();
        tx.refresh_tokens().insert(&first).await.unwrap();
        tx.refresh_tokens().insert(&second).await.unwrap();
        assert!(tx.refresh_tokens().replace(first.id, at(5)).await.unwrap());
        assert!(!tx.refresh_tokens().replace(first.id, at(6)).await.unwrap(), "one caller wins");
        tx.refresh_tokens().revoke(&["clear-2", "hash-2"], at(7)).await.unwrap();
        tx.refresh_tokens().revoke(&["hash-1"], at(8)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let session = test.store.read();
        let found = session.refresh_tokens().find(&["clear-1", "hash-1"]).await.unwrap().unwrap();
        assert_eq!((found.id, found.family), (first.id, Some(first.family)));
        assert_eq!((found.revoked_at, found.replaced_at), (Some(at(5)), Some(at(5))));
        let found = session.refresh_tokens().by_id(second.id).await.unwrap().unwrap();
        assert_eq!((found.revoked_at, found.replaced_at), (Some(at(7)), None));
        assert!(session.refresh_tokens().find(&["hash-3"]).await.unwrap().is_none());
        assert!(session.refresh_tokens().find(&[]).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rows_with_one_token_a_good_one_wins_and_those_that_are_over_go() {
    on_both(async |test| {
        let user = test.user().await;
        let (revoked, good, over) = (token(user, "same", 100), token(user, "same", 100), token(user, "over", 10));
        let tx = test.store.begin().await.unwrap();
        for token in [&revoked, &good, &over] {
            tx.refresh_tokens().insert(token).await.unwrap();
        }
        tx.refresh_tokens().replace(revoked.id, at(5)).await.unwrap();
        assert_eq!(tx.refresh_tokens().find(&["same"]).await.unwrap().unwrap().id, good.id);
        assert_eq!(tx.refresh_tokens().delete_expired(at(11), 10).await.unwrap(), 1);
        assert_eq!(tx.refresh_tokens().delete_expired(at(11), 10).await.unwrap(), 0);
        assert!(tx.refresh_tokens().by_id(over.id).await.unwrap().is_none());
        let kept = tx.refresh_tokens().by_id(good.id).await.unwrap().unwrap();
        assert_eq!(kept.family, Some(good.family));
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_again_renews_the_row_and_disconnecting_erases_its_tokens() {
    on_both(async |test| {
        let (user, stranger) = (test.user().await, test.user().await);
        let id = test.account(user, "7").await;
        assert_ne!(test.account(stranger, "7").await, id, "another person's account with the same id at the platform");
        let tx = test.store.begin().await.unwrap();
        let refused = Evidence::new(EvidenceKind::CredentialsRefused, "no", at(1));
        let standing = Standing { state: ChannelState::NeedsReauth, since: at(1), evidence: refused };
        tx.channels().set(id, &standing, None, at(1)).await.unwrap();
        assert_eq!(tx.accounts().get(id).await.unwrap().unwrap().health, AccountHealth::NeedsReauth, "by the same row");
        assert_eq!(tx.channels().get(id).await.unwrap().unwrap().standing, standing);
        tx.accounts().disconnect(stranger, id, at(2)).await.unwrap();
        assert!(tx.accounts().get(id).await.unwrap().unwrap().is_active, "only its owner disconnects it");
        tx.accounts().disconnect(user, id, at(2)).await.unwrap();
        let grant = tx.accounts().grant(id).await.unwrap().unwrap();
        assert!(!grant.account.is_active);
        assert_eq!((grant.tokens.access_token.as_str(), grant.tokens.access_token_seal), ("", None));
        let active = tx.accounts().active_by_remote("telegram", &["7".into()]).await.unwrap();
        assert_eq!(active.iter().map(|a| a.user_id).collect::<Vec<_>>(), [stranger]);
        assert_eq!(tx.accounts().count_active_elsewhere("telegram", &"7".into(), id).await.unwrap(), 1);
        let again = LinkedAccount {
            group: None,
            method: "any".to_owned(),
            grantor: None,
            facts: None,
            id: new(),
            user_id: user,
            platform_name: "telegram".into(),
            kind: Some("bot".into()),
            remote_id: "7".into(),
            username: None,
            tokens: SealedTokens {
                access_token: "new".into(),
                access_token_seal: None,
                refresh_token: Some("more".into()),
                refresh_token_seal: None,
                expires_at: Some(at(100)),
            },
            at: at(3),
        };
        let linked = tx.accounts().upsert_linked(&again).await.unwrap();
        assert_eq!((linked.id, linked.is_active), (id, true));
        assert_eq!((linked.username.as_deref(), linked.created_at), (Some("shop"), at(0)), "silence erases nothing");
        let tokens = tx.accounts().grant(id).await.unwrap().unwrap().tokens;
        assert_eq!((tokens.access_token.as_str(), tokens.expires_at), ("new", Some(at(100))));
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(test.store.read().accounts().list(user).await.unwrap().len(), 1);
    })
    .await;
}
