"""Drives the simulator with tweepy: arguments are its address, a client id and secret, and three people's ids."""

import json
import sys
import urllib.parse
import urllib.request

import requests
import tweepy

BASE, CLIENT, SECRET, ME, ADA, BEA = sys.argv[1:7]
BACK = "https://hub.test/back"
SCOPES = ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access"]
checks = 0


def check(what, holds):
    global checks
    assert holds, what
    checks += 1


class ToSimulator(requests.adapters.HTTPAdapter):
    """The SDK's own addresses lead to the simulator."""

    def send(self, request, **more):
        parts = urllib.parse.urlsplit(request.url)
        base = urllib.parse.urlsplit(BASE)
        request.url = urllib.parse.urlunsplit(parts._replace(scheme=base.scheme, netloc=base.netloc))
        return super().send(request, **more)


def sim(path, **body):
    request = urllib.request.Request(
        f"{BASE}/_sim/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


login = tweepy.OAuth2UserHandler(client_id=CLIENT, redirect_uri=BACK, scope=SCOPES, client_secret=SECRET)
login.mount("https://", ToSimulator())
asked = login.get_authorization_url()
browser = requests.Session()
browser.mount("https://", ToSimulator())
back = browser.get(asked, allow_redirects=False, timeout=10).headers["Location"]
tokens = login.fetch_token(back)
check("a refresh token", tokens["refresh_token"])
check("scopes", set(tokens["scope"]) == set(SCOPES))
fresh = login.refresh_token(
    "https://api.twitter.com/2/oauth2/token",
    refresh_token=tokens["refresh_token"],
    auth=requests.auth.HTTPBasicAuth(CLIENT, SECRET),
)
check("it rotates", fresh["refresh_token"] != tokens["refresh_token"])

client = tweepy.Client(fresh["access_token"])
client.session.mount("https://", ToSimulator())
me = client.get_me(user_auth=False, user_fields=["profile_image_url"])
check("me", str(me.data.id) == ME and me.data.profile_image_url)

sent = client.create_direct_message(participant_id=ADA, text="hello", user_auth=False)
talk = sent.data["dm_conversation_id"]
check("the smaller id first", talk == "-".join(sorted([ME, ADA], key=int)))
client.create_direct_message(dm_conversation_id=talk, text="again", user_auth=False)
group = client.create_direct_message_conversation(
    participant_ids=[ADA, BEA], text="all", user_auth=False
)
check("a group", group.data["dm_conversation_id"].isdigit())
sim("act", kind="say", **{"from": ADA, "to": ME}, text="answer")

events = client.get_direct_message_events(
    participant_id=ADA, user_auth=False, dm_event_fields=["created_at", "sender_id"], expansions=["sender_id"]
)
check("newest first", [event.text for event in events.data] == ["answer", "again", "hello"])
check("people", {str(user.id) for user in events.includes["users"]} == {ME, ADA})
check("times", events.data[0].created_at is not None)
pages = list(
    tweepy.Paginator(client.get_direct_message_events, dm_conversation_id=talk, user_auth=False, max_results=2)
)
check("pages", [len(page.data) for page in pages] == [2, 1])

sim("limit", endpoint="dm_send", span="quarter", limit=1)
try:
    client.create_direct_message(participant_id=ADA, text="too much", user_auth=False)
    check("a limit", False)
except tweepy.TooManyRequests as error:
    check("its reset", int(error.response.headers["x-rate-limit-reset"]) > 0)
sim("user", id=BEA, username="bea", name="Bea", takes_dms=False)
sim("limit", endpoint="dm_send", span="quarter", limit=100)
try:
    client.create_direct_message(participant_id=BEA, text="no", user_auth=False)
    check("a refusal", False)
except tweepy.Forbidden as error:
    check("its words", "permission to DM" in str(error))
print(f"{checks} checks passed")
