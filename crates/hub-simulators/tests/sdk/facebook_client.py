"""Drives the Messenger simulator with real clients: arguments are its address, an app's id and secret, a verify token."""

import base64
import hashlib
import hmac
import http.server
import itertools
import json
import os
import queue
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

from facebook_business.adobjects.application import Application
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.profile import Profile
from facebook_business.adobjects.unifiedthread import UnifiedThread
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi, FacebookRequest
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from fbmessenger import BaseMessenger
from fbmessenger.attachments import Image
from fbmessenger.elements import Text
from fbmessenger.quick_replies import QuickReplies, QuickReply
from fbmessenger.sender_actions import SenderAction
from pyfacebook import FacebookError, GraphAPI

BASE, APP, SECRET, VERIFY = sys.argv[1:5]
PAGE, ACCOUNT, PERSON, IG_PERSON = "682498302938465", "17841405822304914", "1254459154682919", "819898670256713"
BACK = "https://hub.example/callback"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
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


def refused(call, code, subcode=None):
    try:
        call()
    except FacebookRequestError as error:
        check(f"{code}/{subcode}, not {error}", error.api_error_code() == code and error.api_error_subcode() == subcode)
        return
    raise AssertionError(f"{code} expected")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def follow(url):
    try:
        urllib.request.build_opener(NoRedirect).open(url, timeout=10)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("the dialog did not lead back")


def api(token):
    session = FacebookSession(APP, SECRET, token)
    session.GRAPH = BASE
    session.requests.trust_env = False
    return FacebookAdsApi(session, api_version="v25.0")


def login():
    """The whole login by python-facebook-api; gives the Page's token as Meta's SDK reads it."""
    graph = GraphAPI(
        app_id=APP,
        app_secret=SECRET,
        oauth_flow=True,
        version="v25.0",
        base_url=f"{BASE}/",
        authorization_url=f"{BASE}/dialog/oauth",
        access_token_url=f"{BASE}/oauth/access_token",
        redirect_uri=BACK,
        scope=[
            "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement",
            "instagram_basic", "instagram_manage_messages",
        ],
        state="state-1",
    )
    url, state = graph.get_authorization_url()
    check("state", state == "state-1")
    back = follow(url)
    short = graph.exchange_user_access_token(response=back)
    check("short", short["access_token"].startswith("EAA") and 0 < short["expires_in"] < 7200)
    try:
        graph.exchange_user_access_token(response=back)
        raise AssertionError("a code works once")
    except Exception as error:
        check("once", "used" in str(error) or "access_token" in str(error))
    long = graph.exchange_long_lived_user_access_token(short["access_token"])
    check("long", long["expires_in"] == 5183944)
    debug = graph.debug_token(input_token=long["access_token"], access_token=f"{APP}|{SECRET}")
    check("debug", debug["data"]["is_valid"] and "pages_messaging" in debug["data"]["scopes"])
    try:
        GraphAPI(access_token="EAABnonsense", version="v25.0", base_url=f"{BASE}/").get_object("me")
    except FacebookError as error:
        check("190", error.code == 190)

    pages = list(User("me", api=api(long["access_token"])).get_accounts(
        fields=["id", "name", "access_token", "tasks", "instagram_business_account"], params={"limit": 1}
    ))
    check("both pages, by cursor", [page["id"] for page in pages] == [PAGE, "100841475479486"])
    check("account", pages[0]["instagram_business_account"]["id"] == ACCOUNT and "MESSAGING" in pages[0]["tasks"])
    return pages[0]["access_token"]


