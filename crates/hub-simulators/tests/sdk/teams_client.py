"""Drives the simulator with Microsoft's own libraries: MSAL signs in, the Graph SDK calls, PyJWT and cryptography open notices.

Arguments are the simulator's address, a client id and secret, a tenant, and three people's ids.
"""

import asyncio
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import queue
import sys
import threading
import urllib.parse
import urllib.request

import httpx
import jwt
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.chats.chats_request_builder import ChatsRequestBuilder
from msgraph.generated.chats.item.mark_chat_read_for_user.mark_chat_read_for_user_post_request_body import (
    MarkChatReadForUserPostRequestBody,
)
from msgraph.generated.chats.item.messages.item.set_reaction.set_reaction_post_request_body import (
    SetReactionPostRequestBody,
)
from msgraph.generated.chats.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.chats.item.messages.reply_with_quote.reply_with_quote_post_request_body import (
    ReplyWithQuotePostRequestBody,
)
from msgraph.generated.models.aad_user_conversation_member import AadUserConversationMember
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.chat import Chat
from msgraph.generated.models.chat_message import ChatMessage
from msgraph.generated.models.chat_message_hosted_content import ChatMessageHostedContent
from msgraph.generated.models.chat_message_mention import ChatMessageMention
from msgraph.generated.models.chat_message_mentioned_identity_set import ChatMessageMentionedIdentitySet
from msgraph.generated.models.chat_message_type import ChatMessageType
from msgraph.generated.models.chat_renamed_event_message_detail import ChatRenamedEventMessageDetail
from msgraph.generated.models.chat_type import ChatType
from msgraph.generated.models.identity import Identity
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.teamwork_user_identity import TeamworkUserIdentity
from msgraph.generated.models.teamwork_user_identity_type import TeamworkUserIdentityType
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory

BASE, CLIENT, SECRET, TENANT, ME, ROBIN, JANE = sys.argv[1:8]
BACK = "https://hub.test/back"
SCOPES = ["Chat.ReadWrite", "ChatMessage.Send", "User.Read"]
PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
checks = 0


def check(what, holds):
    global checks
    assert holds, what
    checks += 1


def moved(url):
    parts, base = urllib.parse.urlsplit(str(url)), urllib.parse.urlsplit(BASE)
    return urllib.parse.urlunsplit(parts._replace(scheme=base.scheme, netloc=base.netloc))


class ToSimulator(requests.adapters.HTTPAdapter):
    """MSAL's own addresses lead to the simulator."""

    def send(self, request, **more):
        request.url = moved(request.url)
        return super().send(request, **more)


class AsyncToSimulator(httpx.AsyncHTTPTransport):
    """The Graph SDK's own addresses lead to the simulator."""

    async def handle_async_request(self, request):
        request.url = httpx.URL(moved(request.url))
        return await super().handle_async_request(request)


class Token(AuthenticationProvider):
    value = ""

    async def authenticate_request(self, request, additional_authentication_context=None):
        request.headers.add("Authorization", f"Bearer {self.value}")


def sim(path, **body):
    request = urllib.request.Request(
        f"{BASE}/_sim/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


notices = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "validationToken" in asked:
            answer = asked["validationToken"][0].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
        else:
            notices.put(json.loads(body))
            answer = b""
            self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def new_certificate():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now)
    made = made.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    return key, made.public_bytes(serialization.Encoding.DER)


def opened(item, key):
    """As the publisher describes it."""
    content = item["encryptedContent"]
    data, sealed = base64.b64decode(content["data"]), base64.b64decode(content["dataKey"])
    sha1 = hashes.SHA1()
    secret = key.decrypt(sealed, rsa_padding.OAEP(rsa_padding.MGF1(sha1), sha1, None))
    signature = hmac.digest(secret, data, hashlib.sha256)
    check("a signature", hmac.compare_digest(signature, base64.b64decode(content["dataSignature"])))
    cipher = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).decryptor()
    unpad = padding.PKCS7(128).unpadder()
    return json.loads(unpad.update(cipher.update(data) + cipher.finalize()) + unpad.finalize())


