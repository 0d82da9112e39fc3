"""Drives the Instagram simulator with real clients: arguments are its address, an app's id and secret, an account's id."""

import asyncio
import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

from instagram_platform import InstagramClient
from instagram_platform.exceptions import InstagramAPIError, InstagramAuthError
from pyfacebook import BasicDisplayAPI, FacebookError

BASE, APP, SECRET, ACCOUNT = sys.argv[1:5]
PERSON, BACK = "819898670256713", "https://hub.example/callback"
os.environ["NO_PROXY"] = "127.0.0.1"
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


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def code():
    """What the dialog leads back with."""
    query = urllib.parse.urlencode({
        "client_id": APP, "redirect_uri": BACK, "response_type": "code", "state": "s",
        "scope": "instagram_business_basic,instagram_business_manage_messages",
    })
    try:
        urllib.request.build_opener(NoRedirect).open(f"{BASE}/oauth/authorize?{query}", timeout=10)
    except urllib.error.HTTPError as answer:
        back = answer.headers["Location"]
        check("fragment", back.endswith("#_"))
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
    raise AssertionError("the dialog did not lead back")


def login():
    form = urllib.parse.urlencode({
        "client_id": APP, "client_secret": SECRET, "grant_type": "authorization_code", "redirect_uri": BACK,
        "code": code(),
    })
    with urllib.request.urlopen(f"{BASE}/oauth/access_token", form.encode(), timeout=10) as answer:
        short = json.load(answer)["data"][0]
    check("user_id", short["user_id"] == ACCOUNT)
    graph = BasicDisplayAPI(app_id=APP, app_secret=SECRET, access_token=short["access_token"], base_url=f"{BASE}/")
    long = graph.exchange_long_lived_user_access_token()
    check("long", long["token_type"] == "bearer" and long["expires_in"] == 5183944)
    try:
        graph.refresh_access_token(long["access_token"])
        raise AssertionError("too young")
    except FacebookError as error:
        check("too young", error.code == 100)
    sim("advance", seconds=25 * 3600)
    client = InstagramClient(long["access_token"], ACCOUNT, base_url=BASE, api_version="v25.0", max_retries=0)
    renewed = client.auth.refresh_long_lived_token()
    check("renewed", renewed.access_token.startswith("IGAA") and renewed.access_token != long["access_token"])
    return client


def messaging(client):
    sim("person", account=ACCOUNT, person=PERSON, username="stories.in.store")
    try:
        client.messaging.get_user_profile(PERSON)
        raise AssertionError("no consent yet")
    except InstagramAPIError as error:
        check("230", error.code == 230)
    sim("say", account=ACCOUNT, person=PERSON, text="Do you ship to Canada? 🇨🇦")
    check("profile", client.messaging.get_user_profile(PERSON).username == "stories.in.store")
    check("me", client.user.get_profile().username == "cisco.dog.shop")
    sent = client.messaging.send_message(PERSON, "Yes we do! 🎉")
    check("sent", sent.recipient_id == PERSON and len(sent.message_id) > 100)
    png = base64.b64encode(b"\x89PNG\r\n").decode()
    url = sim("file", name="a.png", mime="image/png", base64=png)["url"]
    client.messaging.send_image_message(PERSON, url)
    client.messaging.send_message(PERSON, {"attachment": {"type": "like_heart"}})
    for message in ("ä" * 501, {"attachment": {"type": "image", "payload": {"url": "http://127.0.0.1:9/x"}}}):
        try:
            client.messaging.send_message(PERSON, message)
            raise AssertionError("refused expected")
        except InstagramAPIError as error:
            check("100", error.code == 100)
    page = client.messaging.get_conversations()
    check("threads", len(page.data) == 1)
    thread = client.messaging.get_conversation_messages(page.data[0].id)
    texts = [message["message"] for message in thread.messages["data"]]
    check("messages", texts == ["", "", "Yes we do! 🎉", "Do you ship to Canada? 🇨🇦"])
    check("from", thread.messages["data"][-1]["from"]["id"] == PERSON)


async def refusals(client):
    sent = await client.messaging.send_message_async(PERSON, "async")
    check("async", sent.recipient_id == PERSON)
    sim("advance", seconds=24 * 3600)
    try:
        await client.messaging.send_message_async(PERSON, "late")
        raise AssertionError("the window is closed")
    except InstagramAuthError as error:
        # The client takes every 10 for a matter of permissions: the classic mistake.
        check("window", (error.code, error.subcode) == (10, 2534022))
    sim("advance", seconds=61 * 24 * 3600)
    try:
        await client.messaging.send_message_async(PERSON, "later")
        raise AssertionError("the token has ended")
    except InstagramAuthError as error:
        check("ended", (error.code, error.subcode) == (190, 463))
    await client.http.aclose()


def main():
    client = login()
    messaging(client)
    asyncio.run(refusals(client))
    client.close()
    print(f"{checks} checks passed")


main()
