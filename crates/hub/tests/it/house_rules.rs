//! The walls of the house, read from its sources: who imports whom, who knows what. Every rule shows first that it can fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 500;

/// Who may import whom (ARCHITECTURE.md).
fn allowed_imports() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("hub-domain", [].as_slice()),
        ("hub-platform-kit", ["hub-domain"].as_slice()),
        ("hub-platforms", ["hub-domain", "hub-platform-kit"].as_slice()),
        ("hub-store", ["hub-domain"].as_slice()),
        ("hub-bus", ["hub-domain"].as_slice()),
        ("hub-app", ["hub-domain", "hub-platform-kit", "hub-store", "hub-bus"].as_slice()),
        ("hub-http", ["hub-app", "hub-domain"].as_slice()),
        ("hub-worker", ["hub-app", "hub-domain"].as_slice()),
        ("hub-simulators", [].as_slice()),
    ])
}

/// Places outside their folders where platforms' names stand for a reason.
const NAMED_ELSEWHERE: [(&str, &str); 9] = [
    ("crates/hub/src/platform_settings/", "environment names are given"),
    ("crates/hub/src/commands/demo/", "the demo links simulated accounts"),
    ("crates/hub/src/config/mod.rs", "the demo points one platform at its simulator"),
    ("crates/hub-store/src/nouns/mod.rs", "the contract's list of published names"),
    ("crates/hub-http/src/validate.rs", "the contract's list of published names"),
    ("crates/hub-http/src/routes/telegram_user/", "routes the contract names after a platform"),
    ("crates/hub-http/src/routes/debug.rs", "a route the contract names after a platform"),
    ("crates/hub-http/src/failure.rs", "the contract's shape of errors differs by route"),
    ("crates/hub-http/src/layers/", "a content policy and route prefixes the contract names"),
];

const PLATFORMS: [&str; 7] = ["telegram", "twitter", "linkedin", "instagram", "whatsapp", "facebook", "teams"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// Every Rust file below `crates` and `xtask`: path from the root, and text.
fn sources() -> Vec<(String, String)> {
    let (root, mut found, mut folders) = (root(), Vec::new(), vec![root().join("crates"), root().join("xtask")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below the root").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

/// Code that is shipped: no tests, no simulators, no kit for tests, no commands of the repository.
fn is_product(path: &str) -> bool {
    path.contains("/src/") && !["hub-simulators", "hub-testkit", "xtask/"].iter().any(|part| path.contains(part))
}

/// Lines of code without comments and without the tests at the end of a file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().enumerate().filter_map(|(number, line)| {
        let line = line.split("//").next().unwrap_or_default();
        (!line.trim().is_empty()).then_some((number + 1, line))
    })
}

fn check(rule: impl Fn(&str, &str) -> Vec<String>) {
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| rule(path, text)).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Finds words in product code, outside the places where they belong.
fn forbidden(path: &str, text: &str, words: &[&str], home: &[&str]) -> Vec<String> {
    if !is_product(path) || home.iter().any(|place| path.contains(place)) {
        return Vec::new();
    }
    code(text)
        .filter_map(|(number, line)| {
            words.iter().find(|word| line.contains(**word)).map(|word| format!("{path}:{number}: {word}"))
        })
        .collect()
}

#[test]
fn nobody_imports_upwards() {
    let judge = |name: &str, manifest: &str, allowed: &[&str]| -> Vec<String> {
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        dependencies
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next().filter(|crate_name| crate_name.starts_with("hub-")))
            .filter(|crate_name| !allowed.contains(crate_name))
            .map(|crate_name| format!("{name} imports {crate_name}"))
            .collect()
    };
    assert_eq!(judge("a", "[dependencies]\nhub-http.workspace = true\n", &["hub-app"]).len(), 1);
    for (name, allowed) in allowed_imports() {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("a manifest");
        assert_eq!(judge(name, &manifest, allowed), Vec::<String>::new());
    }
}

