"""An adapter: `dummyload conformance` tells it by lines of JSON what a client is to do, and it tells by others what came of it.
The client is small_devicehive.py; for another one only `start`, `carry_out` and the list of offers change.

    dummyload conformance --protocol devicehive --adapter 'python devicehive_adapter.py'
"""

import asyncio
import json
import sys

from small_devicehive import Client

OFFERS = ["insert_command", "insert_notification", "subscribe_notifications", "patience_ms", "keep_alive_ms"]


def tell(**line):
    print(json.dumps(line), flush=True)


async def start(args):
    demo, patience = args["demo"], args["patience_ms"] / 1000
    keep_alive = args["keep_alive_ms"] / 1000 if "keep_alive_ms" in args else 20
    ready = asyncio.get_running_loop().create_future()

    def connected():
        # The first time the reply to `start` says so.
        tell(event="connected") if ready.done() else ready.set_result(None)

    def notified(push):
        about = {name: push.get(name) for name in ("id", "notification", "parameters")}
        tell(event="notification", device=push.get("deviceId"), **about)

    client = Client(args["url"], demo["login"], demo["password"], patience, keep_alive, notified, connected)
    client.running = asyncio.create_task(client.run())
    await asyncio.wait([ready, client.running], return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        client.running.result()
    return client


async def carry_out(client, op, args):
    if op == "insert_command":
        command = {name: args[name] for name in ("command", "parameters") if name in args}
        reply = await client.ask("command/insert", deviceId=args["device"], command=command)
        return {"id": reply["command"]["id"]}
    if op == "insert_notification":
        notification = {name: args[name] for name in ("notification", "parameters") if name in args}
        reply = await client.ask("notification/insert", deviceId=args["device"], notification=notification)
        return {"id": reply["notification"]["id"]}
    if op == "subscribe_notifications":
        await client.subscribe(args["device"])
        client.devices.append(args["device"])
        return {}
    raise NotImplementedError(op)


async def main():
    client = None
    tell(adapter=1, name="a small client in Python", offers=OFFERS)
    tasks = set()

    async def answer(id, op, args):
        nonlocal client
        try:
            if op == "start":
                client, result = await start(args), {}
            else:
                result = await carry_out(client, op, args)
            tell(id=id, result=result)
        except Exception as error:
            kind = {TimeoutError: "timeout", ValueError: "refused"}.get(type(error), "lost")
            tell(id=id, error={"kind": kind, "text": str(error)})

    # What is asked for while something else is waited for is begun at once.
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        if request["do"] == "quit":
            break
        tasks.add(asyncio.create_task(answer(request["id"], request["do"], request["args"])))
    if client:
        client.running.cancel()
        await client.socket.close()


if __name__ == "__main__":
    asyncio.run(main())
