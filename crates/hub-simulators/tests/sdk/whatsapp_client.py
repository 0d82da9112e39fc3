"""Drives the simulator with pywa: arguments are its address, an app's id and secret, a business account, a number of it."""

import http.server
import json
import logging
import queue
import sys
import threading
import urllib.parse
import urllib.request
import warnings

import httpx
from pywa import WhatsApp, errors, handlers, types, utils
from pywa.types import templates

BASE, APP, SECRET, ACCOUNT, NUMBER = sys.argv[1:6]
VERIFY = "sdk-verify"
ADA, BEA = "16505551234", "US.24600000000000000002"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
FIELDS = ("messages", "smb_message_echoes", "message_template_status_update", "account_update")
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


def act(path, **body):
    return sim(f"whatsapp/{path}", number=NUMBER, **body)


class ToSimulator(httpx.HTTPTransport):
    """The SDK's own address leads to the simulator."""

    def handle_request(self, request):
        base = httpx.URL(BASE)
        request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        request.headers["Host"] = f"{base.host}:{base.port}"
        return super().handle_request(request)


def client(token, **more):
    session = httpx.Client(transport=ToSimulator(), timeout=20)
    return WhatsApp(phone_id=NUMBER, token=token, session=session, waba_id=ACCOUNT, app_id=APP, **more)


def refused(kind, call, code):
    try:
        call()
    except kind as error:
        check(f"{code}", error.code == code)
        return error
    raise AssertionError(f"{kind.__name__} {code} expected")


def signing_up():
    """The code of the popup, exchanged by the SDK."""
    code = sim("whatsapp/signup", app=APP, account=ACCOUNT)["code"]
    answer = client("nothing yet").api.get_business_access_token(int(APP), SECRET, code)
    check("business token", answer["token_type"] == "bearer" and "expires_in" not in answer)
    wa = client(answer["access_token"], server=None, verify_token=VERIFY, app_secret=SECRET)
    check("registered", wa.register_phone_number("123456").success)
    numbers = list(wa.get_business_phone_numbers())
    check("numbers", [number.id for number in numbers] == [NUMBER] and numbers[0].verified_name == "Lucky Shrub")
    check("number", wa.get_business_phone_number().display_phone_number == "+1 555-078-3881")
    refused(errors.WhatsAppError, lambda: wa.register_phone_number("654321"), 133005)
    return wa


