"""Templates and placeholders of the cases that `dummyload conformance export` writes; bundle.md describes them."""
import base64, hashlib, json, re, urllib.parse

ISO8601 = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")
FILTERS = {"query": lambda v: urllib.parse.quote(v, safe="-._~"), "json": lambda v: json.dumps(v, ensure_ascii=False)[1:-1],
           "decimal": lambda v: str(int(v, 16)), "sha1": lambda v: hashlib.sha1(v.encode()).hexdigest(), None: str}
number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)
KINDS = {"any": lambda v: True, "null": lambda v: v is None, "bool": lambda v: isinstance(v, bool), "number": number,
         "int": lambda v: number(v) and v == int(v), "uint": lambda v: number(v) and v == int(v) >= 0,
         "string": lambda v: isinstance(v, str), "object": lambda v: isinstance(v, dict), "array": lambda v: isinstance(v, list)}


def fill(text, vars, change=str):
    plain = lambda v: v if isinstance(v, str) else json.dumps(v)
    value = lambda m: "${" if m[0] == "$${" else change(FILTERS[m[2]](plain(vars[m[1]])))
    return re.sub(r"\$\$\{|\$\{(\w+)(?:\|(\w+))?\}", value, text)


def parsed(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return ...


def fits(like, value, vars):
    """Whether a value is like a template; what it captures comes into vars."""
    if isinstance(like, dict) and len(like) == 1 and (name := next(iter(like))).startswith("$") and name[1:2] not in "${":
        arg, text = like[name], value if isinstance(value, str) else ""
        if name == "$capture":
            vars[arg["name"]] = value
            return KINDS[arg["kind"]](value)
        if name == "$re":
            pattern = fill(arg, vars, re.escape) if "${" in arg else arg
            found = isinstance(value, str) and re.search(pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"), value)
            vars.update({k: v for k, v in found.groupdict().items() if v is not None} if found else {})
            return bool(found)
        if name in ("$unordered", "$each"):
            items = list(value.values()) if isinstance(value, dict) else value
            if not isinstance(items, list) or name == "$each":
                return isinstance(items, list) and all(fits(arg, item, vars) for item in items)
            return len(arg) == len(items) and paired(arg, items, vars)
        claims = lambda: parsed(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
        return {"$kind": lambda: KINDS[arg](value), "$iso8601": lambda: bool(ISO8601.match(text)),
                "$value": lambda: same(parsed(fill(arg, vars)), value), "$contains": lambda: isinstance(value, str) and fill(arg, vars) in value,
                "$one-of": lambda: (value if isinstance(value, str) else json.dumps(value)) in [fill(each, vars) for each in arg],
                "$range": lambda: number(value) and arg[0] <= value <= arg[1], "$same": lambda: same(vars.get(arg, ...), value),
                "$above": lambda: number(value) and number(vars.get(arg)) and value > vars[arg],
                "$json": lambda: parsed(text) is not ... and fits(arg, parsed(text), vars),
                "$jwt": lambda: text.count(".") == 2 and fits(arg, claims(), vars),
                "$closed": lambda: fits(arg, value, vars) and set(value) <= {fill(key, vars) for key in arg}}[name]()
    if isinstance(like, dict):
        gone = lambda inner: inner == {"$kind": "absent"}
        member = lambda key, inner: not gone(inner) and fits(inner, value[key], vars) if key in value else gone(inner)
        return isinstance(value, dict) and all(member(fill(re.sub(r"^\$\$(?!\{)", "$", key), vars), inner) for key, inner in like.items())
    if isinstance(like, list):
        return isinstance(value, list) and len(like) == len(value) and all(fits(*pair, vars) for pair in zip(like, value))
    return value == fill(like, vars) if isinstance(like, str) else same(like, value)


def paired(likes, values, vars):
    """Whether each template has a value of its own."""
    for n, value in enumerate(values if likes else []):
        if match(likes[0], value, trial := dict(vars)) and paired(likes[1:], values[:n] + values[n + 1:], trial):
            return vars.update(trial) is None
    return not likes


def same(a, b):
    """Equal as JSON: 1 is 1.0, and true is not 1."""
    if isinstance(a, (dict, list)) and type(a) is type(b) and len(a) == len(b):
        pairs = zip(a, b) if isinstance(a, list) else ((a[k], b.get(k, ...)) for k in a)
        return all(same(x, y) for x, y in pairs)
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def match(like, value, vars):
    """As fits, but captures count only when the whole fits."""
    trial = dict(vars)
    return fits(like, value, trial) and (vars.update(trial) is None)


def at(value, pointer):
    """What a JSON pointer points to, as a text."""
    for name in pointer.split("/")[1:]:
        value = value[int(name) if isinstance(value, list) else name.replace("~1", "/").replace("~0", "~")]
    return value if isinstance(value, str) else json.dumps(value)
