"""A small ASGI application: a channel API that wants a bearer token, and a WebSocket at /ws."""

import asyncio
import json


async def app(scope, receive, send):
    """Handle one connection of any kind."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    else:
        await http(scope, send)


async def lifespan(receive, send):
    """Start and stop when told."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def http(scope, send):
    """Answer a request: 200 with a token, 401 without."""
    status, body = 404, {"error": "not found"}
    if scope["path"] == "/":
        status, body = 200, {"ok": True}
    elif scope["path"].startswith("/api/channels/"):
        token = dict(scope["headers"]).get(b"authorization", b"").decode()
        if token.startswith("Bearer ") and token != "Bearer expired":
            status, body = 200, {"videos": ["v-101", "v-102"]}
        else:
            status, body = 401, {"error": "unauthorized"}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def websocket(scope, receive, send):
    """Keep a WebSocket open until its client closes it."""
    await receive()
    if scope["path"] != "/ws":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "websocket.accept"})
    host, port = scope["client"]
    # The greeting tells the driver under which name the server knows this connection.
    await send({"type": "websocket.send", "text": json.dumps({"hello": {"id": f"{host}:{port}"}})})
    updates = asyncio.create_task(send_updates(send))
    while (await receive())["type"] != "websocket.disconnect":
        pass
    updates.cancel()


async def send_updates(send):
    """Send a status every three seconds."""
    percent = 0
    while True:
        await asyncio.sleep(3)
        percent = (percent + 10) % 110
        text = json.dumps({"video": "v-101", "percent": percent})
        await send({"type": "websocket.send", "text": text})
