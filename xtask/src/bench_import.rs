//! How fast `hub import` is, beside the server's own copying of the same rows with the same indexes, and how much memory it
//! takes for few rows and for many.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use crate::packages::postgres_folder;
use crate::process::{Result, root};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Messages of the large original and of the small one.
const MANY: u64 = 100_000;
const FEW: u64 = 25_000;
/// The original's key, under which nearly all of its words are sealed.
const KEY: &str = "0123456789abcdef0123456789abcdef";
/// How often a running import is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// The longest an import may take.
const LIMIT: Duration = Duration::from_mins(20);

/// One figure: name, value, unit.
type Figure = (String, f64, &'static str);

/// What an import took.
struct Taken {
    wall: Duration,
    cpu: Duration,
    /// Largest resident memory, in megabytes.
    peak: f64,
}

/// Measures imports from `server` (an administrator's address) into both engines.
pub(crate) fn measure(hub: &Path, server: &str, folder: &Path, figures: &mut Vec<Figure>) -> Result<()> {
    for rows in [FEW, MANY] {
        psql(server, &format!("CREATE DATABASE bench_original_{rows}"))?;
        psql(&database(server, &format!("bench_original_{rows}"))?, &original(rows))?;
    }
    let source = database(server, &format!("bench_original_{MANY}"))?;
    let own = server_copies(&source)?;
    figures.push(("machine: messages copied by PostgreSQL".into(), own, "/s"));
    for engine in ["sqlite", "postgres"] {
        let target = |rows: u64| -> Result<Taken> {
            let name = format!("bench_target_{rows}");
            let url = if engine == "sqlite" {
                format!("sqlite://{}", folder.join(format!("{name}.db")).display())
            } else {
                psql(server, &format!("CREATE DATABASE {name}"))?;
                database(server, &name)?
            };
            import(hub, &database(server, &format!("bench_original_{rows}"))?, &url, &folder.join(&name))
        };
        let (few, many) = (target(FEW)?, target(MANY)?);
        let rate = MANY as f64 / many.wall.as_secs_f64();
        figures.push((format!("import into {engine}: messages, compared"), rate, "/s"));
        figures.push((format!("import into {engine}: per copied by PostgreSQL"), rate / own, "x"));
        let each = many.cpu.as_secs_f64() * 1_000_000.0 / MANY as f64;
        figures.push((format!("import into {engine}: processor per message"), each, "µs"));
        figures.push((format!("import into {engine}: largest resident"), many.peak, "MB"));
        figures.push((format!("import into {engine}: the same for a quarter"), few.peak, "MB"));
    }
    Ok(())
}

/// The same server's address with another database.
fn database(server: &str, name: &str) -> Result<String> {
    let (base, _) = server.rsplit_once('/').ok_or("no database in the address")?;
    Ok(format!("{base}/{name}"))
}

fn psql(url: &str, statements: &str) -> Result<()> {
    let program = postgres_folder().ok_or("PostgreSQL is not installed")?.join("psql");
    let done = Command::new(program).args(["-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements]).output()?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
}

/// Rows a second that the server copies into a table with the hub's indexes: no program in between can be faster.
fn server_copies(source: &str) -> Result<f64> {
    let started = Instant::now();
    psql(
        source,
        "CREATE TABLE copied (LIKE messages INCLUDING ALL);
         INSERT INTO copied SELECT * FROM messages;
         CREATE INDEX ON copied (sent_at DESC);
         CREATE INDEX ON copied (platform_message_id);
         CREATE INDEX ON copied (conversation_id, sent_at DESC, id DESC);",
    )?;
    let rate = MANY as f64 / started.elapsed().as_secs_f64();
    psql(source, "DROP TABLE copied")?;
    Ok(rate)
}

fn import(hub: &Path, from: &str, into: &str, data: &Path) -> Result<Taken> {
    let log = File::create(root().join("target/bench-import.log"))?;
    let started = Instant::now();
    let mut process = Command::new(hub)
        .arg("import")
        .env_clear()
        .envs([("IMPORT_FROM", from), ("IMPORT_ENCRYPTION_KEY", KEY), ("DATABASE_URL", into), ("RUST_LOG", "error")])
        .env("HUB_DATA_DIR", data)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let (mut cpu, mut peak) = (Duration::ZERO, 0.0);
    loop {
        if let Some((now, largest)) = look(process.id()) {
            (cpu, peak) = (now, largest);
        }
        if let Some(status) = process.try_wait()? {
            if status.success() {
                return Ok(Taken { wall: started.elapsed(), cpu, peak });
            }
            return Err("the import failed; see target/bench-import.log".into());
        }
        if started.elapsed() > LIMIT {
            process.kill()?;
            process.wait()?;
            return Err("the import takes too long; see target/bench-import.log".into());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Processor time and largest resident memory (in megabytes) of a process so far.
fn look(pid: u32) -> Option<(Duration, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may hold anything, the times in user and system mode are the 12th and 13th, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some((Duration::from_millis(ticks * 10), kilobytes / 1_024.0))
}

/// Statements that make a database in the shape of the Node original's migrations: ten users, fifty accounts, five thousand
/// conversations, and messages of which one in twenty was never encrypted.
fn original(rows: u64) -> String {
    format!(
        "CREATE EXTENSION pgcrypto;
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL, created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now());
CREATE TABLE connected_accounts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid REFERENCES users (id),
    platform varchar(50) NOT NULL, platform_user_id varchar(255) NOT NULL, platform_username varchar(255),
    access_token text NOT NULL, refresh_token text, token_expires_at timestamp, is_active boolean DEFAULT true,
    created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now());
CREATE TABLE refresh_tokens (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid REFERENCES users (id),
    token varchar(500) UNIQUE NOT NULL, expires_at timestamp NOT NULL, created_at timestamp, revoked_at timestamp);
CREATE TABLE conversations (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), account_id uuid REFERENCES connected_accounts (id),
    platform_conversation_id varchar(255) NOT NULL, participant_name varchar(255), participant_id varchar(255),
    participant_avatar_url text, last_message_at timestamp, unread_count integer DEFAULT 0,
    created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now(), UNIQUE (account_id, platform_conversation_id));
CREATE TABLE messages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), conversation_id uuid REFERENCES conversations (id),
    platform_message_id varchar(255) NOT NULL, sender_id varchar(255) NOT NULL, sender_name varchar(255),
    content text NOT NULL, message_type varchar(50) DEFAULT 'text', media_url text, is_outgoing boolean DEFAULT false,
    is_read boolean DEFAULT false, sent_at timestamp NOT NULL, delivered_at timestamp, created_at timestamp DEFAULT now(),
    UNIQUE (conversation_id, platform_message_id));
CREATE INDEX ON messages (conversation_id);
CREATE FUNCTION seal(words text) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT encode(iv, 'hex') || ':' || encode(encrypt_iv(convert_to(words, 'UTF8'), '{KEY}', iv, 'aes-cbc/pad:pkcs'), 'hex')
    FROM (SELECT gen_random_bytes(16) AS iv OFFSET 0) AS made $$;
INSERT INTO users (email, password_hash) SELECT 'user' || n || '@example.com', '$2b$10$' || repeat('x', 53)
    FROM generate_series(1, 10) AS n;
INSERT INTO connected_accounts (user_id, platform, platform_user_id, access_token, refresh_token)
    SELECT u.id, p, 'id-' || u.email, seal('token ' || u.email), seal('refresh')
    FROM users u, unnest(ARRAY['facebook', 'instagram', 'twitter', 'whatsapp', 'linkedin']) AS p;
INSERT INTO conversations (account_id, platform_conversation_id, participant_name, participant_id, last_message_at)
    SELECT a.id, 'c' || n, 'Somebody ' || n, 'p' || n, '2026-01-02' FROM connected_accounts a, generate_series(1, 100) AS n;
CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER () AS number FROM conversations;
CREATE INDEX ON numbered (number);
INSERT INTO messages (conversation_id, platform_message_id, sender_id, sender_name, content, is_outgoing, is_read, sent_at)
    SELECT c.id, 'mid.' || g.n, 'p' || c.number, 'Somebody', CASE WHEN g.n % 20 = 0 THEN 'plain words ' || g.n
        ELSE seal('message number ' || g.n || ': words of an ordinary length, as people write them to a shop') END,
        g.n % 3 = 0, g.n % 10 <> 0, timestamp '2025-01-01' + g.n * interval '20 seconds'
    FROM generate_series(1, {rows}) AS g(n) JOIN numbered c ON c.number = 1 + g.n % 5000;
ANALYZE;"
    )
}
