//! `docs/migrate.md`, done: its commands are taken from the page as they stand and run in a terminal of their own, against
//! databases of both originals, there and back again.

use super::shapes::Shape;
use super::{JWT_REFRESH_SECRET, JWT_SECRET, can_run, cipher, dump, inbox, original, rows};
use crate::support::{BOT_TOKEN, Hub, SECRET};
use hub_simulators::telegram::{TelegramOptions, start};
use hub_testkit::{Database, HubProcess, free_port};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const GUIDE: &str = include_str!("../../../../../docs/migrate.md");
/// The command that does not end; whoever follows the guide leaves it running.
const SERVE: &str = "hub serve";

/// What stands in fences: the number of its section, and the commands.
fn blocks() -> Vec<(u32, String)> {
    let (mut section, mut found, mut open) = (0, Vec::new(), None::<String>);
    for line in GUIDE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(section);
        }
        match (line.trim(), &mut open) {
            ("```sh", None) => open = Some(String::new()),
            ("```", Some(_)) => found.extend(open.take().map(|commands| (section, commands))),
            (command, Some(commands)) => {
                let _ = writeln!(commands, "{command}");
            }
            _ => {}
        }
    }
    assert!(open.is_none(), "a fence is open");
    found
}

/// A terminal in a folder of its own: what one command exports, the next one has.
struct Terminal {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    hub: Option<HubProcess>,
}

impl Terminal {
    /// With an environment file of an original and nothing else.
    fn open(settings: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut lines = String::new();
        for (name, value) in settings {
            let _ = writeln!(lines, "{name}='{value}'");
        }
        std::fs::write(folder.path().join("original.env"), lines).expect("a file");
        let programs = Path::new(env!("CARGO_BIN_EXE_hub")).parent().expect("a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        let home = folder.path().display().to_string();
        let environment =
            BTreeMap::from([("PATH".to_owned(), format!("{programs}:{path}")), ("HOME".to_owned(), home)]);
        Self { folder, environment, hub: None }
    }

    /// Does what a section says, every command of it.
    async fn follow(&mut self, section: u32) -> String {
        let mut words = String::new();
        for (_, commands) in blocks().into_iter().filter(|(number, _)| *number == section) {
            words.push_str(&self.run(&commands).await);
        }
        words
    }

    async fn run(&mut self, commands: &str) -> String {
        let (commands, serves) = match commands.trim_end().strip_suffix(SERVE) {
            Some(before) => (before, true),
            None => (commands, false),
        };
        let output = Command::new("bash")
            .args(["-ec", &format!("{commands}\nenv -0 > .exported")])
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.folder.path())
            .output()
            .expect("a shell");
        let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{commands}\n{words}");
        let exported = std::fs::read_to_string(self.folder.path().join(".exported")).expect("text");
        self.environment = exported
            .split('\0')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if serves {
            let data = self.folder.path().join("data").display().to_string();
            let mut settings: Vec<(&str, &str)> =
                self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            settings.push(("HUB_DATA_DIR", &data));
            self.hub = Some(HubProcess::start(Path::new(env!("CARGO_BIN_EXE_hub")), &settings).await);
        }
        words
    }

    fn exported(&self, name: &str) -> &str {
        &self.environment[name]
    }
}

/// A database of an original in which everything opens, so that every command of the guide succeeds.
async fn sound(shape: Shape) -> (Database, rows::Rows) {
    let (database, rows) = original(shape).await;
    for (table, column, id, value) in [
        ("messages", "content", rows::LOST_MESSAGE, rows::SAID[3].1),
        ("connected_accounts", "access_token", rows::LOST_TOKEN, "a token"),
        ("connected_accounts", "access_token", rows::CLEAR_TOKEN, "a token"),
    ] {
        let value = cipher::writes(cipher::KEY, value);
        assert_eq!(database.change(format!("UPDATE {table} SET {column} = '{value}' WHERE id = '{id}'")).await, 1);
    }
    (database, rows)
}

