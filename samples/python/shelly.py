"""Drives the Shelly mock: logs in, reads all statuses, and switches a relay over the socket.

The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
Ends with 0 when everything was as expected, and with a message and 1 otherwise.
"""

import hashlib
import json
import os
import shlex
import subprocess
import urllib.parse
import urllib.request

from websockets.sync.client import connect

PATIENCE = 10  # seconds for anything that should come at once


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not as expected: {what}")


def call(url, form=None, token=None):
    """An HTTP call: a POST of a form, or a GET without one."""
    body = urllib.parse.urlencode(form).encode() if form else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=PATIENCE) as answer:
        return json.load(answer)


def log_in(http, demo):
    """What the login page does, and then the exchange of the code: gives an access token."""
    password = hashlib.sha1(demo["password"].encode()).hexdigest()
    login = {"email": demo["email"], "password": password, "client_id": demo["client_id"]}
    code = call(f"{http}/oauth/login", login)["data"]["code"]
    exchange = {"client_id": demo["client_id"], "grant_type": "code", "code": code}
    return call(f"{http}/oauth/auth", exchange)["access_token"]


def drive(mock):
    demo, http, socket_url = mock["demo"], mock["http"], mock["ws"].split("?")[0]
    token = log_in(http, demo)

    # Over HTTP ids are hexadecimal, on the socket the same numbers are decimal.
    statuses = call(f"{http}/device/all_status?show_info=true&no_shared=true", token=token)["data"]["devices_status"]
    before = statuses[demo["relay"]]
    expect(before["_dev_info"]["online"] is True, f"the relay is {before['_dev_info']}")
    print(f"{len(statuses)} devices; the relay is {'on' if before['relays'][0]['ison'] else 'off'}")

    with connect(f"{socket_url}?t={token}", compression=None, open_timeout=PATIENCE) as socket:
        command = {"cmd": "relay", "params": {"turn": "toggle", "id": 0}}
        request = {"event": "Shelly:CommandRequest", "trid": 1, "deviceId": demo["relay_decimal"], "data": command}
        socket.send(json.dumps(request))
        answer = json.loads(socket.recv(timeout=PATIENCE))
        expect((answer["event"], answer["trid"]) == ("Shelly:CommandResponse", 1), f"the answer is {answer}")
        expect(answer["data"]["isok"] is True, f"the relay was not switched: {answer}")

        # What became of it comes as an event, to every socket of the account.
        event = json.loads(socket.recv(timeout=PATIENCE))
        expect(event["event"] == "Shelly:StatusOnChange", f"the event is {event}")
        after = event["status"]
        expect(after["relays"][0]["ison"] is not before["relays"][0]["ison"], f"the relay is {after['relays']}")
        expect(after["serial"] > before["serial"], "the serial has not grown")
        print(f"switched; the relay is {'on' if after['relays'][0]['ison'] else 'off'}")


def main():
    command = shlex.split(os.environ.get("DUMMYLOAD", "dummyload"))
    command += ["serve", "shelly", "--port", "0", "--exit-with-parent"]
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
