"""Sends back what it gets, without looking at it: what a round trip costs at the least.

Prints its ports as one line of JSON and ends when its input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import WSMsgType, web

LOOPBACK = "127.0.0.1"


async def echo_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every line, at once."""
    while line := await reader.readline():
        writer.write(line)
    writer.close()


async def echo_frames(request: web.Request) -> web.WebSocketResponse:
    """Every frame, at once, on the server that the simulated exchange is built on."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def main() -> None:
    """Serve until the input closes."""
    lines = await asyncio.start_server(echo_lines, LOOPBACK, 0)
    app = web.Application()
    app.router.add_get("/", echo_frames)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    port = lines.sockets[0].getsockname()[1]
    sys.stdout.write(
        json.dumps({"stream": port, "socket": f"ws://{LOOPBACK}:{runner.addresses[0][1]}/"}) + "\n"
    )
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    lines.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
