//! The types, paths and operations of a description in CSDL.

use roxmltree::{Document, Node};
use serde_json::Value;

/// Where paths begin: the description is a part of Graph's, and its entrance is not in it.
const ENTRANCE: &[(&str, &str)] = &[
    ("me", "graph.user"),
    ("users", "Collection(graph.user)"),
    ("chats", "Collection(graph.chat)"),
    ("subscriptions", "Collection(graph.subscription)"),
];
/// Types that other parts of the description hold: owner, member, type of the member.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("user", "id", "Edm.String"),
    ("user", "displayName", "Edm.String"),
    ("user", "mail", "Edm.String"),
    ("user", "userPrincipalName", "Edm.String"),
    ("user", "chats", "Collection(graph.chat)"),
    ("user", "photo", "graph.profilePhoto"),
    ("user", "photos", "Collection(graph.profilePhoto)"),
];
/// Things whose content can be had, from other parts of the description.
const STREAMS_ELSEWHERE: &[&str] = &["profilePhoto"];
/// What must be there and is put there by the platform.
const GIVEN: &[&str] = &["id", "importance", "locale", "messageType"];
/// Says of a picture which one the text means.
const PICTURE_NUMBER: &str = "@microsoft.graph.temporaryId";

/// Where a path ends.
#[derive(Clone, Debug)]
pub(super) enum Place<'a> {
    /// At something of this type.
    Value(String),
    /// At something to be done.
    Action(Node<'a, 'a>),
}

/// A description.
pub(super) struct Csdl<'a>(&'a Document<'a>);

/// The type of the items of a list.
pub(super) fn item_of(kind: &str) -> Option<&str> {
    kind.strip_prefix("Collection(")?.strip_suffix(')')
}

/// A type's name without its namespace.
pub(super) fn short(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or(kind)
}

fn is_called(node: &Node<'_, '_>, name: &str) -> bool {
    node.attribute("Name") == Some(name)
}

impl<'a> Csdl<'a> {
    pub(super) fn new(document: &'a Document<'a>) -> Self {
        Self(document)
    }

    fn named(&self, tags: &[&str], name: &str) -> Option<Node<'a, 'a>> {
        self.0.descendants().find(|node| tags.contains(&node.tag_name().name()) && is_called(node, name))
    }

    /// A type and those it is made from.
    fn chain(&self, kind: &str) -> Vec<Node<'a, 'a>> {
        let named = |name: &str| self.named(&["EntityType", "ComplexType"], short(name));
        let base = |node: &Node<'a, 'a>| named(node.attribute("BaseType")?);
        std::iter::successors(named(kind), base).collect()
    }

