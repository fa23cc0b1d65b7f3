"""Drives the PiShock mock: watches a hub's log, publishes a vibration, and looks into the mock's journal.

The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
Ends with 0 when everything was as expected, and with a message and 1 otherwise.
"""

import json
import os
import shlex
import signal
import subprocess
import urllib.parse
import urllib.request

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 10  # seconds for anything that should come at once


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not as expected: {what}")


def receive(socket):
    """The next frame, which is always a JSON object in V2."""
    return json.loads(socket.recv(timeout=PATIENCE))


def journal(admin, **query):
    """The entries of the mock's journal that match, oldest first."""
    with urllib.request.urlopen(f"{admin}/log?{urllib.parse.urlencode(query)}", timeout=PATIENCE) as answer:
        return [json.loads(line) for line in answer]


def drive(mock):
    demo = mock["demo"]
    log_channel = f"{demo['hub_id']}-log"
    with connect(mock["ws"], compression=None, open_timeout=PATIENCE) as socket:
        socket.send(json.dumps({"Operation": "SUBSCRIBE", "Targets": [log_channel]}))
        reply = receive(socket)
        expect(reply["IsError"] is False, f"SUBSCRIBE was refused: {reply}")

        body = {
            "id": demo["shocker_id"], "m": "v", "i": 20, "d": 1000, "r": True,
            "l": {"u": demo["user_id"], "ty": "api", "w": False, "h": False, "o": "python sample"},
        }
        command = {"Target": f"c{demo['hub_id']}-ops", "Body": body}
        socket.send(json.dumps({"Operation": "PUBLISH", "PublishCommands": [command]}))

        # The reply, and the log entry that the hub makes of the command; nothing says which one comes first.
        frames = [receive(socket), receive(socket)]
        replies = [frame for frame in frames if frame.get("Source") != log_channel]
        logged = [frame for frame in frames if frame.get("Source") == log_channel]
        expect([reply["Message"] for reply in replies] == ["Publish successful."], f"the reply is {replies}")
        expect(len(logged) == 1, f"no entry in the hub's log: {frames}")
        entry = json.loads(logged[0]["Message"])
        expect((entry["id"], entry["m"], entry["i"]) == (demo["shocker_id"], "v", 20), f"the log says {entry}")
        print(f"published, and the hub logged {entry}")

        # What a real broker never tells: what the virtual hub did.
        executed = journal(mock["admin"], kind="event", topic="executed")
        expect(len(executed) == 1, f"the journal has {executed}")
        expect(executed[0]["details"]["shocker"] == demo["shocker_id"], f"the journal has {executed}")
        print(f"the journal has {executed[0]['details']}")


def main():
    command = shlex.split(os.environ.get("DUMMYLOAD", "dummyload"))
    command += ["serve", "pishock", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mock:
        try:
            ready = json.loads(mock.stdout.readline() or "null")
            expect(ready and ready["ready"], "the mock did not start; it says why above")
            drive(ready["mocks"][0])

            # In the end a client learns that the server is going down.
            with connect(ready["mocks"][0]["ws"], compression=None, open_timeout=PATIENCE) as socket:
                mock.send_signal(signal.SIGTERM)
                try:
                    socket.recv(timeout=PATIENCE)
                    expect(False, "a frame came instead of a close")
                except ConnectionClosed as closed:
                    expect(closed.rcvd and closed.rcvd.code == 1001, f"closed with {closed.rcvd}")
            expect(mock.wait(PATIENCE) == 0, f"the mock ended with {mock.returncode}")
        finally:
            mock.kill()
    print("all as expected")


if __name__ == "__main__":
    main()
