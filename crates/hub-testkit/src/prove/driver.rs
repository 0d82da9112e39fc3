//! The run itself.

use super::actor::Actor;
use super::history::{Finding, Said};
use super::plan::{Dice, Post, Trouble, Turn, turn};
use super::stage::Stage;
use super::surroundings::{TRIES, ask, start, time_passes};
use crate::Engine;
use futures_util::future::{join, join_all};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// People who write to each account.
pub const PEOPLE: usize = 3;
/// Messages one account sends at most: what platforms allow in a quarter of an hour.
const SENDS: usize = 12;
/// The hub is killed in so many rounds of a hundred.
const KILLS: u64 = 30;
/// Pause between two rounds.
const ROUND: Duration = Duration::from_millis(400);

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Run {
    /// The hub.
    pub binary: PathBuf,
    /// Its database.
    pub engine: Engine,
    /// Draws everything.
    pub seed: u64,
    /// How long things go wrong.
    pub lasts: Duration,
    /// Also what makes platforms pause for half a minute.
    pub harsh: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// In one line.
    pub summary: String,
    /// The hub's log, when something is wrong.
    pub log: Option<PathBuf>,
}

/// Runs, and gives what was found.
pub async fn run(run: Run, actors: Vec<Box<dyn Actor>>) -> Report {
    let begun = Instant::now();
    let mut stage = Stage::open(run, actors).await;
    let mut dice = Dice::new(stage.run.seed);
    let end = Instant::now() + stage.run.lasts;
    let mut rounds = 0;
    while Instant::now() < end {
        stage.round(&mut dice).await;
        rounds += 1;
        tokio::time::sleep(ROUND).await;
    }
    stage.rest().await;
    stage.lose().await;
    stage.look_at_accounts().await;
    stage.lose_sign_ins().await;
    stage.read().await;
    stage.report(rounds, begun.elapsed())
}

impl Stage {
    async fn round(&mut self, dice: &mut Dice) {
        let turns: Vec<Turn> = self.actors.iter().map(|_| turn(dice, PEOPLE, self.run.harsh)).collect();
        let kill = dice.chance(KILLS).then(|| (Duration::from_millis(dice.roll() % 300), dice.chance(30)));
        for actor in &self.actors {
            actor.hold_back(false);
        }
        let mut posts = std::mem::take(&mut self.later);
        let mut copies = Vec::new();
        let mut asks = Vec::new();
        for (account, turn) in turns.iter().enumerate() {
            // What goes wrong with the next send needs one, or it would meet another.
            let sends = !turn.asked.is_empty() && self.sent[account] < SENDS;
            if let Some(trouble) = turn.trouble.filter(|trouble| sends || !matches!(trouble, Trouble::Send(_))) {
                self.break_something(account, trouble);
            }
            for (person, post) in &turn.said {
                self.numbers[account] += 1;
                let number = self.numbers[account];
                let words = format!("{} {person} #{number}", self.actors[account].card());
                // What is read back may be of the past, of which clients hear in another way.
                let pushed = !self.actors[account].keeps();
                self.history.said.push(Said { talk: self.talk(account, *person), words: words.clone(), pushed });
                let delivery = (account, number, *person, words);
                if self.actors[account].keeps() {
                    self.tell_oddly(account, *post);
                    posts.push(delivery);
                    continue;
                }
                match post {
                    Post::Late => self.later.push(delivery),
                    Post::Plain => posts.push(delivery),
                    Post::Again => {
                        self.later.push(delivery.clone());
                        posts.push(delivery);
                    }
                    Post::Doubled => {
                        copies.extend([delivery.clone(), delivery.clone()]);
                        posts.push(delivery);
                    }
                }
            }
            for person in &turn.asked {
                if self.sent[account] == SENDS {
                    continue;
                }
                self.sent[account] += 1;
                let words = format!("to {} {person} #{}", self.actors[account].card(), self.sent[account]);
                self.asked(account, *person, &words);
                asks.push((self.conversations[&(account, *person)].clone(), words));
            }
        }
        posts.extend(copies);
        self.happen(posts, asks, kill).await;
    }

    /// A platform that delivers by itself does so once more, or later and in the wrong order.
    fn tell_oddly(&mut self, account: usize, post: Post) {
        let odd = match post {
            Post::Plain => false,
            Post::Doubled | Post::Again => self.actors[account].tell_again(),
            Post::Late => self.actors[account].hold_back(true),
        };
        if odd {
            *self.troubles.entry(format!("{post:?}")).or_default() += 1;
        }
    }

    /// Everything of a round at once, until all of it was taken; meanwhile the hub may die and come back.
    pub(super) async fn happen(
        &mut self,
        posts: Vec<(usize, i64, usize, String)>,
        asks: Vec<(String, String)>,
        kill: Option<(Duration, bool)>,
    ) {
        let (actors, user, client) = (&self.actors, &self.user, self.hub.client());
        let client = &client;
        let deliver = posts.iter().map(|(account, number, person, words)| async move {
            for _ in 0..TRIES {
                if actors[*account].deliver(client, *number, *person, words).await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{words:?} is never taken");
        });
        // One after the other within a conversation: that is the order in which they must leave.
        let mut talks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (conversation, words) in &asks {
            talks.entry(conversation).or_default().push(words);
        }
        let ask = talks.iter().map(|(conversation, all)| async move {
            for words in all {
                let _ = ask(user, conversation, words).await;
            }
        });
        let (hub, settings, binary, folder) =
            (&mut self.hub, &self.settings, &self.run.binary, self.database.folder.path());
        let (database, engine) = (&self.database, self.run.engine);
        let die = async {
            if let Some((after, gently)) = kill {
                tokio::time::sleep(after).await;
                if gently {
                    hub.stop().await;
                } else {
                    hub.kill().await;
                }
                time_passes(database, engine).await;
                *hub = start(binary, settings, folder).await;
            }
        };
        join(die, join(join_all(deliver), join_all(ask))).await;
        self.kills += usize::from(kill.is_some());
    }

    fn break_something(&mut self, account: usize, trouble: Trouble) {
        let done = match (trouble, &self.lines[account]) {
            (Trouble::Send(fault), _) => self.actors[account].fault(fault),
            (Trouble::Line(cut), Some(line)) => {
                line.cut(cut);
                true
            }
            (Trouble::Storm(storm, lasts), Some(line)) => {
                line.storm(storm, lasts);
                true
            }
            (Trouble::Line(_) | Trouble::Storm(..), None) => self.actors[account].cut_line(),
        };
        if done {
            let kind = format!("{trouble:?}");
            let kind = kind.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default().to_owned();
            *self.troubles.entry(kind).or_default() += 1;
        }
    }
}
