//! `/rest/organizationAcls` and `/rest/organizations/{id}`; and pages of lists.

use super::authorise::{ADMIN_READ, READ};
use super::call::Call;
use super::error::{Outcome, RestError, shown};
use super::handle::Platform;
use super::restli::bad_parameter;
use super::urn;
use serde_json::{Value, json};

/// Elements of a page when no number was asked for.
const DEFAULT_COUNT: usize = 10;
/// Elements of a page at most.
const MAX_COUNT: usize = 100;

/// One page of a list, as every finder answers.
pub(super) fn page(call: &Call, all: &[Value], path: &str) -> Result<Value, RestError> {
    let wanted = |name: &str, otherwise: usize| match call.number(name)? {
        Some(number) => usize::try_from(number).map_err(|_| bad_parameter(name)),
        None => Ok(otherwise),
    };
    let start = wanted("start", 0)?;
    let count = wanted("count", DEFAULT_COUNT)?;
    if count == 0 || count > MAX_COUNT {
        return Err(bad_parameter("count"));
    }
    let link = |rel: &str, start: usize| {
        let href = format!("{path}?start={start}&count={count}");
        json!({"type": "application/json", "rel": rel, "href": href})
    };
    let mut links = Vec::new();
    if start > 0 {
        links.push(link("prev", start.saturating_sub(count)));
    }
    if start.saturating_add(count) < all.len() {
        links.push(link("next", start + count));
    }
    let elements: Vec<&Value> = all.iter().skip(start).take(count).collect();
    Ok(json!({
        "paging": {"start": start, "count": count, "links": links, "total": all.len()}, "elements": elements,
    }))
}

impl Platform {
    /// Which pages a member is what on.
    pub(super) fn organization_acls(&self, call: &Call) -> Outcome {
        let (grant, _) = self.authorise_for(call, &ADMIN_READ)?;
        if call.plain("q")?.as_deref() != Some("roleAssignee") {
            return Err(bad_parameter("q"));
        }
        let (role, state) = (call.plain("role")?, call.plain("state")?);
        let known = self.state();
        let asked = |given: &str, wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| wanted == given);
        let theirs = known.roles.iter().filter(|it| it.member == grant.member);
        let listed = theirs.filter(|it| asked(&it.role, &role) && asked(&it.state, &state)).map(|it| {
            json!({
                "role": it.role, "organization": urn::organization(&it.organization),
                "roleAssignee": urn::person(&it.member), "state": it.state,
            })
        });
        let listed: Vec<Value> = listed.collect();
        drop(known);
        let mut cut = page(call, &listed, "/rest/organizationAcls")?;
        if let Some(paging) = cut["paging"].as_object_mut() {
            paging.remove("total");
        }
        Ok(shown(cut))
    }

    /// One organisation by its number.
    pub(super) fn organization(&self, call: &Call, id: &str) -> Outcome {
        let id = Call::key(id, call.protocol2)?;
        let any: Vec<&str> = ADMIN_READ.iter().chain(&READ).copied().collect();
        let (grant, _) = self.authorise_for(call, &any)?;
        let found = self.state().organizations.get(&id).cloned();
        let found = found.ok_or_else(|| RestError::missing(&urn::organization(&id)))?;
        self.must_administer(&grant, &id)?;
        let number: Value = id.parse::<i64>().map_or_else(|_| id.clone().into(), Value::from);
        Ok(shown(json!({
            "id": number, "$URN": urn::organization(&id), "vanityName": found.vanity_name,
            "localizedName": found.name,
            "name": {
                "localized": {"en_US": found.name}, "preferredLocale": {"country": "US", "language": "en"},
            },
            "logoV2": {"original": format!("urn:li:digitalmediaAsset:C4D0{id}")},
            "primaryOrganizationType": "NONE", "localizedWebsite": format!("https://{}.example", found.vanity_name),
        })))
    }
}
