"""The runner in docs/conformance and the suite agree: python agree.py DUMMYLOAD REPORT.json

Plays the exported cases against our mocks and compares the verdicts with those in the report of a run of the suite; then both
judge mocks that send every message twice, and mocks that let nobody in. Nothing but 127.0.0.1 is contacted.
"""
import json, subprocess, sys, tempfile, urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DUMMYLOAD, REPORT = sys.argv[1:]
RUNNER = Path(__file__).parents[3] / "docs/conformance/runner.py"
ALLOWED = ["mutates", "public-post", "breaks", "physical"]
# So many mocks of each protocol share its cases, as most of the time is spent in waiting for silence.
SHARES = 6
# What is wrong with the broken mocks, and what is judged again on those that send twice; on the others it is everything.
TWICE = {"on": "out", "kind": "duplicate"}
CLOSED = {"on": "handshake", "kind": "refuse", "status": 503}
AGAIN = {"pishock": "pishock/v2/", "shelly": "shelly/conn/", "devicehive": "devicehive/command/", "multistreamer": "multistreamer/"}


class Served:
    """A mock, for a while."""

    def __init__(self, name, protocol):
        command = [DUMMYLOAD, "serve", name, "--port", "0", "--exit-with-parent"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.mock = json.loads(self.process.stdout.readline())["mocks"][0]
        self.url = self.mock["http"].replace("http", "ws", 1)
        written = lambda value: value if isinstance(value, str) else json.dumps(value)
        known = [(each["name"], self.mock["demo"].get(each["demo"])) for each in protocol["variables"]]
        self.variables = [f"{name}={written(value)}" for name, value in known if value is not None]
        self.capabilities = [each["name"] for each in protocol["capabilities"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def broken_by(self, rule):
        request = urllib.request.Request(f"{self.mock['admin']}/faults", json.dumps(rule).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()


def by_runner(name, protocol, cases, served):
    """What runner.py says of some cases: the verdicts, and what was wanting where it skips."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as bundle:
        json.dump({"protocols": {name: protocol | {"cases": cases}}}, bundle)
        bundle.flush()
        given = [f"var:{variable}" for variable in served.variables] + [f"server:{each}" for each in served.capabilities]
        given += [f"hazard:{hazard}" for hazard in ALLOWED]
        done = subprocess.run([sys.executable, RUNNER, bundle.name, name, served.url, *given], stdout=subprocess.PIPE, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode in (0, 1) and len(lines) == len(cases), f"the runner ended with {done.returncode}"
    return {case: verdict for verdict, case, _ in lines if verdict != "skip"}, Counter(more for verdict, _, more in lines if verdict == "skip")


def share(name, protocol, k):
    with Served(name, protocol) as served:
        return by_runner(name, protocol, protocol["cases"][k::SHARES], served)


def broken(name, protocol, rule, which):
    """What both say of a mock with this fault."""
    cases = [case for case in protocol["cases"] if case["id"].startswith(which)]
    with Served(name, protocol) as served:
        served.broken_by(rule)
        ours, _ = by_runner(name, protocol, cases, served)
    with Served(name, protocol) as served:
        served.broken_by(rule)
        given = [f"--var={variable}" for variable in served.variables] + [f"--have={each}" for each in served.capabilities]
        given += [f"--allow={hazard}" for hazard in ALLOWED]
        command = [DUMMYLOAD, "conformance", "--server", served.url, "--protocol", name, "--filter", f"{which}*", "--report", "json=-"]
        theirs = verdicts(json.loads(subprocess.run([*command, *given], stdout=subprocess.PIPE, text=True).stdout))
    return ours, theirs


def judged(name, protocol, rule, which):
    """The same; where they differ, what they say when each case is played alone: on a busy machine a message that is late, or comes
    twice, can reach the case behind it."""
    ours, theirs = broken(name, protocol, rule, which)
    assert any(verdict != "pass" for verdict in ours.values()), f"{name}: everything passes on a broken mock"
    for case in [case for case, verdict in ours.items() if theirs.get(case) != verdict]:
        for seen, alone in zip((ours, theirs), broken(name, protocol, rule, case)):
            seen |= alone
    return ours, theirs


def verdicts(report):
    return {case["id"]: case["verdict"] for run in report["runs"] for case in run["cases"]}


def compare(title, ours, theirs):
    differing = [f"  {case}: {verdict} by runner.py, {theirs.get(case)} by the suite" for case, verdict in ours.items() if theirs.get(case) != verdict]
    told = ", ".join(f"{count} {verdict}" for verdict, count in Counter(ours.values()).items())
    print(f"{title}: {told or 'nothing played'}", *differing, sep="\n")
    return bool(differing)


def main():
    bundle = json.loads(subprocess.run([DUMMYLOAD, "conformance", "export"], stdout=subprocess.PIPE, check=True).stdout)
    protocols = {name: protocol for name, protocol in bundle["protocols"].items() if protocol["cases"]}
    with ThreadPoolExecutor(max_workers=40) as pool:
        sound = {name: [pool.submit(share, name, protocol, k) for k in range(SHARES)] for name, protocol in protocols.items()}
        twice = {name: pool.submit(judged, name, protocol, TWICE, AGAIN[name]) for name, protocol in protocols.items()}
        closed = {name: pool.submit(judged, name, protocol, CLOSED, f"{name}/") for name, protocol in protocols.items()}
        known, wrong = verdicts(json.loads(Path(REPORT).read_text())), False
        for name, shares in sound.items():
            played, skipped = {}, Counter()
            for one in shares:
                played |= one.result()[0]
                skipped += one.result()[1]
            wrong |= compare(name, played, known) or not played
            for why, count in skipped.most_common(4):
                print(f"  {count} skipped: {why}")
            wrong |= compare(f"{name}, everything twice", *twice[name].result())
            wrong |= compare(f"{name}, nobody let in", *closed[name].result())
    sys.exit(wrong)


main()