def sign_in():
    session = requests.Session()
    session.mount("https://", ToSimulator())
    app = msal.ConfidentialClientApplication(
        CLIENT, SECRET, authority="https://login.microsoftonline.com/organizations", http_client=session
    )
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=BACK)
    back = session.get(flow["auth_uri"], allow_redirects=False, timeout=10).headers["Location"]
    told = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    tokens = app.acquire_token_by_auth_code_flow(flow, told)
    check(f"tokens {tokens.get('error_description')}", "access_token" in tokens)
    check("who", tokens["id_token_claims"]["oid"] == ME and tokens["id_token_claims"]["tid"] == TENANT)
    account = app.get_accounts()[0]
    check("the account", account["home_account_id"] == f"{ME}.{TENANT}")
    fresh = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    check("a newer token", fresh["access_token"] != tokens["access_token"])
    sim("set", user=ME, trouble="interaction", claims='{"access_token":{}}')
    refused = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=True)
    check("its trouble", refused["error"] == "interaction_required" and refused["suberror"] == "basic_action")
    check("its claims", refused["claims"] == '{"access_token":{}}')
    sim("set", user=ME, trouble="none")
    return fresh["access_token"]


def words(content, kind=BodyType.Text, **more):
    return ChatMessage(body=ItemBody(content=content, content_type=kind), **more)


