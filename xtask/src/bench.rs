//! `cargo xtask bench`: how fast the hub is, as a ratio to what this machine can do in the same run. Bounded in count and
//! time, on loopback alone.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use crate::bench_import;
use crate::process::{Background, Result, cargo, free_port, root, step};
use crate::run::target_folder;
use crate::services::Services;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections of the load.
const CONNECTIONS: u64 = 16;
/// Deliveries per engine, lists per engine, and requests of the bare server.
const DELIVERIES: u64 = 6_000;
const LISTS: u64 = 2_000;
const BARE: u64 = 20_000;
/// Synced appends of the disk's own limit.
const APPENDS: u32 = 300;
const BOT: &str = "481000001:AAbench-token-of-nobody_0000000000000";
const SECRET: &str = "bench-secret-0123456789";

/// Measures and prints.
pub(crate) fn bench(arguments: &[String]) -> Result<ExitCode> {
    if !step("building the hub", &mut cargo(&["build", "--release", "-p", "hub"]))? {
        return Ok(ExitCode::FAILURE);
    }
    fs::create_dir_all(root().join("target"))?;
    let hub = target_folder().join("release/hub");
    let mut figures: Vec<(String, f64, &str)> = Vec::new();
    let megabytes = |bytes: u64| bytes as f64 / 1_048_576.0;
    figures.push(("binary".into(), megabytes(fs::metadata(&hub)?.len()), "MB"));
    let folder = std::env::temp_dir().join(format!("messaging-hub-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let synced = synced_appends(&folder.join("appends"))?;
    let bare = bare_requests()?;
    figures.push(("machine: synced appends".into(), synced, "/s"));
    figures.push(("machine: bare requests".into(), bare, "/s"));
    let services = Services::start(true);
    if let Err(error) = &services {
        println!("── PostgreSQL is not measured: {error}");
    }
    let postgres = services.as_ref().ok().map(|services| services.postgres_url.clone());
    for (engine, url) in
        [("sqlite", Some(format!("sqlite://{}", folder.join("hub.db").display()))), ("postgres", postgres)]
    {
        if let Some(url) = url {
            measure(engine, &hub, &url, &folder.join(engine), synced, bare, &mut figures)?;
        }
    }
    if let Ok(services) = &services {
        bench_import::measure(&hub, &services.postgres_url, &folder, &mut figures)?;
    }
    let _ = fs::remove_dir_all(&folder);
    report(&figures, arguments.iter().any(|argument| argument == "--json"));
    Ok(ExitCode::SUCCESS)
}

fn report(figures: &[(String, f64, &str)], json: bool) {
    if json {
        let mut text = String::from("{");
        for (number, (name, value, unit)) in figures.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}\"{name} {unit}\": {value:.2}");
        }
        println!("{text}}}");
        return;
    }
    for (name, value, unit) in figures {
        println!("{name:<40} {value:>12.2} {unit}");
    }
}

