//! Invented people, who comment, answer, change their minds and answer the page by themselves.

use super::app::Member;
use super::comments::Comment;
use super::handle::Platform;
use super::urn;
use std::time::Duration;

/// Pause before an invented person answers.
const TYPING: Duration = Duration::from_millis(1_500);
/// Turns until all kinds have come.
const ROUND: usize = 9;
/// Characters of the page's words that an answer repeats.
const QUOTED: usize = 60;

/// The invented people: id, first name, family name.
const CAST: [(&str, &str, &str); 4] = [
    ("Trckl3Ada1", "Ada", "Example"),
    ("Trckl3Bru2", "Bruno", "Sample"),
    ("Trckl3Chi3", "Chidi", "Specimen"),
    ("Trckl3Dor4", "Dora", "Muster"),
];

/// What they say, in turn.
const LINES: [&str; 8] = [
    "Great work, everyone!",
    "Does this ship to Norway?",
    "How does it compare to last year's release?",
    "Congratulations 🎉",
    "Is there a trial for small teams?",
    "We have used it since March and would not go back.",
    "Where can I read more about the new interface?",
    "Will there be a recording of the talk?",
];

/// Lets them begin; each turn is one event.
pub(super) fn start(platform: &Platform, organization: &str, every: Duration) {
    {
        let mut state = platform.state();
        for (id, given, family) in CAST {
            state.members.entry(id.to_owned()).or_insert_with(|| Member::new(id, given, family));
        }
    }
    let (platform, organization) = (platform.clone(), organization.to_owned());
    platform.tasks().clone().spawn(async move {
        for turn in 0_usize.. {
            take_turn(&platform, &organization, turn);
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = platform.stopped() => return,
            }
        }
    });
}

/// The page's newest post; made when there is none.
fn newest_post(platform: &Platform, organization: &str) -> String {
    let owner = urn::organization(organization);
    let mut state = platform.state();
    let found = state.posts.values().rev().find(|post| post.owner == owner).map(|post| post.activity);
    let activity = found.unwrap_or_else(|| state.add_post(&owner, "Our spring release is out", true, None));
    urn::activity(activity)
}

/// What happens in one turn: comments mostly, everything else now and then.
fn take_turn(platform: &Platform, organization: &str, turn: usize) {
    let post = newest_post(platform, organization);
    let (who, ..) = CAST[turn % CAST.len()];
    let line = LINES[turn % LINES.len()];
    match (turn % ROUND, newest_of_cast(platform)) {
        (2, Some(comment)) => {
            platform.comment(&urn::person(who), &comment.urn(), "I would like to know that too.", None);
        }
        (4, _) => {
            platform.like(who, &post);
        }
        (5, Some(comment)) => {
            platform.edit_comment(comment.id, &format!("{} (edited)", comment.text));
        }
        (7, Some(comment)) => {
            platform.delete_comment(comment.id);
        }
        (8, _) => {
            platform.share(who, &post, "worth reading");
        }
        _ => {
            platform.comment(&urn::person(who), &post, line, None);
        }
    }
}

fn by_cast(author: &str) -> bool {
    urn::id(author, "person").is_some_and(|id| CAST.iter().any(|(known, ..)| *known == id))
}

fn newest_of_cast(platform: &Platform) -> Option<Comment> {
    platform.state().comments.values().rev().find(|comment| by_cast(&comment.author)).cloned()
}

/// One of the cast answers the page, when it answered them; others keep silent, so that tests are not disturbed.
pub(super) fn answered(platform: &Platform, comment: &Comment) {
    let Some(parent) = comment.parent.and_then(|id| platform.state().comments.get(&id).cloned()) else { return };
    if !by_cast(&parent.author) {
        return;
    }
    let words: String = comment.text.chars().take(QUOTED).collect();
    let (platform, on) = (platform.clone(), parent.urn());
    platform.tasks().clone().spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(TYPING) => {
                platform.comment(&parent.author, &on, &format!("Thanks for “{words}”"), None);
            }
            () = platform.stopped() => {}
        }
    });
}
