"""Plays the cases of `dummyload conformance export`, as bundle.md describes, and tells verdict, id and reason of each:

    python runner.py cases.json pishock ws://127.0.0.1:4101 var:username=demo var:api_key=... hazard:mutates
"""
import contextlib, functools, json, logging, operator, pathlib, re, sys, time, urllib.parse
from jsonschema import Draft202012Validator
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

GRADES = ["pass", "info", "non-strict", "fail"]  # from the best to the worst
FILTERS = {"": str, "query": lambda text: urllib.parse.quote(text, safe=""), "decimal": lambda text: str(int(text, 16))}
SETTINGS = {"compression": None, "ping_interval": None, "close_timeout": 1, "max_size": None, "max_queue": None}

def play(case, url, given):
    """Plays a case to its end, or to what is not expected. Tells the worst verdict, and what came there."""
    sockets, ends, seen = {}, {}, [("pass", "")]
    for step in case["steps"]:
        step, until = fill(step, given), time.monotonic() + step.get("within_ms", 0) / 1000
        choice = {"verdict": None}
        while choice and not choice["verdict"]:  # what is chosen without a verdict is passed over
            came = ends.get(step["conn"]) or act(step, url, until, sockets)
            fits = lambda one: one["kind"] in came and Draft202012Validator(one["schema"]).is_valid(came[one["kind"]])
            choice = next(filter(fits, step.get("choices", [])), None)
        if choice:
            seen.append((choice["verdict"], choice["outcome"]))
            for name, path in choice["captures"].items():
                value = functools.reduce(operator.getitem, path, came[choice["kind"]])
                given["var:" + name] = value if isinstance(value, str) else json.dumps(value)
            if choice["kind"] in ("close", "cut", "refused"):  # an end stays one
                ends[step["conn"]] = came if step["do"] == "open" else {"silence": None, **came}
        elif "choices" in step:
            seen.append((step["unmet"], f"line {step['line']}: {came}"[:500]))
            break
    for socket in sockets.values():
        socket.close()
    return max(seen, key=lambda each: GRADES.index(each[0]))

def act(step, url, until, sockets):
    """Carries out a step. Tells what has come: every kind of thing that it is, with what can be said of it."""
    try:
        if step["do"] == "open":
            options = {"additional_headers": step["headers"], "subprotocols": step["subprotocols"], **SETTINGS}
            sockets[step["conn"]] = connect(url + step["path"], **options)
            return {"open": None}
        if step["do"] == "expect":
            message = sockets[step["conn"]].recv(timeout=until - time.monotonic())
            return {"text": message, "json": parsed(message)}
        if step["do"] == "send":
            sockets[step["conn"]].send(step["text"])
        else:
            sockets[step["conn"]].close(step.get("code", 1000))
    except TimeoutError:
        return {"silence": None}
    except ConnectionClosed as closed:
        return {"close": closed.rcvd.code} if closed.rcvd else {"cut": None}
    except (InvalidHandshake, OSError) as refusal:
        return {"refused": refusal.response.status_code if isinstance(refusal, InvalidStatus) else None}

def parsed(text):
    with contextlib.suppress(TypeError, ValueError):
        return json.JSONDecoder(parse_constant=int).decode(text)
    return ...  # like nothing that is JSON

def fill(step, given):
    """A step with the values of its placeholders; those that have none yet stay."""
    value = lambda found: FILTERS[found[2]](given["var:" + found[1]]) if "var:" + found[1] in given else found[0]
    text = re.sub(r"\$\{(\w+)\|?(\w*)\}", lambda found: json.dumps(value(found))[1:-1], json.dumps(step))
    return json.loads(text, object_hook=lambda part: parsed(part["$json"]) if "$json" in part else part)

logging.disable()  # websockets tells at length of servers that break its rules
bundle, protocol, url, *given = sys.argv[1:] if len(sys.argv) > 3 else sys.exit(__doc__)
protocol = json.loads(pathlib.Path(bundle).read_text("utf-8"))["protocols"][protocol]
given = protocol["defaults"] | dict(each.partition("=")[::2] for each in given)
verdicts = set()
for case in protocol["cases"]:
    lacks = [need for need in case["needs"] if need not in given]
    verdict, seen = ("skip", f"needs {', '.join(lacks)}") if lacks else play(case, url, dict(given))
    print(verdict, case["id"], seen, sep="\t", flush=True)
    verdicts.add(verdict)
sys.exit("fail" in verdicts)