#[test]
fn a_platform_is_named_in_its_own_folder_only() {
    let rule = |path: &str, text: &str| {
        if NAMED_ELSEWHERE.iter().any(|(place, _)| path.starts_with(place)) || path.contains("hub-platforms/") {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        // The route table of the front door names the module of the contract's routes.
        let lower = lower.replace("telegram_user", "");
        forbidden(path, &lower, &PLATFORMS, &[])
    };
    assert_eq!(rule("crates/hub-app/src/a.rs", "if name == \"Facebook\" {}").len(), 1);
    check(rule);
}

#[test]
fn sql_is_spoken_in_the_cellar_only() {
    let words = ["\"SELECT ", "\"INSERT INTO", "\"UPDATE ", "\"DELETE FROM", "sea_orm::", "sqlx::"];
    let rule = |path: &str, text: &str| forbidden(path, text, &words, &["crates/hub-store/"]);
    assert_eq!(rule("crates/hub-http/src/a.rs", "let q = \"SELECT 1\";").len(), 1);
    check(rule);
}

#[test]
fn files_stay_short() {
    let rule = |path: &str, text: &str| {
        let lines = text.lines().count();
        if lines > MAX_LINES { vec![format!("{path}: {lines} lines")] } else { Vec::new() }
    };
    assert_eq!(rule("a.rs", &"x\n".repeat(MAX_LINES + 1)).len(), 1);
    check(rule);
}

#[test]
fn product_code_handles_its_errors() {
    let rule = |path: &str, text: &str| forbidden(path, text, &[".unwrap()", ".expect(\"", "panic!(", "todo!("], &[]);
    assert_eq!(rule("crates/hub-app/src/a.rs", "let a = b.unwrap();").len(), 1);
    check(rule);
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let rule = |path: &str, text: &str| forbidden(path, text, &["env::var"], &["crates/hub/src/config/"]);
    assert_eq!(rule("crates/hub-app/src/a.rs", "std::env::var(\"A\")").len(), 1);
    check(rule);
}

#[test]
fn only_the_store_makes_committed_events() {
    let rule = |path: &str, text: &str| {
        forbidden(path, text, &["Committed::after_commit"], &["crates/hub-store/", "crates/hub-domain/"])
    };
    assert_eq!(rule("crates/hub-app/src/a.rs", "Committed::after_commit(events)").len(), 1);
    check(rule);
}

#[test]
fn calls_to_platforms_go_through_one_transport() {
    let words = ["reqwest::Client", "Client::builder()"];
    let rule = |path: &str, text: &str| forbidden(path, text, &words, &["hub-platform-kit/src/transport.rs"]);
    assert_eq!(rule("crates/hub-platforms/src/a.rs", "reqwest::Client::new()").len(), 1);
    check(rule);
}

#[test]
fn the_foundation_is_still() {
    let words = ["async ", "tokio", "Utc::now", "std::net", "reqwest"];
    let rule = |path: &str, text: &str| {
        if path.starts_with("crates/hub-domain/src") { forbidden(path, text, &words, &[]) } else { Vec::new() }
    };
    assert_eq!(rule("crates/hub-domain/src/a.rs", "async fn a() {}").len(), 1);
    check(rule);
}

#[test]
fn nothing_is_printed_past_the_log() {
    let rule = |path: &str, text: &str| forbidden(path, text, &["println!(", "eprintln!(", "dbg!("], &[]);
    assert_eq!(rule("crates/hub-app/src/a.rs", "println!(\"x\");").len(), 1);
    check(rule);
}

/// Whoever may name another address and keys for people's accounts may read along, so the door for tests opens in builds for tests
/// and in the demo only.
#[test]
fn what_is_shipped_has_no_door_for_tests() {
    let rule = |path: &str, text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        let guarded = |number: usize| {
            lines[number.saturating_sub(4)..number - 1]
                .iter()
                .any(|line| line.contains("cfg(feature = \"test-telegram\")"))
        };
        let named = forbidden(path, text, &["TELEGRAM_TEST_SEED", "mod seed", "with_seed("], &[]);
        let number = |found: &String| found.split(':').nth(1).and_then(|number| number.parse().ok()).unwrap_or(1);
        named.into_iter().filter(|found| !guarded(number(found))).collect::<Vec<_>>()
    };
    assert_eq!(rule("crates/hub/src/a.rs", "fn a() {\n    environment(\"TELEGRAM_TEST_SEED\")").len(), 1);
    assert_eq!(rule("crates/a/src/a.rs", "#[cfg(feature = \"test-telegram\")]\nmod seed;").len(), 0);
    check(rule);
    let opens = |manifest: &str| {
        let (features, rest) = manifest.split_once("[dependencies]").unwrap_or_default();
        let dependencies = rest.split("\n[").next().unwrap_or_default();
        features.lines().any(|line| line.starts_with("default")) || dependencies.contains("test-telegram")
    };
    assert!(opens("[features]\ndefault = [\"demo\"]\n[dependencies]\n"));
    for name in ["hub", "hub-platforms"] {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("a manifest");
        let (before, after) = manifest.split_once("[dependencies]").expect("dependencies");
        // The two tables may stand in either order.
        let after = after.split("[dev-dependencies]").next().unwrap_or_default();
        assert!(!opens(&manifest) && !before.contains("\ndefault") && !after.contains("\ndefault"), "{name}");
    }
}