async def use(client, receiver):
    me = await client.me.get()
    check("me", me.id == ME and me.display_name == "Harper Lane" and me.mail is None)
    try:
        await client.users.by_user_id(ROBIN).get()
        check("a refusal", False)
    except ODataError as error:
        check("its code", error.error.code == "Authorization_RequestDenied" and error.response_status_code == 403)
        check("its request", error.error.inner_error.request_id)

    asked = ChatsRequestBuilder.ChatsRequestBuilderGetQueryParameters(expand=["members", "lastMessagePreview"], top=50)
    chats = await client.me.chats.get(RequestConfiguration(query_parameters=asked))
    kinds = {chat.chat_type for chat in chats.value}
    check("kinds of chats", kinds == {ChatType.OneOnOne, ChatType.Group})
    group = next(chat for chat in chats.value if chat.chat_type == ChatType.Group)
    check("members", {member.user_id for member in group.members} == {ME, ROBIN, JANE})
    check("typed members", all(isinstance(member, AadUserConversationMember) for member in group.members))

    def bound(user):
        return AadUserConversationMember(
            odata_type="#microsoft.graph.aadUserConversationMember",
            roles=["owner"],
            additional_data={"user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{user}')"},
        )

    made = await client.chats.post(Chat(chat_type=ChatType.OneOnOne, members=[bound(ME), bound(ROBIN)]))
    direct = next(chat for chat in chats.value if chat.chat_type == ChatType.OneOnOne)
    check("the chat that there was", made.id == direct.id)
    chat = client.chats.by_chat_id(direct.id)

    sent = await chat.messages.post(words("hello <all>"))
    check("sent", sent.body.content == "hello <all>" and sent.message_type == ChatMessageType.Message)
    check("from whom", sent.from_.user.id == ME and isinstance(sent.from_.user, TeamworkUserIdentity))
    check("when", abs(sent.created_date_time.timestamp() - int(sent.id) / 1000) < 0.001)
    mention = ChatMessageMention(
        id=0,
        mention_text="Robin",
        mentioned=ChatMessageMentionedIdentitySet(
            user=TeamworkUserIdentity(
                odata_type="#microsoft.graph.teamworkUserIdentity",
                id=ROBIN,
                display_name="Robin",
                user_identity_type=TeamworkUserIdentityType.AadUser,
            )
        ),
    )
    picture = ChatMessageHostedContent(
        content_bytes=base64.urlsafe_b64decode(base64.b64encode(b"png")),
        content_type="image/png",
        additional_data={"@microsoft.graph.temporaryId": "1"},
    )
    html = '<p><at id="0">Robin</at> look</p><img src="../hostedContents/1/$value">'
    rich = await chat.messages.post(words(html, BodyType.Html, mentions=[mention], hosted_contents=[picture]))
    check("a mention", rich.mentions[0].mentioned.user.display_name == "Robin Kline")
    hosted = await chat.messages.by_chat_message_id(rich.id).hosted_contents.get()
    one = chat.messages.by_chat_message_id(rich.id).hosted_contents.by_chat_message_hosted_content_id(hosted.value[0].id)
    check("a picture", await one.content.get() == b"png")
    quoting = ReplyWithQuotePostRequestBody(message_ids=[sent.id], reply_message=words("indeed"))
    quote = await chat.messages.reply_with_quote.post(quoting)
    check("a quote", quote.attachments[0].content_type == "messageReference")

    message = chat.messages.by_chat_message_id(sent.id)
    await message.patch(words("hello, all"))
    edited = await message.get()
    check("an edit", edited.body.content == "hello, all" and edited.last_edited_date_time and edited.etag != sent.etag)
    await message.set_reaction.post(SetReactionPostRequestBody(reaction_type="👍"))
    check("a reaction", (await message.get()).reactions[0].reaction_type == "👍")
    own = client.users.by_user_id(ME).chats.by_chat_id(direct.id).messages.by_chat_message_id(sent.id)
    await own.soft_delete.post()
    check("deleted", (await message.get()).deleted_date_time)
    await own.undo_soft_delete.post()
    check("and back", (await message.get()).deleted_date_time is None)
    reader = TeamworkUserIdentity(id=ME, user_identity_type=TeamworkUserIdentityType.AadUser)
    await chat.mark_chat_read_for_user.post(MarkChatReadForUserPostRequestBody(user=reader))
    check("read", (await chat.get()).viewpoint.last_message_read_date_time.year > 2020)

    sim("act", kind="rename", chat=group.id, **{"from": ROBIN}, topic="Renamed")
    room = client.chats.by_chat_id(group.id)
    event = (await room.messages.get()).value[0]
    check("an event", event.message_type == ChatMessageType.UnknownFutureValue and event.from_ is None)
    check("its detail", isinstance(event.event_detail, ChatRenamedEventMessageDetail))
    newer = RequestConfiguration()
    newer.headers.add("Prefer", "include-unknown-enum-members")
    event = (await room.messages.get(newer)).value[0]
    check("its newer name", event.message_type == ChatMessageType.SystemEventMessage)

    for number in range(5):
        sim("act", kind="say", chat=group.id, **{"from": ROBIN}, text=str(number))
    sim("set", empty_pages=1)
    asked = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(top=2, orderby=["createdDateTime desc"])
    page = await room.messages.get(RequestConfiguration(query_parameters=asked))
    check("an empty page", page.value == [] and page.odata_next_link)
    seen = []
    while page.odata_next_link:
        page = await room.messages.with_url(page.odata_next_link).get()
        seen += [one.body.content for one in page.value]
    check("pages", seen == ["4", "3", "2", "1", "0", "<systemEventMessage/>"])

    sim("fault", endpoint="me", kind="throttled", retry_after="1")
    check("it comes back after a 429", (await client.me.get()).id == ME)

    key, certificate = new_certificate()
    wanted = Subscription(
        change_type="created,updated,deleted",
        resource=f"/users/{ME}/chats/getAllMessages",
        notification_url=receiver,
        lifecycle_notification_url=receiver,
        expiration_date_time=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=4300),
        client_state="state",
        include_resource_data=True,
        encryption_certificate=base64.b64encode(certificate).decode(),
        encryption_certificate_id="python-1",
    )
    made = await client.subscriptions.post(wanted)
    check("a subscription", made.creator_id == ME and made.application_id == CLIENT)
    try:
        await client.subscriptions.post(wanted)
        check("a second one", False)
    except ODataError as error:
        check("it names the first", error.response_status_code == 409 and made.id in error.error.message)
    sim("act", kind="say", chat=direct.id, **{"from": ROBIN}, text="test")
    notice = await asyncio.to_thread(notices.get, timeout=20)
    item = notice["value"][0]
    check("its certificate", item["encryptedContent"]["encryptionCertificateId"] == "python-1")
    thumbprint = hashlib.sha1(certificate).hexdigest().upper()
    check("its thumbprint", item["encryptedContent"]["encryptionCertificateThumbprint"] == thumbprint)
    check("what it tells", opened(item, key)["body"]["content"] == "test")
    token = notice["validationTokens"][0]
    keys = await asyncio.to_thread(jwt.PyJWKClient(f"{BASE}/common/discovery/keys").get_signing_key_from_jwt, token)
    issuer = f"https://sts.windows.net/{TENANT}/"
    claims = jwt.decode(token, keys.key, algorithms=["RS256"], audience=CLIENT, issuer=issuer)
    check("its publisher", claims["appid"] == PUBLISHER)
    later = Subscription(expiration_date_time=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2))
    one = client.subscriptions.by_subscription_id(made.id)
    check("renewed", (await one.patch(later)).expiration_date_time < made.expiration_date_time)
    await one.reauthorize.post()
    await one.delete()
    check("gone", (await client.subscriptions.get()).value == [])


async def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = Token()
    token.value = await asyncio.to_thread(sign_in)
    plain = httpx.AsyncClient(transport=AsyncToSimulator(), base_url="https://graph.microsoft.com/v1.0", timeout=30)
    adapter = GraphRequestAdapter(token, GraphClientFactory.create_with_default_middleware(client=plain, options=options))
    await use(GraphServiceClient(request_adapter=adapter), f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    print(f"{checks} checks passed")


asyncio.run(main())
