"""Reads files of twinspect by the tables of docs/file-formats.md, and by nothing else that the library knows.

    read.py FILE...

Prints what each file holds as a line of JSON. Fails on a byte, a key, a tensor or a column that the page does not name, and on one that
the page names and the file lacks. Only Python's standard library.
"""
import csv
import datetime
import hashlib
import json
import pathlib
import re
import struct
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/file-formats.md"
MAGICS = {b"TWINSPECT-MODEL\n": ("model", 1), b"TWINSPECT-PIXEL\n": ("variation model", 2)}
SIZES = {"u8": 1, "u32": 4, "u64": 8, "f32": 4, "f64": 8, "bytes": 1}
CODES = {"u8": "<B", "u32": "<I", "u64": "<Q"}
DTYPES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


class Wrong(Exception):
    """The file is not as the page says, or the page is not as this program reads it."""


def require(holds, what):
    if not holds:
        raise Wrong(what)


def sections(text):
    """The first table under each heading: rows as lists of cells, the head first."""
    found, heading = {}, None
    for line in text.splitlines():
        if match := re.match(r"#+ (.+)", line):
            heading = match[1]
            found.setdefault(heading, [])
        elif line.startswith("| ") and not line.startswith("| ---"):
            found[heading].append([cell.strip().strip("`") for cell in line.strip().strip("|").split("|")])
    return found


TABLES = sections(PAGE.read_text(encoding="utf-8"))


def table(heading):
    rows = TABLES.get(heading)
    require(rows, f"the page has no table '{heading}'")
    return rows[1:]


# ---- The frame ----

def content_of(data):
    """The kind of a file and its content, by the frame's table."""
    fields, at = {}, 0
    for offset, size, kind, name, _ in table("The frame"):
        require(int(offset) == at, f"the page puts '{name}' at {offset}, it follows at {at}")
        raw = data[at:at + int(size)]
        require(len(raw) == int(size), f"the file ends within '{name}'")
        fields[name] = raw if kind == "bytes" else struct.unpack(CODES[kind], raw)[0]
        at += int(size)
    require(fields["magic"] in MAGICS, f"the first bytes are {fields['magic']!r}")
    kind, version = MAGICS[fields["magic"]]
    require(fields["version"] == version, f"the version is {fields['version']}")
    content = data[at:]
    require(len(content) == fields["length"], f"{len(content)} bytes of content, not {fields['length']}")
    require(hashlib.sha256(content).digest() == fields["sha256"], "the SHA-256 is another")
    return kind, content


# ---- JSON ----

def check_object(value, heading):
    require(isinstance(value, dict), f"'{heading}' is no object: {value!r}")
    keys = {key: (kind, absent) for key, kind, absent, _ in table(heading)}
    unnamed = set(value) - set(keys)
    require(not unnamed, f"the page names no key {sorted(unnamed)} of '{heading}'")
    for key, (kind, absent) in keys.items():
        if key in value:
            check_value(value[key], kind, f"{heading}.{key}")
        else:
            require(absent, f"'{heading}' lacks '{key}'")


def check_value(value, kind, where):
    if " or " in kind:
        failures = []
        for one in kind.split(" or "):
            try:
                return check_value(value, one, where)
            except Wrong as error:
                failures.append(str(error))
        raise Wrong("; ".join(failures))
    if kind.startswith("list of "):
        require(isinstance(value, list), f"{where} is no list")
        for place, one in enumerate(value):
            check_value(one, kind.removeprefix("list of "), f"{where}[{place}]")
    elif kind.startswith("["):
        kinds = kind.strip("[]").split(", ")
        require(isinstance(value, list) and len(value) == len(kinds), f"{where} is no {kind}: {value!r}")
        for one, of in zip(value, kinds):
            check_value(one, of, where)
    elif kind == "null":
        require(value is None, f"{where} is not null: {value!r}")
    elif kind == "text":
        require(isinstance(value, str), f"{where} is no text: {value!r}")
    elif kind == "integer":
        require(type(value) is int and value >= 0, f"{where} is no integer: {value!r}")
    elif kind == "number":
        require(type(value) in (int, float) and abs(value) < float("inf"), f"{where} is no number: {value!r}")
    else:
        check_object(value, kind)


