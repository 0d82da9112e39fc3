//! The data half of the drop-in promise: databases of the originals in all their shapes, adopted in place or imported, worked
//! with through the API, sealed anew, and still readable for the original they came from. The names of tests begin with the
//! number of the contract's decision they hold, where there is one.

mod cipher;
mod dump;
mod guide;
mod import;
mod inbox;
mod reseal;
mod rows;
mod sessions;
mod shapes;
mod start;

use hub_testkit::database::{POSTGRES_VARIABLE, REQUIRE_ALL_VARIABLE};
use hub_testkit::{Database, Engine};
use rows::Rows;
use shapes::Shape;
use std::path::Path;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// Signs access tokens, as the original did.
const JWT_SECRET: &str = "an-access-secret-of-an-original-0123456789";
/// Signs refresh tokens, as the original did.
const JWT_REFRESH_SECRET: &str = "a-refresh-secret-of-an-original-0123456789";

/// The original's secrets, given to the hub.
const SECRETS: [(&str, &str); 3] =
    [("JWT_SECRET", JWT_SECRET), ("JWT_REFRESH_SECRET", JWT_REFRESH_SECRET), ("ENCRYPTION_KEY", cipher::KEY)];

/// True where there is a PostgreSQL server: the originals know no other database.
fn can_run() -> bool {
    if std::env::var(POSTGRES_VARIABLE).is_ok() {
        return true;
    }
    assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "{POSTGRES_VARIABLE} is not set");
    eprintln!("not run: {POSTGRES_VARIABLE} is not set");
    false
}

/// A database of an original with everything in it that one may contain.
async fn original(shape: Shape) -> (Database, Rows) {
    let database = Database::fresh(Engine::Postgres).await;
    database.change(shape.tables()).await;
    let rows = Rows::of(shape);
    database.change(rows.statements()).await;
    (database, rows)
}

/// A command of the hub, with these settings as its whole environment.
fn command(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_hub")));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("RUST_LOG", "error")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The same, begun, with what it says in a pipe.
fn begin(arguments: &[&str], settings: &[(&str, &str)]) -> Child {
    command(arguments, settings).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the hub starts")
}

/// Runs a command to its end; gives whether it succeeded, and everything it said.
async fn run(arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let output = command(arguments, settings).output().await.expect("the hub runs");
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), words.concat())
}
