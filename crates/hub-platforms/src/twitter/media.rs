//! Files of messages. They lie behind the sign-in: the address in a message is only a name, never a link for a browser.

use super::Twitter;
use async_trait::async_trait;
use hub_domain::Attachment;
use hub_platform_kit::fetch::FetchRules;
use hub_platform_kit::platform::{Fetched, Media};
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use url::Url;

/// X's file servers.
const HOSTS: &[&str] = &["twimg.com", "ton.twitter.com", "ton.x.com"];
/// How the path of a message's file begins; message, file and name follow.
const OF_MESSAGES: &str = "/1.1/ton/data/dm/";

#[async_trait]
impl Media for Twitter {
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        let Some([dm, media, name]) = of_a_message(&attachment.remote_ref) else {
            return self.file(&attachment.remote_ref, Some(grant.token()), max_bytes).await;
        };
        // Whether the last part has its ending is written nowhere.
        let bare = name.split_once('.').map_or(name.as_str(), |(bare, _)| bare);
        let mut outcome = self.api.media(grant.token(), [&dm, &media, &name], max_bytes).await;
        if bare != name
            && matches!(&outcome, Err(error) if error.kind == ErrorKind::NotFound || error.kind == ErrorKind::BadInput && error.status.is_some())
        {
            outcome = self.api.media(grant.token(), [&dm, &media, bare], max_bytes).await;
        }
        let answer = outcome?;
        match answer.header("location") {
            Some(elsewhere) if answer.status >= 300 => self.file(elsewhere, None, max_bytes).await,
            _ => fetched(answer),
        }
    }
}

impl Twitter {
    /// From where files may be fetched.
    fn rules(&self) -> FetchRules {
        FetchRules { hosts: HOSTS, loopback: self.settings.loopback_media }
    }

    /// A file at one of the platform's own file servers; they alone see the token.
    pub(super) async fn file(&self, address: &str, bearer: Option<&str>, max_bytes: u64) -> Result<Fetched> {
        fetched(self.api.client.transport.fetch(address, bearer, self.rules(), max_bytes).await?)
    }
}

fn fetched(answer: Answer) -> Result<Fetched> {
    let (kind, words) = match answer.status {
        200 => return Ok(Fetched { mime_type: answer.content_type.clone(), bytes: answer.body }),
        401 | 403 | 404 | 410 => (ErrorKind::NotFound, "X no longer hands out this file"),
        429 => (ErrorKind::RateLimited { retry_after: answer.retry_after }, "X asks to slow down"),
        500..=599 => (ErrorKind::Transient { maybe_applied: false }, "X's file server is in trouble"),
        _ => (ErrorKind::UnexpectedReply, "X's file server gave an odd answer"),
    };
    Err(PlatformError::new(kind, words).with_status(answer.status))
}

/// Message, file and name of an address that the API hands out by them.
fn of_a_message(address: &str) -> Option<[String; 3]> {
    let url = Url::parse(address).ok()?;
    let parts: Vec<&str> = url.path().strip_prefix(OF_MESSAGES)?.split('/').collect();
    let [dm, media, name] = parts.as_slice() else { return None };
    let plain = |part: &&str| !part.is_empty() && !part.contains('%');
    [dm, media, name].into_iter().all(plain).then(|| [dm, media, name].map(|part| (*part).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::of_a_message;

    #[test]
    fn an_address_names_message_and_file() {
        let parts = of_a_message("https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg?x=y").unwrap();
        assert_eq!(parts, ["1", "2", "a.jpg"]);
        for other in [
            "https://video.twimg.com/dm_video/1/vid/a.mp4",
            "https://ton.twitter.com/1.1/ton/data/dm/1/2",
            "https://ton.twitter.com/1.1/ton/data/dm/1/2/3/4",
            "https://ton.twitter.com/1.1/ton/data/dm//2/a.jpg",
            "https://ton.twitter.com/1.1/ton/data/dm/1/%2e%2e/a.jpg",
            "a.jpg",
        ] {
            assert_eq!(of_a_message(other), None, "{other}");
        }
    }
}