# ---- Models ----

def archive_of(data):
    """Header entries of a safetensors archive, and its metadata."""
    require(len(data) >= 8, "the archive is shorter than its first field")
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, after = entry["data_offsets"]
        count = 1
        for side in entry["shape"]:
            count *= side
        require(set(entry) == {"dtype", "shape", "data_offsets"}, f"tensor {name} has keys {sorted(entry)}")
        require(begin == end, f"tensor {name} begins at {begin}, the one before ends at {end}")
        require(after - begin == count * DTYPES[entry["dtype"]], f"tensor {name} has {after - begin} bytes")
        end = after
    require(end == len(data) - 8 - length, f"the tensors end at {end} of {len(data) - 8 - length}")
    return header, metadata


def read_model(content):
    entries, metadata = archive_of(content)
    require(set(metadata) == {"model"}, f"the metadata has the entries {sorted(metadata)}")
    header = json.loads(metadata["model"])
    check_object(header, "model")
    start = 8 + struct.unpack("<Q", content[:8])[0]
    h, w = header["grid"]
    known = [{"h": h, "w": w, "L": h * w, "W": header["input_size"][0], "H": header["input_size"][1]} for _ in header["groups"]]
    for number in range(len(known)):
        if mask := entries.get(f"group.{number}.part.mask"):
            begin, end = mask["data_offsets"]
            known[number]["P"] = sum(content[start + begin:start + end])
    forms = [(pattern_of(name), name, dtype.split(" or "), shape.strip("[]").split(", ")) for name, dtype, shape, _ in table("Tensors")]
    used = set()
    for name, entry in entries.items():
        fitting = [form for form in forms if form[0].fullmatch(name)]
        require(len(fitting) == 1, f"the page has {len(fitting)} rows for tensor {name}")
        pattern, row, dtypes, sides = fitting[0]
        used.add(row)
        require(entry["dtype"] in dtypes, f"tensor {name} is {entry['dtype']}, the page says {dtypes}")
        letters = known[int(pattern.fullmatch(name)["G"])]
        require(len(entry["shape"]) == len(sides), f"tensor {name} has the shape {entry['shape']}, the page says {sides}")
        for found, side in zip(entry["shape"], sides):
            expected = found if side == "any" else int(side) if side.isdigit() else letters.setdefault(side, found)
            require(found == expected, f"tensor {name} has the shape {entry['shape']}, the page says {sides}, where {side} is {expected}")
    for number, group in enumerate(header["groups"]):
        check_group(number, group, entries)
    return {"library": header["library"], "groups": len(known), "tensors": len(entries), "rows": sorted(used)}


def pattern_of(name):
    parts = [f"(?P<{part}>[0-9]+)" if part in ("G", "I", "T") else re.escape(part) for part in name.split(".")]
    return re.compile(r"\.".join(parts))


def check_group(number, group, entries):
    """What the last column of the tensors' table says of when they are there."""
    def has(name):
        return f"group.{number}.{name}" in entries

    kinds = [kind for kind in ("mean", "bank", "members", "sum") if has(kind)]
    require(len(kinds) == 1, f"group {number} has references {kinds}")
    for one, other in (("mean", "directions"), ("mean", "variances"), ("members", "owners"), ("sum", "products"),
                       ("lead.positions", "lead.descriptors")):
        require(has(one) == has(other), f"group {number} has one of {one} and {other}")
    for name in ("distances.sum", "distances.squares", "thumbnail"):
        require(has(name), f"group {number} lacks {name}")
    require(has("ground.mask") == (group.get("ground") is not None), f"group {number}: ground.mask")
    require(has("part.mask") == (group.get("part") is not None), f"group {number}: part.mask")
    require(has(f"part.{kinds[0]}") == has("part.mask"), f"group {number}: part.{kinds[0]}")


