"""Drives the multistreamer mock: two users follow a stream, it goes live, and both write into its chat.

The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
Ends with 0 when everything was as expected, and with a message and 1 otherwise.
"""

import base64
import json
import os
import shlex
import subprocess
import urllib.request

from websockets.sync.client import connect

PATIENCE = 10  # seconds for anything that should come at once


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not as expected: {what}")


def call(url, headers=None, body=None):
    """An HTTP call: a POST of JSON, or a GET without it."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=PATIENCE) as answer:
        return json.load(answer)


def log_in(http, name, password):
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()
    return call(f"{http}/api/v1/auth", {"Authorization": f"Basic {basic}"})["token"]


class Chat:
    """The socket of one user on one stream. Nothing comes before the status has been asked for."""

    def __init__(self, mock, token, stream):
        base = mock["ws"].split("/ws/")[0]
        self.socket = connect(f"{base}/ws/{stream}?token={token}", compression=None, open_timeout=PATIENCE)
        self.send(type="status")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def until(self, holds):
        """The next message that is wanted; others, such as those of viewers, are passed over."""
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            if holds(message):
                return message

    def until_said(self, text):
        return self.until(lambda message: message.get("text") == text)

    def until_status(self, pushing):
        return self.until(lambda message: message["type"] == "status" and message["status"]["data_pushing"] is pushing)


def drive(mock):
    demo, http = mock["demo"], mock["http"]
    token = log_in(http, demo["username"], demo["password"])
    guest_token = log_in(http, demo["guest_username"], demo["guest_password"])
    streams = call(f"{http}/api/v1/stream", {"Authorization": f"Bearer {token}"})["streams"]
    stream, own, other = demo["stream_id"], demo["account_id"], demo["other_account_id"]
    expect(stream in [known["id"] for known in streams], f"the streams are {streams}")

    with Chat(mock, token, stream) as john, Chat(mock, guest_token, stream) as guest:
        accounts = john.until_status(pushing=False)["accounts"]
        expect(list(accounts) == ["0"], f"before the stream is live there are {accounts}")
        guest.until_status(pushing=False)

        # The internal chat: everybody on the stream, the writer included.
        john.send(type="text", account_id=0, cur_stream_account_id=0, text="hello")
        expect(john.until_said("hello")["from"] == guest.until_said("hello")["from"], "the two see different writers")
        guest.send(type="text", account_id=0, cur_stream_account_id=0, text=f"/msg {demo['username']} psst")
        whisper = john.until_said("psst")
        expect(whisper["to"]["name"] == demo["username"] and "stream_id" not in whisper, f"the whisper is {whisper}")
        print("internal chat: a line for everybody, and one for one")

        # The control plane lets things happen that are no client's business.
        call(f"{mock['admin']}/do/go-live", body={"stream_id": stream})
        accounts = john.until_status(pushing=True)["accounts"]
        expect(accounts[str(own)]["live"] and not accounts[str(other)]["ready"], f"the accounts are {accounts}")

        # Another account than the one that streams needs a writer first.
        john.send(type="writer", account_id=other, cur_stream_account_id=own)
        john.until(lambda message: message["type"] == "writerresult" and message["account_id"] == other)
        john.send(type="text", account_id=other, cur_stream_account_id=own, text="on the network")
        line = guest.until_said("on the network")
        expect((line["account_id"], line["network"]) == (own, demo["network"]), f"the line is {line}")
        call(f"{mock['admin']}/do/chat", body={"account_id": own, "nick": "somebody", "text": "hi Kappa"})
        expect("![Kappa](" in guest.until_said("hi Kappa")["markdown"], "the emote is no picture")
        print("network chat: an account with a writer, and a viewer with an emote")

        call(f"{mock['admin']}/do/end", body={"stream_id": stream})
        john.until_status(pushing=False)
        # What the server drops in silence is told by the mock.
        john.send(type="text", account_id=own, cur_stream_account_id=own, text="too late")
        john.send(type="status")
        john.until_status(pushing=False)
        problems = call(f"{mock['admin']}/problems")["problems"]
        expect([problem["code"] for problem in problems] == ["not-live"], f"the problems are {problems}")
        print("after the end a line is dropped:", problems[0]["code"])


def main():
    command = shlex.split(os.environ.get("DUMMYLOAD", "dummyload"))
    command += ["serve", "multistreamer", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mock:
        try:
            ready = json.loads(mock.stdout.readline() or "null")
            expect(ready and ready["ready"], "the mock did not start; it says why above")
            drive(ready["mocks"][0])
        finally:
            mock.kill()
    print("all as expected")


if __name__ == "__main__":
    main()
