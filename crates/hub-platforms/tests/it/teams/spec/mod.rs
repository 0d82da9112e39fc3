//! Checks calls against the publisher's own description of Graph. It is not part of this repository: `HUB_SPECS_DIR` names its
//! folder, or it lies beside the workspace.

mod csdl;
mod operations;

use crate::support::stand_in::Asked;
use csdl::{Csdl, Place, item_of, short};
use roxmltree::Document;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

const FILE: &str = "graph-v1.0-chat.csdl.xml";
/// What every path of Graph begins with.
const VERSION: &str = "/v1.0/";
/// Where the sign-in lies, and the keys that prove deliveries: they are not Graph's.
const NOT_GRAPH: &[&str] = &["/organizations/oauth2/v2.0/token", "/keys"];
/// Most things per page.
const MAX_TOP: u64 = 50;
/// How the members of a condition compare.
const COMPARISONS: &[&str] = &["eq", "ne", "gt", "ge", "lt", "le"];

/// The description, if it is here. A named folder without it is an error; without a name its absence is only said.
fn text() -> Option<&'static str> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let named = std::env::var_os("HUB_SPECS_DIR").map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let path = named.clone().unwrap_or(beside).join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if named.is_some() => panic!("HUB_SPECS_DIR is set, but {}: {error}", path.display()),
            Err(_) => {
                // Straight to the terminal: what a passing test prints is swallowed.
                let words = "NOT RUN: calls were not checked against Graph's description; set HUB_SPECS_DIR\n";
                std::io::stderr().write_all(words.as_bytes()).unwrap();
                None
            }
        }
    });
    text.as_deref()
}

/// Every one of these calls is described: path, parameters, body.
pub(crate) fn check(asked: &[Asked]) {
    let _ = shapes(asked);
}

/// The same; gives what was called, with the ids named by their types. `None` without the description.
fn shapes(asked: &[Asked]) -> Option<Vec<String>> {
    let document = Document::parse(text()?).unwrap();
    let csdl = Csdl::new(&document);
    let of_graph = asked.iter().filter(|one| !NOT_GRAPH.contains(&one.path.as_str()));
    Some(of_graph.map(|one| one_call(&csdl, one).unwrap_or_else(|wrong| panic!("{wrong} in {one:?}"))).collect())
}

fn one_call(csdl: &Csdl<'_>, asked: &Asked) -> Result<String, String> {
    let path = asked.path.strip_prefix(VERSION).ok_or("the path has no version")?;
    let (place, shape) = csdl.walk(path)?;
    let body = Value::Object(asked.parameters.clone());
    match (asked.method.as_str(), &place) {
        ("GET", Place::Value(kind)) => {
            for (name, value) in &asked.query {
                parameter(csdl, kind, name, value)?;
            }
        }
        _ if !asked.query.is_empty() => return Err("parameters where nothing is asked for".to_owned()),
        ("POST", Place::Action(action)) => problems(&csdl.problems_of_parameters(*action, &body))?,
        ("POST", Place::Value(kind)) if item_of(kind).is_some() => {
            let kind = item_of(kind).unwrap_or_default();
            problems(&csdl.problems(kind, &body, short(kind), true))?;
            if kind == "graph.subscription" {
                subscription(csdl, &body)?;
            }
        }
        ("PATCH", Place::Value(kind)) if csdl.is_entity(kind) => {
            problems(&csdl.problems(kind, &body, short(kind), false))?;
        }
        ("DELETE", Place::Value(kind)) if csdl.is_entity(kind) => {}
        (method, place) => return Err(format!("no {method} of {place:?}")),
    }
    if matches!(asked.method.as_str(), "GET" | "DELETE") && !asked.parameters.is_empty() {
        return Err("a body where none is taken".to_owned());
    }
    Ok(format!("{} {shape}", asked.method))
}

fn problems(found: &[String]) -> Result<(), String> {
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// A parameter of the address, of what is asked for.
fn parameter(csdl: &Csdl<'_>, kind: &str, name: &str, value: &str) -> Result<(), String> {
    let (item, is_list) = (item_of(kind).unwrap_or(kind), item_of(kind).is_some());
    let fits = match name {
        // It came with an answer, and only the platform can read it.
        "$skiptoken" => is_list,
        "$top" => is_list && value.parse::<u64>().is_ok_and(|number| (1..=MAX_TOP).contains(&number)),
        "$expand" => value.split(',').all(|one| csdl.navigation(item, one).is_some()),
        "$select" => value.split(',').all(|one| csdl.property(item, one).is_some()),
        "$orderby" => is_list && value.split(',').all(|one| order(csdl, item, one)),
        "$filter" => is_list && value.split(" and ").all(|one| condition(csdl, item, one)),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{name}={value} does not fit {kind}")) }
}

fn order(csdl: &Csdl<'_>, item: &str, one: &str) -> bool {
    let (path, direction) = one.split_once(' ').unwrap_or((one, "asc"));
    ["asc", "desc"].contains(&direction) && csdl.plain(item, path).is_some()
}

fn condition(csdl: &Csdl<'_>, item: &str, one: &str) -> bool {
    let [path, comparison, literal] = one.splitn(3, ' ').collect::<Vec<_>>()[..] else { return false };
    let literal_fits = |kind: &str| match kind {
        "Edm.DateTimeOffset" => chrono::DateTime::parse_from_rfc3339(literal).is_ok(),
        "Edm.Boolean" => matches!(literal, "true" | "false"),
        "Edm.String" => literal.len() >= 2 && literal.starts_with('\'') && literal.ends_with('\''),
        _ => false,
    };
    COMPARISONS.contains(&comparison) && csdl.plain(item, path).is_some_and(literal_fits)
}

/// What a subscription names in texts: a described list, and described changes.
fn subscription(csdl: &Csdl<'_>, wanted: &Value) -> Result<(), String> {
    let text = |name: &str| wanted[name].as_str().unwrap_or_default();
    let (place, _) = csdl.walk(text("resource").trim_start_matches('/'))?;
    if !matches!(&place, Place::Value(kind) if kind == "Collection(graph.chatMessage)") {
        return Err(format!("{place:?} are no messages"));
    }
    let unknown = text("changeType").split(',').find(|one| !csdl.is_member("changeType", one));
    unknown.map_or(Ok(()), |one| Err(format!("nothing is {one}")))
}
