//! Pages of a list: where the next one begins is told by an address that is to be followed as it is.

use crate::teams::call::Call;
use crate::teams::problem::Problem;
use crate::teams::world::World;
use aws_lc_rs::digest;

/// The largest page.
const MAX_PAGE: usize = 50;
/// Unasked.
const PAGE: usize = 20;

/// The place of an item in its list: larger comes first.
pub(super) type Place = (i64, String);

/// A page.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Address of the next one.
    pub(super) next: Option<String>,
}

impl World {
    /// The page of a call; `items` are in any order.
    pub(super) fn page<T>(&mut self, call: &Call, mut items: Vec<(Place, T)>) -> Result<Page<T>, Problem> {
        let size = match call.asked("$top") {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|size| (1..=MAX_PAGE).contains(size)).ok_or_else(|| {
                Problem::bad_request(&format!(
                    "The limit of '{MAX_PAGE}' for Top query has been exceeded. The value from the incoming request is \
                     '{text}'."
                ))
            })?,
        };
        let after = match call.asked("$skiptoken") {
            None => None,
            Some(token) => {
                let words = "The skip token is not valid for this request.";
                Some(read_token(token, call).ok_or_else(|| Problem::bad_request(words))?)
            }
        };
        if after.is_none() && self.empty_pages > 0 {
            self.empty_pages -= 1;
            return Ok(Page { items: Vec::new(), next: Some(self.next(call, &(i64::MAX, String::new()))) });
        }
        if let Some(after) = after {
            items.retain(|(place, _)| *place < after);
        }
        items.sort_by(|one, other| other.0.cmp(&one.0));
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(|(place, _)| self.next(call, place));
        Ok(Page { items: items.into_iter().map(|(_, item)| item).collect(), next })
    }

    fn next(&self, call: &Call, place: &Place) -> String {
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let token = hex::encode(format!("{}\n{}\n{}", place.0, place.1, seal(call)));
        let kept = query.split('&').filter(|part| !part.is_empty() && !is_token(part));
        let query: Vec<String> = kept.map(str::to_owned).chain([format!("$skiptoken={token}")]).collect();
        format!("{}{path}?{}", self.base(), query.join("&"))
    }
}

fn is_token(part: &str) -> bool {
    part.starts_with("$skiptoken=") || part.starts_with("%24skiptoken=")
}

/// What a token is good for: the same list, asked for in the same way.
fn seal(call: &Call) -> String {
    let asked: Vec<String> = call
        .query
        .iter()
        .filter(|(name, _)| *name != "$skiptoken")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let all = format!("{}?{}", call.segments.join("/"), asked.join("&"));
    hex::encode(&digest::digest(&digest::SHA256, all.as_bytes()).as_ref()[..4])
}

fn read_token(token: &str, call: &Call) -> Option<Place> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let mut parts = text.splitn(3, '\n');
    let place = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
    (parts.next()? == seal(call)).then_some(place)
}
