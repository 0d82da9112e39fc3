//! Whom the hub believes to be its database, its Redis, and itself (S21): real servers with certificates made here.

use super::scene::{Scene, ask, binary, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_testkit::database::{POSTGRES_VARIABLE, REQUIRE_ALL_VARIABLE};
use hub_testkit::{Database, Engine, HubProcess, eventually};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::Method;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The names that the certificate is for. The second is this machine as well, and not known to be.
const NAMES: [&str; 2] = ["127.0.0.1", "0.0.0.0"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s21_a_redirect_goes_to_the_configured_host_and_a_bad_certificate_to_nobody() {
    redirects().await;
    if let Some(programs) = postgres_programs() {
        of_postgres(&programs).await;
    }
    of_redis().await;
}

async fn redirects() {
    let scene = Scene::open_with(&[
        ("FORCE_HTTPS", "true"),
        ("WEBHOOK_BASE_URL", "https://hub.example.com"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let answer = ask(&scene.client(), Method::GET, "/health", &[("host", "evil.example")]).await;
    assert_eq!(header(&answer, "location"), Some("https://hub.example.com/health"));
    // Without such an address there is nothing safe to redirect to.
    let (ok, told) = run("serve", &[("FORCE_HTTPS", "true"), ("WEBHOOK_BASE_URL", "http://hub.example.com")]);
    assert!(!ok && told.contains("FORCE_HTTPS"), "{told}");
}

async fn of_postgres(programs: &Path) {
    let folder = Folder::with_certificates();
    let port = hub_testkit::free_port();
    let _server = folder.postgres(programs, port).await;
    let at = |host: &str, mode: &str| format!("postgres://postgres@{host}:{port}/postgres{mode}");
    let authority = format!("sslrootcert={}", folder.file("authority.pem"));
    let with =
        |mode: &str| if mode.is_empty() { format!("?{authority}") } else { format!("?sslmode={mode}&{authority}") };
    let refused = "the database server's certificate is not trusted";
    for (what, url, expected) in [
        ("signed by somebody nobody knows", at(NAMES[0], "?sslmode=require"), Err(refused)),
        ("the same", at(NAMES[0], "?sslmode=verify-full"), Err(refused)),
        ("the same, elsewhere, and nothing was said", at(NAMES[1], ""), Err(refused)),
        ("for another host", at("localhost", &with("require")), Err(refused)),
        ("the authority is known", at(NAMES[0], &with("require")), Ok(())),
        ("the same", at(NAMES[0], &with("verify-full")), Ok(())),
        ("the same, elsewhere, and nothing was said", at(NAMES[1], &with("")), Ok(())),
        ("for another host, which was said to be fine", at("localhost", &with("verify-ca")), Ok(())),
        ("nobody shall look", at(NAMES[0], "?sslmode=no-verify"), Ok(())),
        ("on this machine", at("localhost", ""), Ok(())),
    ] {
        let (ok, told) = run("migrate", &[("DATABASE_URL", &url)]);
        match expected {
            Ok(()) => assert!(ok, "{what}: {told}"),
            Err(words) => assert!(!ok && told.contains(words) && told.contains("sslrootcert"), "{what}: {told}"),
        }
    }
    // A server without certificates, such as one beside the hub in a private network.
    let plain = Database::fresh(Engine::Postgres).await;
    let mut elsewhere = url::Url::parse(&plain.url).expect("a URL");
    elsewhere.set_host(Some(NAMES[1])).expect("a host");
    let (ok, told) = run("migrate", &[("DATABASE_URL", elsewhere.as_str())]);
    assert!(ok && told.contains("not encrypted"), "it is used, and the log says so: {told}");
    elsewhere.set_query(Some("sslmode=require"));
    let (ok, told) = run("migrate", &[("DATABASE_URL", elsewhere.as_str())]);
    assert!(!ok && told.contains("no encrypted connection"), "{told}");
}

async fn of_redis() {
    let folder = Folder::with_certificates();
    let port = hub_testkit::free_port();
    let Some(_server) = folder.redis(port).await else { return };
    let (address, other) = (format!("rediss://{}:{port}", NAMES[0]), format!("rediss://localhost:{port}"));
    let authority = folder.file("authority.pem");
    let redis = async |hub: &HubProcess| hub.client().get("/health").await.1["services"]["redis"].clone();
    for (what, settings) in [
        ("signed by somebody nobody knows", vec![("REDIS_URL", address.as_str())]),
        ("for another host", vec![("REDIS_URL", other.as_str()), ("REDIS_CA_FILE", authority.as_str())]),
    ] {
        let scene = Scene::open_with(&settings).await;
        assert_eq!(scene.logged("Redis cannot be reached").await, 1, "{what}");
        let log = scene.log();
        assert!(log.contains("certificate"), "{what}: {log}");
        assert_eq!(redis(&scene.hub.process).await, "disconnected", "{what}");
    }
    let scene = Scene::open_with(&[("REDIS_URL", &address), ("REDIS_CA_FILE", &authority)]).await;
    let linked = async || (redis(&scene.hub.process).await == "connected").then_some(());
    eventually("the authority is known", linked).await;
    let (ok, told) = run("doctor", &[("REDIS_URL", &address), ("REDIS_CA_FILE", "/nowhere/authority.pem")]);
    assert!(!ok && told.contains("REDIS_CA_FILE"), "{told}");
}

/// Runs a command of the hub to its end; gives whether it succeeded and what it said.
fn run(command: &str, settings: &[(&str, &str)]) -> (bool, String) {
    let data = tempfile::tempdir().expect("a folder");
    let output = Command::new(binary())
        .arg(command)
        .env_clear()
        .envs([("PORT", "0"), ("HOST", "127.0.0.1"), ("RUST_LOG", "warn")])
        .env("HUB_DATA_DIR", data.path())
        .envs(settings.iter().copied())
        .output()
        .expect("it runs");
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), words.concat())
}

/// A server; ended when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

impl Server {
    async fn start(command: &mut Command, port: u16) -> Self {
        let server =
            Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server"));
        eventually("the server listens", async || TcpStream::connect(("127.0.0.1", port)).ok().map(drop)).await;
        server
    }
}

/// A folder with an authority, a server's certificate that it signed, and its key.
struct Folder(TempDir);

impl Folder {
    fn with_certificates() -> Self {
        let mut about = CertificateParams::default();
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = about.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(about, key);
        let key = KeyPair::generate().expect("a key");
        let about = CertificateParams::new(NAMES.map(str::to_owned)).expect("names");
        let own = about.signed_by(&key, &issuer).expect("a certificate");
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for (name, kind, bytes) in [
            ("authority.pem", "CERTIFICATE", authority.der().to_vec()),
            ("server.pem", "CERTIFICATE", own.der().to_vec()),
            ("server.key", "PRIVATE KEY", key.serialize_der()),
        ] {
            let text = STANDARD.encode(bytes);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("text")).collect();
            let pem = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"));
            std::fs::write(folder.0.path().join(name), pem).expect("a file");
        }
        folder
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// PostgreSQL with these certificates. It does not run as the superuser, and wants its key for itself.
    async fn postgres(&self, programs: &Path, port: u16) -> Server {
        let shell = |line: &str| {
            let done = Command::new("sh").args(["-ec", line]).output().expect("a shell");
            assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8_lossy(&done.stdout).trim().to_owned()
        };
        let folder = self.0.path().display();
        let is_root = shell("id -u") == "0";
        shell(&format!("chmod 600 {folder}/server.key"));
        if is_root {
            shell(&format!("chown -R postgres {folder}"));
        }
        let as_its_user = |program: &str| {
            let program = programs.join(program);
            if !is_root {
                return Command::new(program);
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"]).arg(program);
            command
        };
        let data = self.file("data");
        let made = as_its_user("initdb")
            .args(["--no-sync", "-A", "trust", "-U", "postgres", "-D", &data])
            .current_dir("/")
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = as_its_user("postgres");
        server.current_dir("/").args(["-D", &data, "-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={data}"),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", self.file("server.pem")),
            format!("ssl_key_file={}", self.file("server.key")),
        ] {
            server.args(["-c", &setting]);
        }
        let server = Server::start(&mut server, port).await;
        let database = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable");
        let ready = async || run("migrate", &[("DATABASE_URL", &database)]).0.then_some(());
        eventually("the server answers", ready).await;
        server
    }

    /// Redis with these certificates; `None` where there is none.
    async fn redis(&self, port: u16) -> Option<Server> {
        if Command::new("redis-server").arg("--version").output().is_err() {
            assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "redis-server is not installed");
            eprintln!("not run: redis-server is not installed");
            return None;
        }
        let mut server = Command::new("redis-server");
        server.args([
            "--port",
            "0",
            "--tls-port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--tls-auth-clients",
            "no",
        ]);
        server.args(["--tls-cert-file", &self.file("server.pem"), "--tls-key-file", &self.file("server.key")]);
        server.args(["--tls-ca-cert-file", &self.file("authority.pem"), "--save", "", "--dir", &self.file("")]);
        Some(Server::start(&mut server, port).await)
    }
}

/// The newest PostgreSQL's programs, where tests may use PostgreSQL.
fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    if found.is_none() || std::env::var(POSTGRES_VARIABLE).is_err() {
        assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "PostgreSQL is not here");
        eprintln!("not run: PostgreSQL's own certificates");
        return None;
    }
    found
}
