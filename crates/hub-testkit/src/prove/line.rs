//! A line to a platform that breaks on command, at any place of a request or its answer, or answers itself as a gateway in
//! trouble would. Links in answers lead through the line as well.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// Longest head, and longest body, of a request in bytes.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Longest time one request may take.
const LIMIT: Duration = Duration::from_mins(2);

/// Where the line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the platform saw anything.
    BeforeRequest,
    /// After so many parts in a hundred of the request's body.
    InRequest(u8),
    /// When the platform has everything and begins to answer.
    BeforeAnswer,
    /// After so many parts in a hundred of the answer.
    InAnswer(u8),
    /// Not at all, but it takes this long.
    Slow(Duration),
}

/// What a gateway says for a while instead of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    /// Status.
    pub status: u16,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u64>,
}

#[derive(Debug, Default)]
struct Weather {
    cuts: VecDeque<Cut>,
    storm: Option<(Storm, Instant)>,
}

/// The line.
#[derive(Clone, Debug)]
pub struct FaultyLine {
    /// Where to connect to.
    pub address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
}

impl FaultyLine {
    /// A line to `target` (`host:port`).
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let weather: Arc<Mutex<Weather>> = Arc::default();
        let line = Self { address, weather: weather.clone() };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, weather) = (target.clone(), weather.clone());
                tokio::spawn(async move {
                    // A broken line is what is wanted here.
                    let ends = (target.as_str(), address.to_string());
                    let _ = tokio::time::timeout(LIMIT, carry(near, (ends.0, &ends.1), &weather)).await;
                });
            }
        });
        line
    }

    /// The next request that changes something breaks here.
    pub fn cut(&self, cut: Cut) {
        self.weather.lock().unwrap().cuts.push_back(cut);
    }

    /// For so long every request is answered so.
    pub fn storm(&self, storm: Storm, lasts: Duration) {
        self.weather.lock().unwrap().storm = Some((storm, Instant::now() + lasts));
    }

    /// Everything works from now on.
    pub fn calm(&self) {
        *self.weather.lock().unwrap() = Weather::default();
    }
}

impl Weather {
    fn now(&mut self, changes: bool) -> (Option<Storm>, Option<Cut>) {
        if let Some((storm, until)) = self.storm
            && Instant::now() < until
        {
            return (Some(storm), None);
        }
        self.storm = None;
        (None, if changes { self.cuts.pop_front() } else { None })
    }
}

/// One request and its answer. Every request has a connection of its own.
async fn carry(mut near: TcpStream, (target, own): (&str, &str), weather: &Mutex<Weather>) -> std::io::Result<()> {
    let Some((head, mut body)) = head(&mut near).await? else { return Ok(()) };
    let text = String::from_utf8_lossy(&head).into_owned();
    let changes = text.starts_with("POST ") || text.starts_with("PUT ");
    let (storm, cut) = weather.lock().unwrap().now(changes);
    let length = header(&text, "content-length").and_then(|value| value.parse::<usize>().ok());
    let length = length.unwrap_or_default().min(MAX_BODY);
    if cut == Some(Cut::BeforeRequest) {
        return Ok(());
    }
    while body.len() < length {
        let mut some = vec![0; (length - body.len()).min(64 * 1024)];
        let read = near.read(&mut some).await?;
        if read == 0 {
            return Ok(());
        }
        body.extend_from_slice(&some[..read]);
    }
    if let Some(storm) = storm {
        let after = storm.retry_after.map(|after| format!("retry-after: {after}\r\n")).unwrap_or_default();
        let page = "<html><body>trouble</body></html>";
        let answer = format!(
            "HTTP/1.1 {} Trouble\r\ncontent-type: text/html\r\n{after}content-length: {}\r\nconnection: close\r\n\r\n{page}",
            storm.status,
            page.len()
        );
        return near.write_all(answer.as_bytes()).await;
    }
    let mut far = TcpStream::connect(target).await?;
    far.write_all(&closing(&text)).await?;
    if let Some(Cut::InRequest(parts)) = cut {
        far.write_all(&body[..body.len() * usize::from(parts.min(99)) / 100]).await?;
        return Ok(());
    }
    far.write_all(&body).await?;
    if let Some(Cut::Slow(wait)) = cut {
        tokio::time::sleep(wait).await;
    }
    let mut answer = Vec::new();
    if header(&text, "transfer-encoding").is_some() {
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
        return Ok(());
    }
    far.read_to_end(&mut answer).await?;
    lead_through(&mut answer, target, own);
    match cut {
        Some(Cut::BeforeAnswer) => Ok(()),
        Some(Cut::InAnswer(parts)) => near.write_all(&answer[..answer.len() * usize::from(parts.min(99)) / 100]).await,
        _ => near.write_all(&answer).await,
    }
}

/// Puts the line's address in the place of the platform's: whoever follows a link comes by here again. Both are of one length,
/// as all addresses are that the system gives.
fn lead_through(answer: &mut [u8], target: &str, own: &str) {
    assert_eq!(target.len(), own.len(), "{target} and {own}");
    let mut from = 0;
    while let Some(place) = answer[from..].windows(own.len()).position(|bytes| bytes == target.as_bytes()) {
        answer[from + place..][..own.len()].copy_from_slice(own.as_bytes());
        from += place + own.len();
    }
}

/// The head of a request, and what came of its body with it.
async fn head(near: &mut TcpStream) -> std::io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return Ok(Some((read, body)));
        }
        let mut some = [0; 8 * 1024];
        let count = near.read(&mut some).await?;
        if count == 0 || read.len() > MAX_HEAD {
            return Ok(None);
        }
        read.extend_from_slice(&some[..count]);
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The same head, after whose answer the connection ends.
fn closing(head: &str) -> Vec<u8> {
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !line.is_empty() && !name.eq_ignore_ascii_case("connection")
    });
    let mut lines: Vec<&str> = kept.collect();
    lines.extend(["connection: close", "", ""]);
    lines.join("\r\n").into_bytes()
}
