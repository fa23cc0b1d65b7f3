"""Watches a PiShock hub: says its signs of life, and comes back when the connection is lost. No adapter is needed to judge such
a program; `dummyload conformance` looks at what it sends:

    dummyload conformance --protocol pishock --client 'python pishock_watch.py {url} {hub_id}'
"""

import asyncio
import json
import signal
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def watch(url, hub):
    async for socket in connect(url):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: asyncio.create_task(leave(socket)))
        try:
            await socket.send(json.dumps({"Operation": "SUBSCRIBE", "Targets": [f"{hub}-ping"]}))
            async for text in socket:
                try:
                    message = json.loads(text)
                    print("alive at", message["Message"] if message["Source"] == f"{hub}-ping" else "no time")
                except (ValueError, KeyError, TypeError):
                    pass  # a reply, or nothing that this program knows
        except ConnectionClosed:
            pass  # the next turn of the loop connects again
        await asyncio.sleep(2)


async def leave(socket):
    await socket.close()
    sys.exit()


asyncio.run(watch(*sys.argv[1:]))
