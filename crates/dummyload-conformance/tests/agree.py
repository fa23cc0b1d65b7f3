"""The runner in docs/conformance and the suite agree: python agree.py DUMMYLOAD REPORT.json

Plays the exported cases against our mocks and compares the verdicts with those in the report of a run of the suite; then both
judge mocks that send every message twice. Nothing but 127.0.0.1 is contacted.
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
# What is judged again on the broken mocks.
BROKEN = {"pishock": "pishock/v2/*", "shelly": "shelly/conn/*", "devicehive": "devicehive/command/*", "multistreamer": "multistreamer/*"}


class Served:
    """A mock, for a while."""

    def __init__(self, protocol):
        command = [DUMMYLOAD, "serve", protocol["protocol"], "--port", "0", "--exit-with-parent"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.mock = json.loads(self.process.stdout.readline())["mocks"][0]
        self.url = self.mock["http"].replace("http", "ws", 1)
        written = lambda value: value if isinstance(value, str) else json.dumps(value)
        known = [(each["name"], self.mock["demo"].get(each["demo"])) for each in protocol["variables"]]
        self.options = [f"--var={name}={written(value)}" for name, value in known if value is not None]
        self.options += [f"--have={need['name']}" for need in protocol["needs"]] + [f"--allow={hazard}" for hazard in ALLOWED]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def send_twice(self):
        rule = json.dumps({"on": "out", "kind": "duplicate"}).encode()
        request = urllib.request.Request(f"{self.mock['admin']}/faults", rule, {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()


def by_runner(bundle, name, served, *more):
    command = [sys.executable, RUNNER, bundle, name, served.url, *served.options, *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert done.returncode in (0, 1), f"the runner ended with {done.returncode}"
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {case: verdict for verdict, case, _ in lines if verdict != "skip"}, Counter(more for verdict, _, more in lines if verdict == "skip")


def share(bundle, protocol, k):
    with Served(protocol) as served:
        return by_runner(bundle, protocol["protocol"], served, f"--part={k}/{SHARES}")


def broken(bundle, protocol):
    """What both say of a mock that sends everything twice."""
    name = protocol["protocol"]
    with Served(protocol) as served:
        served.send_twice()
        ours, _ = by_runner(bundle, name, served, f"--filter={BROKEN[name]}")
    with Served(protocol) as served:
        served.send_twice()
        command = [DUMMYLOAD, "conformance", "--server", served.url, "--protocol", name, "--filter", BROKEN[name], "--report", "json=-", *served.options]
        theirs = verdicts(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout))
    assert any(verdict != "pass" for verdict in ours.values()), f"{name}: everything passes on a broken mock"
    return ours, theirs


def verdicts(report):
    return {case["id"]: case["verdict"] for run in report["runs"] for case in run["cases"]}


def compare(title, ours, theirs):
    differing = [f"  {case}: {verdict} by runner.py, {theirs.get(case)} by the suite" for case, verdict in ours.items() if theirs.get(case) != verdict]
    told = ", ".join(f"{count} {verdict}" for verdict, count in Counter(ours.values()).items())
    print(f"{title}: {told or 'nothing played'}", *differing, sep="\n")
    return bool(differing)


def main():
    with tempfile.NamedTemporaryFile(suffix=".json") as file, ThreadPoolExecutor(max_workers=40) as pool:
        file.write(subprocess.run([DUMMYLOAD, "conformance", "export"], stdout=subprocess.PIPE, check=True).stdout)
        file.flush()
        protocols = [each for each in json.loads(Path(file.name).read_text())["protocols"] if each["cases"]]
        sound = {each["protocol"]: [pool.submit(share, file.name, each, k + 1) for k in range(SHARES)] for each in protocols}
        twice = {each["protocol"]: pool.submit(broken, file.name, each) for each in protocols}
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
    sys.exit(wrong)


main()