# ---- Variation models ----

def read_record(data, heading, known):
    """The fields of a record, by its table; every byte must be some field's."""
    fields, at = dict(known), 0
    for kind, name, when, _ in table(heading):
        if when and not holds(when, fields):
            continue
        if kind == "the rest":
            size = len(data) - at
        else:
            size = bytes_of(kind, fields)
        raw = data[at:at + size]
        require(len(raw) == size, f"'{heading}' ends within '{name}'")
        fields[name] = struct.unpack(CODES[kind], raw)[0] if kind in CODES else raw
        at += size
    require(at == len(data), f"'{heading}' has {len(data) - at} bytes that no row names")
    return fields


def holds(when, fields):
    name, sign, value = when.split(" ")
    return fields[name] == int(value) if sign == "=" else fields[name] > int(value)


def bytes_of(kind, fields):
    """Bytes of a type: `f64 * width * height`, `(f64, u8 * 2) * waiting`, `u8 * (type + 1)`."""
    sizes = {**SIZES, **{name: value for name, value in fields.items() if isinstance(value, int)}}
    require(re.fullmatch(r"[\w ,*+()]+", kind), f"the page has the type '{kind}'")
    return eval(kind.replace(",", " +"), {"__builtins__": {}}, sizes)  # Of the page, not of the file.


def read_variation(content):
    record = read_record(content, "Record", {})
    pixels = read_record(record["pixels"], "Gray values", {})
    found = {key: pixels[key] for key in ("width", "height", "type", "mode", "state", "limits", "count")}
    found["engine"] = record["engine"]
    if "features" in record:
        size = {key: pixels[key] for key in ("width", "height", "type")}
        maps = read_record(record["features"], "Anomaly maps", size)
        found |= {"waiting": maps["waiting"], "fitted": maps["fitted"], "prepared": maps["limits"]}
        if "model" in maps:
            kind, inner = content_of(maps["model"])
            require(kind == "model", f"the variation model holds a {kind}")
            found["model"] = read_model(inner)
    return found


# ---- Other files ----

def read_shadow(path):
    columns = [(name, kind) for name, kind, _ in table("The shadow's table")]
    data = path.read_bytes()
    require(data.endswith(b"\n") and b"\r" not in data, "lines do not end in LF")
    rows = list(csv.reader(data.decode().splitlines()))
    require(rows[0] == [name for name, _ in columns], f"the columns are {rows[0]}")
    for row in rows[1:]:
        require(len(row) == len(columns), f"a line has {len(row)} columns")
        datetime.datetime.fromisoformat(row[0].replace("Z", "+00:00"))
        for value, (name, kind) in zip(row, columns):
            kinds = kind.split(" or ")
            if not value:
                require("empty" in kinds, f"{name} is empty")
            elif kinds[0] == "verdict":
                require(value in ("good", "defect", "undecided"), f"{name} is {value}")
            elif kinds[0] != "text":
                (int if kinds[0] == "integer" else float)(value)
    return {"rows": len(rows) - 1}


def read_weights(path):
    entries, metadata = archive_of(path.read_bytes())
    require(sorted(metadata) == sorted(key for key, _ in table("Imported weights")), f"the metadata has {sorted(metadata)}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    note = pathlib.Path(f"{path}.sha256").read_bytes()
    require(note == f"{digest}  {path.name}\n".encode(), f"the note is {note!r}")
    return {"name": metadata["twinspect.name"], "tensors": len(entries)}


def read(path):
    if path.suffix == ".csv":
        return {"kind": "shadow", **read_shadow(path)}
    if path.suffix == ".safetensors":
        return {"kind": "weights", **read_weights(path)}
    kind, content = content_of(path.read_bytes())
    return {"kind": kind, **(read_model(content) if kind == "model" else read_variation(content))}


def main(paths):
    failed = False
    for path in map(pathlib.Path, paths):
        try:
            print(json.dumps({"file": path.name, **read(path)}))
        except (Wrong, ValueError, KeyError, struct.error) as error:
            failed = True
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
