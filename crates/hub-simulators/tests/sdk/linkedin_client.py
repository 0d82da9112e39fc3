"""Drives the simulator with LinkedIn's own client: arguments are its address, a client id and secret, a page's number, an
administrator, somebody else, and the address of a receiver that answers challenges."""

import json
import sys
import urllib.parse
import urllib.request

import linkedin_api.common.constants as constants
import requests
from linkedin_api.clients.auth.client import AuthClient
from linkedin_api.clients.restli.client import RestliClient

BASE, CLIENT, SECRET, PAGE, ADMIN, ADA, HOOK = sys.argv[1:8]
BACK = "https://hub.test/back"
VERSION = "202607"
SCOPES = ["openid", "profile", "r_organization_social", "rw_organization_admin", "w_organization_social"]
ORGANIZATION = f"urn:li:organization:{PAGE}"
constants.OAUTH_BASE_URL = f"{BASE}/oauth/v2"
constants.NON_VERSIONED_BASE_URL = f"{BASE}/v2"
constants.VERSIONED_BASE_URL = f"{BASE}/rest"
checks = 0


def check(what, holds):
    global checks
    assert holds, what
    checks += 1


def sim(path, **body):
    request = urllib.request.Request(
        f"{BASE}/_sim/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


login = AuthClient(client_id=CLIENT, client_secret=SECRET, redirect_url=BACK)
asked = login.generate_member_auth_url(scopes=SCOPES, state="abc").replace("https://www.linkedin.com", BASE)
back = requests.get(asked, allow_redirects=False, timeout=10).headers["Location"]
came = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
check("the state comes back", came["state"] == "abc")
tokens = login.exchange_auth_code_for_access_token(came["code"])
check("60 days", tokens.expires_in == 5184000)
check("scopes with commas", tokens.scope.split(",") == SCOPES)
fresh = login.exchange_refresh_token_for_access_token(tokens.refresh_token)
check("another token", fresh.access_token != tokens.access_token)
check("the year goes on", fresh.refresh_token_expires_in <= tokens.refresh_token_expires_in)
check("it is active", login.introspect_access_token(fresh.access_token).active)
token = fresh.access_token

client = RestliClient()
# The client means to name the version of the protocol, and misspells the header.
client.session.headers["X-Restli-Protocol-Version"] = "2.0.0"
versioned = {"access_token": token, "version_string": VERSION}
me = client.get(resource_path="/userinfo", access_token=token)
check("me", me.entity["sub"] == ADMIN)
roles = client.finder(resource_path="/organizationAcls", finder_name="roleAssignee", **versioned)
check("an administrator", roles.elements[0]["organization"] == ORGANIZATION and roles.paging.count == 10)

post = sim("post", organization=PAGE, text="Our spring release is out")["urn"]
comment = sim("comment", author=f"urn:li:person:{ADA}", on=post, text="Does this ship to Norway?")["urn"]
listed = client.get_all(resource_path="/socialActions/{post}/comments", path_keys={"post": post}, **versioned)
check("a comment", listed.elements[0]["commentUrn"] == comment)
answer = client.create(
    resource_path="/socialActions/{comment}/comments",
    path_keys={"comment": comment},
    entity={
        "actor": ORGANIZATION,
        "object": post,
        "parentComment": comment,
        "message": {"text": "Yes, from June on."},
    },
    **versioned,
)
check("the number in the header", answer.entity_id.isdigit() and answer.status_code == 201)
answers = client.get_all(resource_path="/socialActions/{comment}/comments", path_keys={"comment": comment}, **versioned)
check("under the comment", answers.elements[0]["parentComment"] == comment)
path = "/socialActions/{post}/comments/{id}"
keys = {"post": post, "id": answer.entity_id}
client.partial_update(
    resource_path=path,
    path_keys=keys,
    patch_set_object={"message": {"text": "Yes, from July on."}},
    query_params={"actor": ORGANIZATION},
    **versioned,
)
check("it was changed", client.get(resource_path=path, path_keys=keys, **versioned).entity["message"]["text"].startswith("Yes, from July"))

key = {
    "developerApplication": "urn:li:developerApplication:123456",
    "user": f"urn:li:person:{ADMIN}",
    "entity": ORGANIZATION,
    "eventType": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS",
}
subscribed = client.update(resource_path="/eventSubscriptions/{key}", path_keys={"key": key}, entity={"webhook": HOOK}, **versioned)
check("subscribed", subscribed.status_code in (200, 204))
found = client.get(resource_path="/eventSubscriptions/{key}", path_keys={"key": key}, **versioned)
check("where it goes", found.entity["webhook"] == HOOK)
told = client.finder(
    resource_path="/organizationalEntityNotifications",
    finder_name="criteria",
    query_params={"actions": ["COMMENT", "ADMIN_COMMENT"], "organizationalEntity": ORGANIZATION},
    **versioned,
)
check("what was told", [one["action"] for one in told.elements] == ["ADMIN_COMMENT", "COMMENT"])
gone = client.delete(resource_path=path, path_keys=keys, query_params={"actor": ORGANIZATION}, **versioned)
check("gone", gone.status_code == 204)
print(f"{checks} checks passed")
