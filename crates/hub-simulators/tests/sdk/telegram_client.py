"""Drives the simulator with python-telegram-bot: arguments are its address and a bot's token."""

import asyncio
import io
import json
import sys
import urllib.request

from telegram import Bot, InputMediaPhoto, ReplyParameters, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters

BASE, TOKEN = sys.argv[1], sys.argv[2]
PERSON, GROUP = 42, -1001
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
checks = 0


def check(what, holds):
    global checks
    assert holds, what
    checks += 1


def sim(path, **body):
    request = urllib.request.Request(
        f"{BASE}/_sim/{path}", json.dumps({"token": TOKEN, **body}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def bot(token=TOKEN):
    return Bot(token, base_url=f"{BASE}/bot", base_file_url=f"{BASE}/file/bot")


async def refused(kind, call):
    try:
        await call
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} expected")


async def receiving():
    """Long polling by the SDK's own loop: text, edit, picture, button."""
    seen = asyncio.Queue()

    async def note(update: Update, _context):
        await seen.put(update)
        if update.callback_query:
            await update.callback_query.answer("noted")

    application = (
        ApplicationBuilder().token(TOKEN).base_url(f"{BASE}/bot").base_file_url(f"{BASE}/file/bot").build()
    )
    application.add_handler(MessageHandler(filters.ALL, note))
    application.add_handler(CallbackQueryHandler(note))
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=5)
        sim("say", person=PERSON, text="hello ünï 👋")
        update = await asyncio.wait_for(seen.get(), 15)
        check("text", update.message.text == "hello ünï 👋" and update.effective_user.id == PERSON)
        edited = update.message.to_dict() | {"text": "hello again", "edit_date": update.message.to_dict()["date"] + 1}
        sim("update", kind="edited_message", content=edited)
        update = await asyncio.wait_for(seen.get(), 15)
        check("edit", update.edited_message.text == "hello again")
        person = {"id": PERSON, "is_bot": False, "first_name": "Person"}
        button = {"id": "9007199254740993123", "from": person, "chat_instance": "1", "data": "yes"}
        sim("update", kind="callback_query", content=button)
        update = await asyncio.wait_for(seen.get(), 15)
        check("button", update.callback_query.data == "yes")
        await application.updater.stop()
        await application.stop()
    check("button answered", any(s["method"] == "answercallbackquery" for s in sim("sent")))


async def sending():
    async with bot() as me:
        check("getMe", (await me.get_me()).username == "sdk_bot")
        sent = await me.send_message(PERSON, "hi *there*")
        check("send", sent.text == "hi *there*" and sent.chat.id == PERSON)
        reply = await me.send_message(PERSON, "yes", reply_parameters=ReplyParameters(sent.message_id))
        check("reply", reply.reply_to_message.message_id == sent.message_id)
        check("edit", (await me.edit_message_text("changed", PERSON, sent.message_id)).text == "changed")
        photo = await me.send_photo(PERSON, io.BytesIO(PNG), caption="look")
        check("photo", photo.caption == "look" and len(photo.photo) == 1)
        fetched = await (await me.get_file(photo.photo[-1].file_id)).download_as_bytearray()
        check("download", bytes(fetched) == PNG)
        document = await me.send_document(PERSON, io.BytesIO(b"a,b\n"), filename="table.csv")
        check("document", document.document.file_name == "table.csv")
        album = await me.send_media_group(PERSON, [InputMediaPhoto(PNG), InputMediaPhoto(PNG, caption="two")])
        check("album", len(album) == 2 and album[0].media_group_id == album[1].media_group_id)
        check("location", (await me.send_location(PERSON, 1.5, 2.5)).location.latitude == 1.5)
        check("poll", (await me.send_poll(PERSON, "Tea?", ["yes", "no"])).poll.question == "Tea?")
        check("action", await me.send_chat_action(PERSON, "typing"))
        check("delete", await me.delete_message(PERSON, sent.message_id))
        check("chat", (await me.get_chat(PERSON)).id == PERSON)


async def refusals():
    async with bot() as me:
        await refused(BadRequest, me.send_message(999_999, "nobody"))
        await refused(BadRequest, me.send_message(PERSON, "x" * 4097))
        sim("block", person=PERSON, blocked=True)
        await refused(Forbidden, me.send_message(PERSON, "blocked"))
        sim("block", person=PERSON, blocked=False)
        sim("fault", method="sendMessage", fault="too_many", value=7)
        error = await refused(RetryAfter, me.send_message(PERSON, "slow"))
        check("retry_after", str(error.retry_after) in ("7", "0:00:07"))
        group = {"id": GROUP, "type": "group", "title": "Team"}
        person = {"id": PERSON, "is_bot": False, "first_name": "Person"}
        sim("update", kind="message", content={"chat": group, "from": person, "migrate_to_chat_id": -100123})
        error = await refused(ChatMigrated, me.send_message(GROUP, "old id"))
        check("migrated", error.new_chat_id == -100123)
    await refused(InvalidToken, bot("1:nobody").initialize())


async def webhooks():
    async with bot() as me:
        await me.set_webhook("http://127.0.0.1:9/hook", secret_token="s-1", allowed_updates=["message"])
        info = await me.get_webhook_info()
        check("webhook", info.url.endswith("/hook") and tuple(info.allowed_updates) == ("message",))
        await refused(Exception, me.get_updates())
        await refused(BadRequest, me.set_webhook("http://127.0.0.1:9/hook", secret_token="not allowed!"))
        await me.delete_webhook()
        check("no webhook", (await me.get_webhook_info()).url == "")


async def main():
    await receiving()
    await sending()
    await refusals()
    await webhooks()
    print(f"{checks} checks passed")


asyncio.run(main())