    fn member(&self, tags: &[&str], owner: &str, name: &str) -> Option<&'a str> {
        let members = self.chain(owner).into_iter().flat_map(|node| node.children());
        let mut fitting = members.filter(|node| tags.contains(&node.tag_name().name()));
        fitting.find(|node| is_called(node, name))?.attribute("Type")
    }

    fn elsewhere(owner: &str, name: &str) -> Option<&'static str> {
        let found = ELSEWHERE.iter().find(|(other, member, _)| *other == short(owner) && *member == name);
        found.map(|(_, _, kind)| *kind)
    }

    /// The type of what a thing has beside it.
    pub(super) fn navigation(&self, owner: &str, name: &str) -> Option<&'a str> {
        self.member(&["NavigationProperty"], owner, name)
    }

    /// The type of what a thing has in it.
    pub(super) fn property(&self, owner: &str, name: &str) -> Option<&'a str> {
        self.member(&["Property"], owner, name).or_else(|| Self::elsewhere(owner, name))
    }

    /// The type of a plain value, by the way to it.
    pub(super) fn plain(&self, owner: &str, path: &str) -> Option<&'a str> {
        let (first, rest) = path.split_once('/').unzip();
        let first = first.unwrap_or(path);
        let kind = self.property(owner, first).or_else(|| self.navigation(owner, first))?;
        match rest {
            Some(rest) => self.plain(kind, rest),
            None => Some(kind).filter(|kind| kind.starts_with("Edm.")),
        }
    }

    /// Whether a list of choices has this one.
    pub(super) fn is_member(&self, choices: &str, name: &str) -> bool {
        self.named(&["EnumType"], choices).is_some_and(|node| node.children().any(|one| is_called(&one, name)))
    }

    /// Whether it is a single thing of its own.
    pub(super) fn is_entity(&self, kind: &str) -> bool {
        self.named(&["EntityType"], short(kind)).is_some() && item_of(kind).is_none()
    }

    /// Follows a path; gives where it ends, and itself with the types of ids instead of ids.
    pub(super) fn walk(&self, path: &str) -> Result<(Place<'a>, String), String> {
        let mut parts = path.split('/');
        let first = parts.next().unwrap_or_default();
        let entrance = ENTRANCE.iter().find(|(name, _)| *name == first);
        let mut kind = entrance.ok_or_else(|| format!("nothing begins with {first}"))?.1.to_owned();
        let mut shape = first.to_owned();
        while let Some(part) = parts.next() {
            let unknown = || format!("{kind} has no {part}");
            let bound = self.bound(&kind, part);
            if let Some(action) = bound.filter(|node| node.tag_name().name() == "Action") {
                let place = Place::Action(action);
                return if parts.next().is_none() { Ok((place, format!("{shape}/{part}"))) } else { Err(unknown()) };
            }
            let returned = bound.and_then(|node| node.children().find(|node| node.tag_name().name() == "ReturnType"));
            let following = if let Some(returned) = returned {
                returned.attribute("Type").map(str::to_owned)
            } else if part == "$value" {
                self.has_content(&kind).then(|| "Edm.Stream".to_owned())
            } else if let Some(item) = item_of(&kind) {
                is_id(item, part).then(|| item.to_owned())
            } else {
                let further = self.navigation(&kind, part).or_else(|| self.property(&kind, part));
                further.map(str::to_owned)
            };
            let following = following.ok_or_else(unknown)?;
            let is_id = item_of(&kind) == Some(&following);
            let written = if is_id { format!("{{{}}}", short(&following)) } else { part.to_owned() };
            (kind, shape) = (following, format!("{shape}/{written}"));
        }
        Ok((Place::Value(kind), shape))
    }

    /// What can be done with something of a type.
    fn bound(&self, kind: &str, name: &str) -> Option<Node<'a, 'a>> {
        let is_operation = |node: &Node| matches!(node.tag_name().name(), "Action" | "Function");
        let of_this = |node: &Node| {
            node.children().any(|one| is_called(&one, "bindingParameter") && one.attribute("Type") == Some(kind))
        };
        self.0.descendants().filter(is_operation).find(|node| is_called(node, name) && of_this(node))
    }

    fn has_content(&self, kind: &str) -> bool {
        let streams = self.chain(kind).iter().any(|node| node.attribute("HasStream") == Some("true"));
        item_of(kind).is_none() && (streams || STREAMS_ELSEWHERE.contains(&short(kind)))
    }

    /// What is wrong with the body of something to be done: all of its parameters, and nothing else.
    pub(super) fn problems_of_parameters(&self, action: Node<'a, 'a>, body: &Value) -> Vec<String> {
        let name = action.attribute("Name").unwrap_or_default();
        let parameters = action.children().filter(|node| node.tag_name().name() == "Parameter");
        let parameters: Vec<Node> = parameters.filter(|node| !is_called(node, "bindingParameter")).collect();
        let mut found = Vec::new();
        for parameter in &parameters {
            let (one, kind) = (parameter.attribute("Name").unwrap_or_default(), parameter.attribute("Type"));
            match body.get(one) {
                Some(value) => {
                    found.extend(self.problems(kind.unwrap_or_default(), value, &format!("{name}.{one}"), true));
                }
                None => found.push(format!("{name}.{one} is missing")),
            }
        }
        let given = body.as_object().into_iter().flatten();
        let unknown = given.filter(|(one, _)| !parameters.iter().any(|parameter| is_called(parameter, one)));
        found.extend(unknown.map(|(one, _)| format!("{name}.{one} is not described")));
        found
    }

    /// What is wrong with a value of a type; `whole` = nothing that must be there may be missing.
    pub(super) fn problems(&self, kind: &str, value: &Value, at: &str, whole: bool) -> Vec<String> {
        if let Some(item) = item_of(kind) {
            let Some(items) = value.as_array() else { return vec![format!("{at}: {value} is no list")] };
            let each = items.iter().enumerate();
            return each.flat_map(|(n, one)| self.problems(item, one, &format!("{at}[{n}]"), whole)).collect();
        }
        let fits = match kind {
            "Edm.String" | "Edm.Binary" => value.is_string(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int32" | "Edm.Int64" => value.is_i64(),
            "Edm.DateTimeOffset" => value.as_str().is_some_and(|at| chrono::DateTime::parse_from_rfc3339(at).is_ok()),
            _ if self.named(&["EnumType"], short(kind)).is_some() => {
                value.as_str().is_some_and(|name| self.is_member(short(kind), name))
            }
            _ => return self.problems_of_members(kind, value, at, whole),
        };
        if fits { Vec::new() } else { vec![format!("{at}: {value} is no {kind}")] }
    }

    fn problems_of_members(&self, kind: &str, value: &Value, at: &str, whole: bool) -> Vec<String> {
        let chain = self.chain(kind);
        let Some(members) = value.as_object().filter(|_| !chain.is_empty()) else {
            return vec![format!("{at}: {value} is no {kind}")];
        };
        let open = chain.iter().any(|node| node.attribute("OpenType") == Some("true"));
        let mut found = Vec::new();
        for needed in chain.iter().flat_map(Node::children).filter(|node| node.attribute("Nullable") == Some("false")) {
            let name = needed.attribute("Name").unwrap_or_default();
            let is_null = members.get(name).is_some_and(Value::is_null);
            if is_null || (whole && !GIVEN.contains(&name) && !members.contains_key(name)) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, member) in members {
            let known = self.property(kind, name).or_else(|| self.navigation(kind, name));
            match known {
                _ if member.is_null() && known.is_some() => {}
                Some(kind) => found.extend(self.problems(kind, member, &format!("{at}.{name}"), whole)),
                None if open || (name == PICTURE_NUMBER && member.is_string()) => {}
                None => found.push(format!("{at}.{name} is not described")),
            }
        }
        found
    }
}

/// Whether a part of a path may be an id. Those of chats and messages have a shape, so that a word is none.
fn is_id(item: &str, part: &str) -> bool {
    match item {
        "graph.chat" => part.starts_with("19:"),
        "graph.chatMessage" => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
        _ => !part.is_empty(),
    }
}