def listening(wa):
    """The SDK's own checks and parser behind a plain server; what it made of each webhook comes out of the queue."""
    seen = queue.Queue()
    for handler in (
        handlers.MessageHandler,
        handlers.MessageStatusHandler,
        handlers.CallbackButtonHandler,
        handlers.CallbackSelectionHandler,
        handlers.PhoneNumberChangeHandler,
        handlers.EditedMessageHandler,
        handlers.DeletedMessageHandler,
        handlers.OutgoingMessageHandler,
        handlers.TemplateStatusUpdateHandler,
        handlers.AccountUpdateHandler,
    ):
        wa.add_handlers(handler(lambda _, update: seen.put(update)))

    class Hook(http.server.BaseHTTPRequestHandler):
        def finish_with(self, status, text):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self):
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            text, status = wa.webhook_challenge_handler(query.get(utils.HUB_VT), query.get(utils.HUB_CH))
            self.finish_with(status, text)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refusal = wa.webhook_update_validator(body, self.headers.get(utils.HUB_SIG))
            if refusal:
                seen.put(refusal)
                return self.finish_with(refusal[1], refusal[0])
            text, status = wa.webhook_update_handler(body)
            self.finish_with(status, text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = wa.api.get_app_access_token(int(APP), SECRET)["access_token"]
    hook = f"http://127.0.0.1:{server.server_port}/"
    check("webhook", wa.api.set_app_callback_url(int(APP), token, hook, VERIFY, FIELDS)["success"])
    subscribed = wa.api.send_raw_request("POST", f"/{ACCOUNT}/subscribed_apps")
    check("subscribed", subscribed["success"])
    apps = wa.api.get_waba_subscribed_apps(ACCOUNT)["data"]
    check("apps", [app["whatsapp_business_api_data"]["id"] for app in apps] == [APP])
    return seen


def receiving(wa, seen):
    def next_of(kind):
        update = seen.get(timeout=15)
        assert isinstance(update, kind), f"{kind.__name__} expected, got {update}"
        return update

    sim("whatsapp/person", name="Ada", wa_id=ADA, user_id="US.13491208655302741918")
    sim("whatsapp/person", name="Bea", user_id=BEA, username="beaexample")
    act("say", who=ADA, text="hello ünï 👋 a/b")
    message = next_of(types.Message)
    check("text", message.text == "hello ünï 👋 a/b" and message.from_user.wa_id == ADA and message.from_user.name == "Ada")
    act("say", who=BEA, text="no number")
    hidden = next_of(types.Message)
    check("hidden", hidden.from_user.bsuid == BEA and not hidden.from_user.wa_id and hidden.from_user.username == "beaexample")
    act("write", who=ADA, kind="location", content={"latitude": 1.5, "longitude": 2.5, "name": "HQ"})
    check("location", next_of(types.Message).location.latitude == 1.5)
    act("write", who=ADA, kind="reaction", content={"message_id": message.id, "emoji": "👍"})
    check("reaction", next_of(types.Message).reaction.emoji == "👍")
    card = [{"name": {"formatted_name": "Lu", "first_name": "Lu"}, "phones": [{"phone": "+1", "type": "CELL"}]}]
    act("write", who=ADA, kind="contacts", content=card)
    check("contacts", next_of(types.Message).contacts[0].name.formatted_name == "Lu")
    act("attach", who=ADA, kind="image", mime="image/png", base64="iVBORw==", caption="look")
    image = next_of(types.Message)
    check("image", image.caption == "look" and image.image.mime_type == "image/png")
    url = wa.get_media_url(image.image.id)
    check("media url", url.mime_type == "image/png" and wa.get_media_bytes(url.url) == bytes.fromhex("89504e47"))
    act("attach", who=ADA, kind="audio", mime="audio/ogg; codecs=opus", base64="T2dnUw==", voice=True)
    check("voice", next_of(types.Message).audio.voice)
    act("write", who=ADA, kind="edit", content={"original_message_id": message.id, "message": {"type": "text", "text": {"body": "new"}}})
    check("edit", next_of(types.EditedMessage).message.text == "new")
    act("write", who=ADA, kind="revoke", content={"original_message_id": message.id})
    next_of(types.DeletedMessage)
    act("echo", who=ADA, kind="text", content={"body": "typed on the phone"})
    check("echo", next_of(types.OutgoingMessage).text == "typed on the phone")
    error = {"code": 131051, "title": "Message type unknown", "message": "x", "error_data": {"details": "x"}}
    act("write", who=ADA, kind="unsupported", content={"type": "poll"}, extra={"errors": [error]})
    check("unsupported", next_of(types.Message).type == types.MessageType.UNSUPPORTED)
    return message, next_of


def sending(wa, message, next_of):
    def statuses(sent, *expected):
        for name in expected:
            update = next_of(types.MessageStatus)
            assert (update.id, update.status) == (sent.id, types.MessageStatusType(name)), f"{name}: {update}"
        check(f"statuses {expected}", True)

    usual = ("sent", "delivered", "read")
    sent = wa.send_message(ADA, "hi", preview_url=True, tracker="row 42")
    check("send", sent.id.startswith("wamid."))
    for name in usual:
        update = next_of(types.MessageStatus)
        check(name, update.id == sent.id and update.status == name and update.tracker == "row 42")
    statuses(wa.send_message(BEA, "to an id", reply_to_message_id="wamid.unknown"), *usual)
    statuses(message.reply("quoting", quote=True), *usual)
    check("reply", act("sent")[-1]["reply_to"] == message.id)
    statuses(message.react("😀"), "sent")
    statuses(wa.send_image(ADA, PNG, caption="look", mime_type="image/png"), *usual)
    statuses(wa.send_document(ADA, b"%PDF", filename="quote.pdf", mime_type="application/pdf"), *usual)
    statuses(wa.send_voice(ADA, b"OggS", mime_type="audio/ogg"), *usual, "played")
    statuses(wa.send_location(ADA, 1.5, 2.5, "HQ", "1 Hacker Way"), *usual)
    card = types.Contact(name=types.Contact.Name(formatted_name="Lu G", first_name="Lu"), phones=[types.Contact.Phone(phone="+1")])
    statuses(wa.send_contact(ADA, card), *usual)
    buttons = wa.send_message(ADA, "Tea?", buttons=[types.Button("Yes", "y"), types.Button("No", "n")])
    statuses(buttons, *usual)
    act("write", who=ADA, kind="interactive", reply_to=buttons.id, content={"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}})
    pressed = next_of(types.CallbackButton)
    check("button", pressed.data == "y" and pressed.reply_to_message.message_id == buttons.id)
    rows = [types.SectionRow("Green", "g"), types.SectionRow("Black", "b", "strong")]
    statuses(wa.send_message(ADA, "Which?", buttons=types.SectionList("Choose", [types.Section("Teas", rows)])), *usual)
    sent = wa.send_template(ADA, "hello_world", templates.TemplateLanguage.ENGLISH_US, [])
    statuses(sent, *usual)
    check("read", wa.mark_message_as_read(message.id).success)
    check("typing", wa.indicate_typing(message.id).success)
    uploaded = wa.upload_media(PNG, "image/png", "dot.png")
    check("deleted", wa.delete_media(uploaded.id).success)
    refused(errors.WhatsAppError, lambda: wa.get_media_url(uploaded.id), 100)
    # The SDK reads failures as they are seen, not as the manual has them.
    sim("whatsapp/statuses", contacts_as_seen=True)
    sim("whatsapp/statuses", next=True, failure=131049, contacts_as_seen=True)
    failed = wa.send_message(ADA, "held back")
    statuses(failed, "sent")
    update = next_of(types.MessageStatus)
    check("failed", update.status == types.MessageStatusType.FAILED and update.error.code == 131049)


def template_life(wa, next_of):
    new = templates.Template(
        name="order_ready",
        language=templates.TemplateLanguage.ENGLISH_US,
        category=templates.TemplateCategory.UTILITY,
        parameter_format=templates.ParamFormat.POSITIONAL,
        components=[body := templates.BodyText("Hi {{1}}, it is ready.", "Ann")],
    )
    check("created", wa.create_template(new).status == templates.TemplateStatus.PENDING)
    missing = lambda: wa.send_template(ADA, "order_ready", templates.TemplateLanguage.ENGLISH_US, [body.params("Bo")])
    refused(errors.TemplateNotExists, missing, 132001)
    sim("whatsapp/template_status", account=ACCOUNT, name="order_ready", language="en_US", status="APPROVED")
    check("approved", next_of(types.TemplateStatusUpdate).new_status == templates.TemplateStatus.APPROVED)
    check("listed", {found.name for found in wa.get_templates()} == {"hello_world", "order_ready"})
    too_few = lambda: wa.send_template(ADA, "order_ready", templates.TemplateLanguage.ENGLISH_US, [])
    refused(errors.TemplateParamCountMismatch, too_few, 132000)
    check("sent", wa.send_template(ADA, "order_ready", templates.TemplateLanguage.ENGLISH_US, [body.params("Bo")]).id)
    check("filled", act("sent")[-1]["text"] == "Hi Bo, it is ready.")
    for _ in range(3):
        next_of(types.MessageStatus)


def refusals(wa, next_of):
    refused(errors.WhatsAppError, lambda: wa.send_message(ADA, "x" * 4097), 100)
    act("chat", who=ADA, too_fast=1)
    refused(errors.TooManyMessages, lambda: wa.send_message(ADA, "slow"), 131056)
    sim("whatsapp/refuse", endpoint="messages", code=130429)
    refused(errors.WhatsAppError, lambda: wa.send_message(ADA, "slower"), 130429)
    sim("advance", seconds=25 * 3600)
    wa.send_message(ADA, "too late")
    update = next_of(types.MessageStatus)
    check("window", isinstance(update.error, errors.ReEngagementMessage))
    refused(errors.WhatsAppError, lambda: client("EAAnothing").send_message(ADA, "x"), 190)
    act("change", who=ADA, new_number="12195555358")
    check("moved", next_of(types.PhoneNumberChange).new_wa_id == "12195555358")


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    wa = signing_up()
    seen = listening(wa)
    message, next_of = receiving(wa, seen)
    sending(wa, message, next_of)
    template_life(wa, next_of)
    refusals(wa, next_of)
    check("nothing else", seen.empty())
    print(f"{checks} checks passed")


main()
