"""Plays the cases of `dummyload conformance export` against a server; --help says how. Needs the package websockets."""
import argparse, fnmatch, json, logging, re, sys, threading, time
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect
from templates import at, fill, match, parsed

NOT_HERE = {"http": "an HTTP service", "answered": "an HTTP service", "control": "a control plane", "advance_ms": "a control plane", "send_raw": "bytes below the WebSocket layer"}
GRADES = ["pass", "info", "non-strict", "fail"]  # from the best to the worst


class Unmet(Exception):
    """An expectation is not met: how bad that is, and what came instead."""


class Play:
    """One case. Connections that have ended stay in `ends`, so that later steps can ask for the end again."""

    def __init__(self, case, asides, url, given):
        self.case, self.asides, self.url, self.vars = case, asides if case["asides"] else [], url, dict(given)
        self.conns, self.sockets, self.ends = {conn["name"]: conn for conn in case["conns"]}, {}, {}

    def run(self):
        seen, step = [("pass", None)], {"line": 0, "at_most": self.case["at_most"]}
        try:
            for conn in filter(lambda conn: conn["open"], self.case["conns"]):
                self.open(step, conn["name"])
            for step in self.case["steps"]:
                seen.append(self.step(step) or ("pass", None))
        except Unmet as unmet:
            seen.append((unmet.args[0], f"line {step['line']}: {unmet.args[1]}"))
        for socket in self.sockets.values():
            socket.close()
        return max((grade for grade, _ in seen), key=GRADES.index), ", then ".join(name for _, name in seen if name)

    def step(self, step):
        what = next((step[verb] for verb in ("send", "send_text", "send_binary", "send_ping", "send_huge", "send_fragments", "shut") if verb in step), None)
        if what is not None:
            return self.send(self.sockets.get(step["conn"]), step, what)
        if "open" in step or "reopen" in step:
            return self.open(step, step.get("open") or step["reopen"], step.get("refused", []))
        if "pong" in step:
            return None if self.pong.wait(step["within_ms"] / 1000) else self.unmet(step, "no pong")
        parts = sorted(step.get("all", []), key=lambda part: -GRADES.index(part["at_most"])) or [step]
        while parts:  # each part of `all`, or the one thing that is awaited
            choice = step.get("any_of", parts)
            found = self.next(choice, step.get("skip"))
            taken = next((part for part in choice if self.takes(part, found, self.vars)), None)
            if taken is None:
                self.unmet(choice[0] if "all" in step else step, found)
            if "any_of" in step:
                return taken["verdict"], taken["name"]
            parts.remove(taken)

    def unmet(self, part, found):
        raise Unmet(part["at_most"], found or "nothing came")

    def open(self, step, name, refused=()):
        if name in self.sockets:
            self.sockets.pop(name).close()
        self.ends.pop(name, None)
        headers = {key: fill(value, self.vars) for key, value in self.conns[name]["headers"].items()}
        offered = headers.pop("Sec-WebSocket-Protocol", "").split(", ")
        try:
            url = self.url + fill(self.conns[name]["path"], self.vars)
            self.sockets[name] = connect(url, additional_headers=headers, subprotocols=list(filter(None, offered)) or None, compression=None, max_size=None, ping_interval=None, close_timeout=1)
        except (InvalidHandshake, OSError) as error:
            self.ends[name] = ("refused", error.response.status_code if isinstance(error, InvalidStatus) else None)
        is_refused = name in self.ends and (refused == "maybe" or self.ends[name][1] in refused)
        if not is_refused and (name in self.ends or refused not in ("maybe", [], ())):
            self.unmet(step, self.ends.get(name, "the handshake was accepted"))

    def send(self, socket, step, what):
        """What cannot be sent since the peer is gone is told by the next expectation."""
        text = lambda part: fill(part, self.vars)
        try:
            if "shut" in step:
                threading.Thread(target=socket.close, args=(what,), daemon=True).start()
            elif "send_ping" in step:
                self.pong = socket.ping(text(what))
            elif "send_huge" in step:
                socket.send(text(what["prefix"]) + what["repeat"] * what["times"] + text(what["suffix"]))
            elif "send_fragments" in step:
                socket.send(map(text, what))
            else:
                socket.send(bytes.fromhex(what) if "send_binary" in step else text(what))
        except (ConnectionClosed, AttributeError):
            pass

    def next(self, parts, skip):
        """The next thing on these connections as (connection, kind, content); None when nothing comes."""
        quiet, names = [part["within_ms"] for part in parts if "quiet" in part], dict.fromkeys(part["conn"] for part in parts)
        until = time.monotonic() + (quiet or [max(part["within_ms"] for part in parts)])[0] / 1000
        while time.monotonic() < until and not names.keys() <= self.ends.keys():
            for name in names.keys() - self.ends.keys():
                try:
                    content = self.sockets[name].recv(timeout=0.01)
                except TimeoutError:
                    continue
                except ConnectionClosed as closed:
                    self.ends[name] = ("close", closed.rcvd.code) if closed.rcvd else ("cut", None)
                    return name, *self.ends[name]
                found = (name, "text" if isinstance(content, str) else "binary", content)
                if any(self.takes(part, found, dict(self.vars)) for part in parts) or not self.passed_over(parsed(content), skip):
                    return found
        return None

    def passed_over(self, value, skip):
        """What a step skips, and what is about something that no placeholder of the case stands for."""
        names = {fill(m[0], self.vars) for m in re.finditer(r"\$\{(\w+)(\|\w+)?\}", json.dumps(self.case)) if m[1] in self.vars}
        aside = lambda each: match(each["like"], value, dict(self.vars)) and at(value, each["about"]) not in names
        return value is not ... and (any(map(aside, self.asides)) or (skip is not None and match(skip, value, dict(self.vars))))

    def takes(self, part, found, names):
        if "quiet" in part:
            return found is None
        conn, kind, content = found or (part["conn"], *self.ends.get(part["conn"], (None, None)))
        if conn != part["conn"] or kind == "text":
            value = parsed(content) if "expect" in part else content
            like = part.get("expect", part.get("expect_text", ...))
            return conn == part["conn"] and like is not ... and value is not ... and match(like, value, names)
        return kind in part and (part[kind] in (True, []) or content in part[kind])


