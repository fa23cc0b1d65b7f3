"""An adapter: `dummyload conformance` tells it by lines of JSON what a client is to do, and it tells by others what came of it.
The client is small_devicehive.py; for another one only the operations change.

    dummyload conformance --protocol devicehive --adapter 'python devicehive_adapter.py'
"""

import asyncio
import json
import sys

from small_devicehive import Client

OFFERS = ["insert_command", "insert_notification", "subscribe_notifications", "patience_ms", "keep_alive_ms"]


def tell(**line):
    print(json.dumps(line), flush=True)


class Operations:
    client = None

    async def start(self, url, demo, patience_ms, keep_alive_ms=20_000, **_):
        ready = asyncio.get_running_loop().create_future()

        def connected():
            # The first time the reply to `start` says so.
            tell(event="connected") if ready.done() else ready.set_result(None)

        def notified(push):
            about = {name: push.get(name) for name in ("id", "notification", "parameters")}
            tell(event="notification", device=push.get("deviceId"), **about)

        login, patience, keep_alive = (demo["login"], demo["password"]), patience_ms / 1000, keep_alive_ms / 1000
        self.client = Client(url, *login, patience, keep_alive, notified, connected)
        self.client.running = asyncio.create_task(self.client.run())
        await asyncio.wait([ready, self.client.running], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            self.client.running.result()
        return {}

    async def insert_command(self, device, **command):
        reply = await self.client.ask("command/insert", deviceId=device, command=command)
        return {"id": reply["command"]["id"]}

    async def insert_notification(self, device, **notification):
        reply = await self.client.ask("notification/insert", deviceId=device, notification=notification)
        return {"id": reply["notification"]["id"]}

    async def subscribe_notifications(self, device):
        await self.client.subscribe(device)
        self.client.devices.append(device)
        return {}

    async def carry_out(self, id, do, args):
        try:
            tell(id=id, result=await getattr(self, do)(**args))
        except Exception as error:
            kind = {TimeoutError: "timeout", ValueError: "refused"}.get(type(error), "lost")
            tell(id=id, error={"kind": kind, "text": str(error)})


async def main():
    tell(adapter=1, name="a small client in Python", offers=OFFERS)
    operations, tasks = Operations(), set()
    # What is asked for while something else is waited for is begun at once.
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        if request["do"] == "quit":
            break
        tasks.add(asyncio.create_task(operations.carry_out(**request)))
    if operations.client:
        operations.client.running.cancel()
        await operations.client.socket.close()


if __name__ == "__main__":
    asyncio.run(main())
