"""Another library of Socket.IO as a client: both transports, the change between them, and refusals."""

import json
import os
import threading
import urllib.request

import socketio

HUB_URL, TOKEN, EXPIRED = (os.environ[name] for name in ("HUB_URL", "TOKEN", "EXPIRED"))
SECRET = os.environ["WEBHOOK_SECRET"]
PATIENCE_S = 20
checks = 0


def check(name, held):
    global checks
    assert held, name
    checks += 1


def hear(number, text):
    person = {"id": 42, "first_name": "Ada", "username": "ada_42"}
    message = {
        "message_id": number,
        "from": {**person, "is_bot": False},
        "chat": {**person, "type": "private"},
        "date": 1767225600 + number,
        "text": text,
    }
    body = json.dumps({"update_id": number, "message": message}).encode()
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
    with urllib.request.urlopen(urllib.request.Request(f"{HUB_URL}/api/webhooks/telegram", body, headers)) as answer:
        assert answer.status == 200


class Listener:
    def __init__(self, transports, auth):
        self.heard, self.words, self.ended = {}, [], threading.Event()
        self.signs = {name: threading.Event() for name in ("authenticated", "auth_error", "new_message")}
        self.client = socketio.Client(reconnection=False)
        for name in self.signs:
            self.client.on(name, self.noted(name))
        self.client.on("disconnect", lambda *_: self.ended.set())
        self.client.connect(HUB_URL, transports=transports)
        self.client.emit("authenticate", auth)

    def noted(self, name):
        def note(data):
            self.heard[name] = data
            if name == "new_message":
                self.words.append(data["message"]["content"])
            self.signs[name].set()

        return note

    def wait(self, name):
        assert self.signs[name].wait(PATIENCE_S), f"in vain: {name}"
        return self.heard[name]


number = 900
for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
    listener = Listener(transports, {"token": TOKEN})
    check(f"{transports}: signed in", listener.wait("authenticated")["email"] == "ada@example.com")
    number += 1
    hear(number, f"number {number}")
    told = listener.wait("new_message")
    check(f"{transports}: hears", listener.words == [f"number {number}"])
    check(f"{transports}: both spellings", told["message"]["sent_at"] == told["message"]["sentAt"])
    expected = "polling" if transports == ["polling"] else "websocket"
    check(f"{transports}: is on {expected}", listener.client.transport() == expected)
    listener.client.disconnect()

for token, message in ((EXPIRED, "Access token has expired"), ("x", "Invalid access token")):
    listener = Listener(["websocket"], {"token": token})
    check(message, listener.wait("auth_error")["message"] == message)
    check(f"{message}: ended", listener.ended.wait(PATIENCE_S))

print(f"{checks} checks passed")