/// Promises to clients of the originals: a letter and how many there are of it.
const PROMISES: [(char, usize); 3] = [('D', 62), ('S', 27), ('C', 20)];
/// Those that are not kept yet; the page says so.
const NOT_KEPT: [&str; 0] = [];

/// Lines of the page on compatibility: an id, and its test.
fn promised(page: &str) -> Vec<(String, String)> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = page.lines().map(cells).filter(|cells| {
        let mut id = cells.get(1).map(String::as_str).unwrap_or_default().chars();
        cells.len() == 5 && id.next().is_some_and(|letter| "DSC".contains(letter)) && id.all(|c| c.is_ascii_digit())
    });
    lines
        .map(|cells| (cells[1].clone(), cells[3].trim_matches('`').to_owned()))
        .filter(|(id, _)| id.len() > 1)
        .collect()
}

/// Names of tests that begin with an id, such as `d01_`.
fn named(text: &str) -> Vec<String> {
    let names = text.split("async fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let numbered = |name: &&str| {
        let bytes = name.as_bytes();
        bytes.len() > 4 && b"dsc".contains(&bytes[0]) && bytes[1..3].iter().all(u8::is_ascii_digit) && bytes[3] == b'_'
    };
    names.filter(numbered).map(str::to_owned).collect()
}

/// What is wrong between the page and the tests.
fn unkept(lines: &[(String, String)], tests: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (letter, count) in PROMISES {
        for number in 1..=count {
            let id = format!("{letter}{number}");
            let prefix = format!("{}{number:02}_", letter.to_ascii_lowercase());
            let listed: Vec<&str> =
                lines.iter().filter(|(line, _)| *line == id).map(|(_, test)| test.as_str()).collect();
            match listed[..] {
                [test] if NOT_KEPT.contains(&id.as_str()) && test == "–" => {}
                [test] if test.starts_with(&prefix) && tests.iter().any(|name| name == test) => {}
                _ => wrong.push(format!("{id}: the page says {listed:?}")),
            }
        }
    }
    wrong.extend(
        tests
            .iter()
            .filter(|test| !lines.iter().any(|(_, listed)| listed == *test))
            .map(|test| format!("{test} is not listed")),
    );
    wrong
}

#[test]
fn every_promise_to_clients_of_the_originals_has_its_test() {
    let page = fs::read_to_string(root().join("docs/compatibility.md")).expect("the page");
    let tests: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("crates/hub/tests/it/contract/"))
        .flat_map(|(_, text)| named(text))
        .collect();
    let lines = promised(&page);
    assert_eq!(unkept(&lines[1..], &tests).len(), 2, "a line less is noticed, and so is a test that stands nowhere");
    assert_eq!(unkept(&lines, &tests), Vec::<String>::new());
}