def not_here(case, args, given):
    """Why a case is not played."""
    lacks = [NOT_HERE[verb] for step in case["steps"] for verb in step if verb in NOT_HERE]
    lacks += ["frames that do not end"] * any(step.get("finish") is False for step in case["steps"])
    lacks += ["a control plane"] * ("control" in case["needs"])
    lacks += [f"--have {need}" for need in case["needs"] if need not in ["control", *args.have]]
    lacks += [f"--var {name}=..." for name in case["variables"] if name not in given]
    lacks += [f"--allow {case['hazard']}"] * (case["hazard"] not in ["none", *args.allow])
    waits = sum(part.get("within_ms", 0) for step in case["steps"] for part in [step, *step.get("any_of", [])] if "quiet" in part) / 1000
    return lacks + [f"--longest {waits:g}"] * (waits > args.longest)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("bundle", type=argparse.FileType(encoding="utf-8"), help="what `dummyload conformance export` has written")
    options.add_argument("protocol")
    options.add_argument("url", help="the server, as ws://127.0.0.1:4101")
    options.add_argument("--var", action="append", default=[], type=lambda text: text.split("=", 1), metavar="NAME=VALUE")
    for name, meaning in [("have", "a capability of the server"), ("allow", "a hazard class that may be played"), ("filter", "only cases whose id is like this")]:
        options.add_argument(f"--{name}", action="append", default=[], help=meaning)
    options.add_argument("--longest", type=float, default=2, metavar="SECONDS", help="how long a case may wait in silence")
    options.add_argument("--part", default="1/1", metavar="K/N", help="only each Nth case, from the Kth")
    args = options.parse_args()
    protocol = next(each for each in json.load(args.bundle)["protocols"] if each["protocol"] == args.protocol)
    given = {each["name"]: each["default"] for each in protocol["variables"] if each["default"] is not None} | dict(args.var)
    cases = [case for case in protocol["cases"] if not args.filter or any(fnmatch.fnmatch(case["id"], like) for like in args.filter)]
    first, every = map(int, args.part.split("/"))
    worst = "pass"
    logging.disable()  # the package tells at length of servers that break its rules
    for case in cases[first - 1 :: every]:
        if lacks := not_here(case, args, given):
            verdict, more = "skip", f"needs {', '.join(dict.fromkeys(lacks))}"
        else:
            verdict, more = Play(case, protocol["asides"], args.url, given).run()
            worst = max(worst, verdict, key=GRADES.index)
        print(verdict, case["id"], more, sep="\t", flush=True)
    sys.exit(worst == "fail")


if __name__ == "__main__":
    main()