/// The original's environment file: a whole address, as Node has it, or its parts, as Django has them.
fn environment(shape: Shape, database: &Database, platform: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("JWT_SECRET", JWT_SECRET.to_owned()),
        ("JWT_REFRESH_SECRET", JWT_REFRESH_SECRET.to_owned()),
        ("ENCRYPTION_KEY", cipher::KEY.to_owned()),
        ("PORT", free_port().to_string()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("TELEGRAM_WEBHOOK_SECRET", SECRET.to_owned()),
        ("WEBHOOK_BASE_URL", "http://127.0.0.1:9".to_owned()),
        ("SECRET_KEY", "what the hub does not know".to_owned()),
        // Where the pretend platform is, and a quiet log.
        ("TELEGRAM_API_BASE_URL", platform.to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ];
    let url = url::Url::parse(&database.url).expect("an address");
    if shape == Shape::Django {
        all.extend([
            ("DB_HOST", url.host_str().expect("a host").to_owned()),
            ("DB_PORT", url.port().unwrap_or(5432).to_string()),
            ("DB_NAME", url.path().trim_start_matches('/').to_owned()),
            ("DB_USER", url.username().to_owned()),
            ("DB_PASSWORD", url.password().unwrap_or_default().to_owned()),
        ]);
    } else {
        all.push(("DATABASE_URL", database.url.clone()));
    }
    all
}

/// Goes both ways.
async fn followed(shape: Shape) {
    // Sections 1, 2, 3 and 5 are one way, 1, 2, 4 and 6 the other: every fence stands in one of them.
    let sections: Vec<u32> = blocks().into_iter().map(|(section, _)| section).collect();
    assert!((1..=6).all(|section| sections.contains(&section)) && sections.len() >= 10, "{sections:?}");
    assert!(
        sections.iter().all(|section| (1..=6).contains(section)),
        "a section that this test does not know: {sections:?}"
    );
    in_place_and_back(shape).await;
    by_import(shape).await;
}

async fn in_place_and_back(shape: Shape) {
    let platform = start(TelegramOptions::default()).await.expect("the simulator starts");
    platform.create_bot(BOT_TOKEN, "tests_bot");
    let (database, rows) = sound(shape).await;
    let mut terminal = Terminal::open(&environment(shape, &database, platform.base_url()));
    terminal.follow(1).await;
    assert!(terminal.follow(2).await.contains("Everything opens. Nothing was written."));
    let (first, later): (Vec<_>, Vec<_>) = blocks()
        .into_iter()
        .filter(|(number, _)| *number == 3)
        .partition(|(_, commands)| !commands.contains("hub reseal"));
    for (_, commands) in &first {
        terminal.run(commands).await;
    }
    let backup = std::fs::metadata(terminal.folder.path().join("before-the-hub.dump")).expect("a backup");
    assert!(backup.len() > 1_000, "{}", backup.len());
    let hub = Hub { process: terminal.hub.take().expect("it was started"), platform };
    let user = inbox::everything_is_there(&hub).await;
    inbox::log_ins_stand(&hub, &rows, shape.revokes()).await;
    inbox::work_on(&hub, &user).await;
    for (_, commands) in &later {
        terminal.run(commands).await;
    }
    assert_eq!(inbox::said(&user).await, rows::SAID.len() + 2, "sealed anew while it runs");

    let Hub { mut process, platform } = hub;
    process.stop().await;
    assert_eq!(blocks().iter().filter(|(number, _)| *number == 5).count(), 1);
    terminal.follow(5).await;
    the_original_goes_on(&database, shape).await;

    // And once more to the hub.
    for (_, commands) in first.iter().filter(|(_, commands)| !commands.contains("pg_dump")) {
        terminal.run(commands).await;
    }
    let hub = Hub { process: terminal.hub.take().expect("it was started"), platform };
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    assert_eq!(inbox::said(&user).await, rows::SAID.len() + 3, "with what the original wrote meanwhile");
    let (_, thread) = user.get(&format!("/api/conversations/{}", rows::THREAD)).await;
    assert_eq!(thread["unread_count"], 1, "counted anew: {thread}");
}

/// What the original does after the hub: its start-up script, reading by its own rules, and a message of its own.
async fn the_original_goes_on(database: &Database, shape: Shape) {
    if shape != Shape::Django {
        let again = shape.tables().replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ");
        let again = again.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ");
        let again: Vec<&str> = again.split_inclusive(";\n").filter(|one| one.contains("IF NOT EXISTS")).collect();
        database.change(again.concat()).await;
    }
    // Of the rows that have an owner; those without were no text of anybody's before.
    let owned = "JOIN conversations c ON c.id = m.conversation_id JOIN connected_accounts a ON a.id = c.account_id \
                 JOIN users u ON u.id = a.user_id";
    let stored = database.texts(format!("SELECT m.content FROM messages m {owned}")).await;
    assert_eq!(stored.len(), 17);
    let read: Vec<String> = stored
        .into_iter()
        .flatten()
        .map(|value| cipher::reads(cipher::KEY, &value).expect("the original opens it"))
        .collect();
    for (_, words, ..) in rows::SAID {
        assert!(read.iter().any(|one| one == words), "{words:?} in {read:?}");
    }
    for words in ["news after the change", "an answer of the hub", "of one person", "fetched"] {
        assert!(read.iter().any(|one| one == words), "{words:?} in {read:?}");
    }
    let token = async |remote: &str| {
        let query = format!(
            "SELECT access_token FROM connected_accounts WHERE platform_user_id = '{remote}' AND user_id IS NOT NULL"
        );
        database.texts(query).await[0].clone().expect("a token")
    };
    assert_eq!(cipher::reads(cipher::KEY, &token("481000001").await).as_deref(), Some(BOT_TOKEN));
    assert_eq!(cipher::reads(cipher::KEY, &token("900100").await).as_deref(), Some("a page token"));
    assert_eq!(token("700").await, cipher::session_string(), "a person's session, as the Node original takes it");
    let written = database
        .change(format!(
            "INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, message_type, is_outgoing, \
             is_read, sent_at, created_at) VALUES (gen_random_uuid(), '{}', 'of-the-original', '42', '{}', 'text', false, \
             false, now(), now())",
            rows::THREAD,
            cipher::writes(cipher::KEY, "written by the original")
        ))
        .await;
    assert_eq!(written, 1);
}

async fn by_import(shape: Shape) {
    let platform = start(TelegramOptions::default()).await.expect("the simulator starts");
    platform.create_bot(BOT_TOKEN, "tests_bot");
    let (source, rows) = sound(shape).await;
    let columns = dump::columns(&source).await;
    let before = dump::rows(&source, &columns).await;
    let mut terminal = Terminal::open(&environment(shape, &source, platform.base_url()));
    terminal.follow(1).await;
    terminal.follow(2).await;
    let words = terminal.follow(4).await;
    assert!(words.contains("all are here and say the same."), "{words}");
    assert!(terminal.exported("DATABASE_URL").starts_with("sqlite://"));
    let hub = Hub { process: terminal.hub.take().expect("it was started"), platform };
    let user = inbox::everything_is_there(&hub).await;
    inbox::log_ins_stand(&hub, &rows, shape.revokes()).await;
    inbox::work_on(&hub, &user).await;

    // Another key, while it runs; what was restarted with both reads everything.
    let Hub { mut process, platform } = hub;
    process.stop().await;
    let old = terminal.exported("ENCRYPTION_KEY").to_owned();
    terminal.follow(6).await;
    assert!(terminal.exported("ENCRYPTION_KEYS_OLD") == old && terminal.exported("ENCRYPTION_KEY") != old);
    terminal.environment.remove("ENCRYPTION_KEYS_OLD");
    terminal.run(SERVE).await;
    let hub = Hub { process: terminal.hub.take().expect("it was started"), platform };
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    assert_eq!(inbox::said(&user).await, rows::SAID.len() + 2, "under the new key alone");
    // The way back is to start the original: nothing of it was touched.
    assert_eq!(dump::rows(&source, &columns).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guide_takes_over_the_node_original_as_it_starts() {
    if can_run() {
        followed(Shape::N1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guide_takes_over_the_node_original_that_was_migrated() {
    if can_run() {
        followed(Shape::N2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guide_takes_over_the_django_original() {
    if can_run() {
        followed(Shape::Django).await;
    }
}

/// What the guide names in passing is there as well.
#[test]
fn every_command_of_the_guide_is_known() {
    let mut named = 0;
    for piece in GUIDE.split('`').skip(1).step_by(2).filter(|piece| piece.starts_with("hub ") && !piece.contains('\n'))
    {
        named += 1;
        let mut words: Vec<&str> = piece.split(' ').skip(1).collect();
        words.push("--help");
        let known = Command::new(env!("CARGO_BIN_EXE_hub")).args(&words).env_clear().output().expect("it runs");
        assert!(known.status.success(), "{piece}: {}", String::from_utf8_lossy(&known.stderr));
    }
    assert!(named >= 1, "the guide names commands");
}