fn measure(
    engine: &str,
    hub: &Path,
    url: &str,
    data: &Path,
    synced: f64,
    bare: f64,
    figures: &mut Vec<(String, f64, &'static str)>,
) -> Result<()> {
    let platform = stand_in()?;
    let port = free_port()?;
    let settings = [
        ("PORT", port.to_string()),
        ("HOST", "127.0.0.1".to_owned()),
        ("HUB_DATA_DIR", data.display().to_string()),
        ("DATABASE_URL", url.to_owned()),
        ("TELEGRAM_API_BASE_URL", platform),
        ("TELEGRAM_BOT_TOKEN", BOT.to_owned()),
        ("TELEGRAM_WEBHOOK_SECRET", SECRET.to_owned()),
        ("WEBHOOK_BASE_URL", "http://127.0.0.1:9".to_owned()),
        ("RATE_LIMIT_PER_MINUTE", "1000000000".to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ];
    let arguments: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut command: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let hub = hub.display().to_string();
    command.extend([hub.as_str(), "serve"]);
    let log = root().join("target/bench-hub.log");
    // The first start makes the schema; the second is the one people wait for.
    let mut first = Background::start(None, "env", &command, &log)?;
    healthy(port, &mut first)?;
    drop(first);
    let started = Instant::now();
    let mut process = Background::start(None, "env", &command, &log)?;
    healthy(port, &mut process)?;
    figures.push((format!("{engine}: start to /health"), started.elapsed().as_secs_f64() * 1_000.0, "ms"));
    thread::sleep(Duration::from_secs(5));
    figures.push((format!("{engine}: idle resident"), resident(process.id())?, "MB"));

    let (_, answer) = one(
        port,
        &request("POST", "/api/auth/register", "", r#"{"email":"bench@example.com","password":"bench-password"}"#),
    )?;
    let token =
        answer.split("\"accessToken\":\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no token")?.to_owned();
    let authorization = format!("Authorization: Bearer {token}\r\n");
    let link = format!(r#"{{"method":"bot_token","answers":{{"token":"{BOT}"}}}}"#);
    let (status, answer) = one(port, &request("POST", "/api/oauth/connect/telegram", &authorization, &link))?;
    if status != 200 {
        return Err(format!("the bot could not be linked: {answer}").into());
    }
    let secret = format!("X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n");
    let deliver = |number: u64| {
        let person = 5_000 + number % 50;
        let body = format!(
            r#"{{"update_id":{number},"message":{{"message_id":{number},"date":{},"text":"message {number}","chat":{{"id":{person},"type":"private","first_name":"Ada"}},"from":{{"id":{person},"is_bot":false,"first_name":"Ada"}}}}}}"#,
            1_767_225_600 + number
        );
        request("POST", "/api/webhooks/telegram", &secret, &body)
    };
    let load = run_load(port, DELIVERIES, &deliver)?;
    figures.push((format!("{engine}: deliveries stored"), load.rate, "/s"));
    figures.push((format!("{engine}: deliveries per synced append"), load.rate / synced, "x"));
    figures.push((format!("{engine}: deliveries per bare request"), load.rate / bare, "x"));
    figures.push((format!("{engine}: delivery, median"), load.median_ms, "ms"));
    figures.push((format!("{engine}: delivery, 99 of 100"), load.p99_ms, "ms"));
    let list = |_: u64| request("GET", "/api/messages?limit=50", &authorization, "");
    let load = run_load(port, LISTS, &list)?;
    figures.push((format!("{engine}: lists of 50"), load.rate, "/s"));
    figures.push((format!("{engine}: list, 99 of 100"), load.p99_ms, "ms"));
    figures.push((format!("{engine}: resident after the load"), resident(process.id())?, "MB"));
    Ok(())
}

fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1_024.0)
}

fn healthy(port: u16, process: &mut Background) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end && process.is_running() {
        if one(port, &request("GET", "/health", "", "")).is_ok_and(|(status, _)| status == 200) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Err("the hub did not become healthy; see target/bench-hub.log".into())
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn one(port: u16, request: &str) -> Result<(u16, String)> {
    let mut line = Line::open(port)?;
    line.ask(request)
}

/// One keep-alive connection.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn ask(&mut self, request: &str) -> Result<(u16, String)> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no status line")?;
        let (mut length, mut chunked) = (0_usize, false);
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            chunked |= header == "transfer-encoding: chunked";
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                line.clear();
                self.0.read_line(&mut line)?;
                let size = usize::from_str_radix(line.trim(), 16)?;
                let mut chunk = vec![0; size + 2];
                self.0.read_exact(&mut chunk)?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..size]);
            }
        } else {
            body.resize(length, 0);
            self.0.read_exact(&mut body)?;
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

struct Load {
    rate: f64,
    median_ms: f64,
    p99_ms: f64,
}

fn run_load(port: u16, count: u64, make: &(dyn Fn(u64) -> String + Sync)) -> Result<Load> {
    let next = AtomicU64::new(1);
    let started = Instant::now();
    let outcomes: Vec<std::result::Result<Vec<Duration>, String>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut line = Line::open(port).map_err(|error| error.to_string())?;
                    let mut times = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number > count {
                            return Ok(times);
                        }
                        let request = make(number);
                        let asked = Instant::now();
                        let (status, body) = line.ask(&request).map_err(|error| error.to_string())?;
                        if status != 200 {
                            return Err(format!("{status}: {body}"));
                        }
                        times.push(asked.elapsed());
                    }
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("a worker died".to_owned()))).collect()
    });
    let took = started.elapsed();
    let mut times = Vec::new();
    for outcome in outcomes {
        times.extend(outcome?);
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
    Ok(Load { rate: times.len() as f64 / took.as_secs_f64(), median_ms: at(50), p99_ms: at(99) })
}

/// The disk's own limit: small appends, each synced.
fn synced_appends(path: &Path) -> Result<f64> {
    let mut file = File::create(path)?;
    let started = Instant::now();
    for _ in 0..APPENDS {
        file.write_all(&[7; 512])?;
        file.sync_data()?;
    }
    Ok(f64::from(APPENDS) / started.elapsed().as_secs_f64())
}

/// The loopback's own limit: the same client against a server that does nothing.
fn bare_requests() -> Result<f64> {
    let port = serve_fixed("{\"ok\":true}")?;
    Ok(run_load(port, BARE, &|_| request("POST", "/", "", "{}"))?.rate)
}

/// A platform that says yes to everything; gives its address.
fn stand_in() -> Result<String> {
    let id = BOT.split(':').next().unwrap_or_default();
    let answer =
        format!(r#"{{"ok":true,"result":{{"id":{id},"is_bot":true,"first_name":"bench","username":"bench_bot"}}}}"#);
    Ok(format!("http://127.0.0.1:{}", serve_fixed(&answer)?))
}

/// A server with one answer; it ends with this program.
fn serve_fixed(answer: &str) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
        answer.len()
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || serve_one(stream, &answer));
        }
    });
    Ok(port)
}

fn serve_one(stream: TcpStream, answer: &str) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if !reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() || reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