class Hook(http.server.BaseHTTPRequestHandler):
    """A webhook of the app; its signatures are checked by another implementation than the simulator's."""

    bodies = queue.Queue()

    def do_GET(self):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        right = asked.get("hub.verify_token") == VERIFY
        self.answer(200 if right else 403, asked["hub.challenge"].encode() if right else b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for name, header in (("sha256", "X-Hub-Signature-256"), ("sha1", "X-Hub-Signature")):
            digest = hmac.new(SECRET.encode(), body, getattr(hashlib, name)).hexdigest()
            if self.headers[header] != f"{name}={digest}":
                return self.answer(403, b"")
        Hook.bodies.put(body)
        return self.answer(200, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


class Bot(BaseMessenger):
    """What fbmessenger makes of the events."""

    def __init__(self, token):
        super().__init__(token, app_secret=SECRET)
        self.client.graph_url = f"{BASE}/v25.0"
        self.client.session.trust_env = False
        self.seen = []

    def note(self, kind):
        self.seen.append(kind)
        return kind

    def message(self, message):
        return self.note("echo" if message["message"].get("is_echo") else "message")

    def delivery(self, message):
        return self.note("delivery")

    def postback(self, message):
        return self.note("postback")

    def read(self, message):
        return self.note("read")

    def optin(self, message):
        return self.note("optin")

    def account_linking(self, message):
        return self.note("account_linking")


def event():
    return json.loads(Hook.bodies.get(timeout=20))


def subscribing(token, callback):
    app = Application(APP, api=api(f"{APP}|{SECRET}"))
    fields = "messages,message_echoes,message_deliveries,message_reads,messaging_postbacks"
    ask = {"object": "page", "callback_url": callback, "fields": fields, "verify_token": "wrong"}
    refused(lambda: app.create_subscription(params=ask), 2200)
    app.create_subscription(params={**ask, "verify_token": VERIFY})
    check("listed", app.get_subscriptions()[0]["callback_url"] == callback)
    page = Page(PAGE, api=api(token))
    page.create_subscribed_app(params={"subscribed_fields": fields.split(",")})
    check("subscribed", page.get_subscribed_apps()[0]["subscribed_fields"] == fields.split(","))
    return page


def sending(page, token):
    def to(message, **more):
        body = {"recipient": {"id": PERSON}, "messaging_type": "RESPONSE", "message": message, **more}
        return page.create_message(params=body)

    asked = sim("say", account=PAGE, person=PERSON, text="Grüße aus Köln / 😀")["message_id"]
    check("inbound", event()["entry"][0]["messaging"][0]["message"]["text"] == "Grüße aus Köln / 😀")
    sent = to({"text": "hello", "metadata": "m-1"}, reply_to={"mid": asked})
    echo = event()["entry"][0]["messaging"][0]["message"]
    check("echo", echo["mid"] == sent["message_id"] and echo["metadata"] == "m-1" and echo["app_id"] == int(APP))
    check("delivery", event()["entry"][0]["messaging"][0]["delivery"]["mids"] == [sent["message_id"]])

    url = sim("file", name="a.png", mime="image/png", base64=base64.b64encode(PNG).decode())["url"]
    picture = to({"attachment": {"type": "image", "payload": {"url": url, "is_reusable": True}}})
    ahead = page.create_message_attachment(params={
        "message": {"attachment": {"type": "image", "payload": {"url": url, "is_reusable": True}}}
    })
    for known in (picture["attachment_id"], ahead["attachment_id"]):
        to({"attachment": {"type": "image", "payload": {"attachment_id": known}}})
    with tempfile.NamedTemporaryFile(suffix=".pdf") as document:
        document.write(b"%PDF-1.4 x")
        document.flush()
        request = FacebookRequest(node_id=PAGE, method="POST", endpoint="/messages", api=api(token))
        request.add_params({"recipient": {"id": PERSON}, "message": {"attachment": {"type": "file", "payload": {}}}})
        request.add_file(document.name)
        # The SDK names its files as it likes; the platform takes `filedata`.
        request._file_params = {"filedata": next(iter(request._file_params.values()))}
        check("upload", request.execute().json()["message_id"].startswith("m_"))
    for action in ("mark_seen", "typing_on", "typing_off"):
        page.create_message(params={"recipient": {"id": PERSON}, "sender_action": action})
    react = {"recipient": {"id": PERSON}, "sender_action": "react", "payload": {"message_id": asked, "reaction": "😊"}}
    check("react", page.create_message(params=react)["recipient_id"] == PERSON)
    refused(lambda: to({"text": "x" * 2001}), 100)
    refused(lambda: page.create_message(params={"recipient": {"id": "404"}, "message": {"text": "x"}}), 100, 2018001)
    refused(lambda: to({"attachment": {"type": "image", "payload": {"url": "http://127.0.0.1:9/x"}}}), 100, 2018008)
    sim("say", account=ACCOUNT, person=IG_PERSON, text="from Instagram")
    answer = page.create_message(params={"recipient": {"id": IG_PERSON}, "message": {"text": "hi"}})
    check("instagram", answer["recipient_id"] == IG_PERSON)


def history(page, token):
    for person in range(3):
        sim("say", account=PAGE, person=f"90{person}", text="hello")
    fields = ["id", "participants", "unread_count", "updated_time"]
    threads = list(page.get_conversations(fields=fields, params={"platform": "messenger", "limit": 2}))
    check("threads", len(threads) == 4 and all(thread["id"].startswith("t_") for thread in threads))
    oldest = threads[-1]
    check("participants", oldest["participants"]["data"][0]["id"] == PERSON)
    thread = UnifiedThread(oldest["id"], api=api(token))
    messages = list(thread.get_messages(fields=["id", "message", "from", "created_time", "attachments"]))
    check("messages", messages[-1]["message"] == "Grüße aus Köln / 😀" and messages[-2]["message"] == "hello")
    check("from", messages[-1]["from"]["id"] == PERSON and messages[-2]["from"]["id"] == PAGE)
    other = list(page.get_conversations(fields=fields, params={"platform": "instagram"}))
    check("instagram", [p["id"] for p in other[0]["participants"]["data"]] == [ACCOUNT, IG_PERSON])
    sim("person", account=PAGE, person=PERSON, first_name="Peter", last_name="Chang")
    profile = Profile(PERSON, api=api(token)).api_get(fields=["name"])
    check("profile", profile["name"] == "Peter Chang")


def by_fbmessenger(token):
    bot = Bot(token)
    sim("act", account=PAGE, person=PERSON, act="postback", title="Start", payload="GET_STARTED")
    # What was sent before comes first.
    earlier = itertools.takewhile(lambda kind: kind != "postback", (bot.handle(event()) for _ in range(100)))
    check("earlier", set(earlier) == {"message", "echo", "delivery"} and bot.get_user_id() == PERSON)
    sim("say", account=PAGE, person=PERSON, text="hi")
    check("message", bot.handle(event()) == "message")
    user = bot.get_user(fields=["first_name", "last_name", "profile_pic"])
    check("user", user["first_name"] == "Peter" and user["id"] == PERSON)
    choices = QuickReplies([QuickReply(title="Red", payload="RED"), QuickReply(title="Blue", payload="BLUE")])
    sent = bot.send(Text("Which?", quick_replies=choices).to_dict())
    check("sent", sent["recipient_id"] == PERSON and sent["message_id"].startswith("m_"))
    check("echo, delivery", [bot.handle(event()), bot.handle(event())] == ["echo", "delivery"])
    bot.last_message = {"sender": {"id": PERSON}}
    url = sim("file", name="a.png", mime="image/png", base64=base64.b64encode(PNG).decode())["url"]
    check("image", "message_id" in bot.send(Image(url=url, is_reusable=True).to_dict()))
    check("typing", bot.send_action(SenderAction(sender_action="typing_on").to_dict())["recipient_id"] == PERSON)
    for kind in ("echo", "delivery"):
        check(kind, bot.handle(event()) == kind)
    sim("act", account=PAGE, person=PERSON, act="read")
    check("read", bot.handle(event()) == "read")
    sim("fault", endpoint="messages", fault="graph", status=400, code=613, message="(#613) too many")
    check("613", bot.send(Text("x").to_dict())["error"]["code"] == 613)
    sim("advance", seconds=25 * 3600)
    late = bot.send(Text("late").to_dict())["error"]
    check("window", (late["code"], late["error_subcode"]) == (10, 2018278))
    check("tag", "message_id" in bot.send(Text("late").to_dict(), messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT"))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = login()
    page = subscribing(token, f"http://127.0.0.1:{server.server_port}/hook")
    sending(page, token)
    history(page, token)
    by_fbmessenger(token)
    page.delete_subscribed_apps()
    check("unsubscribed", len(page.get_subscribed_apps()) == 0)
    server.shutdown()
    print(f"{checks} checks passed")


main()
