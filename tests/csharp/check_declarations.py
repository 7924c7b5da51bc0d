#!/usr/bin/env python3
"""Compares what the compiled C# binding declares with include/twinspect/twinspect.h.

    check_declarations.py HEADER DECLARED     fails with a line for each difference
    check_declarations.py HEADER DECLARED --prove-it    changes the header in each way that matters, and fails if one goes unseen

DECLARED is what Declarations.cs prints.
"""
import re
import sys

SCALARS = {"int32_t": ("Int32", 4), "uint32_t": ("UInt32", 4), "int64_t": ("Int64", 8), "uint64_t": ("UInt64", 8),
           "float": ("Single", 4), "double": ("Double", 8), "char": ("Byte", 1), "uint8_t": ("Byte", 1), "void": ("Void", 0),
           "tsp_status": ("Int32", 4)}
HANDLES = {"tsp_options": "OptionsHandle", "tsp_fitter": "FitterHandle", "tsp_model": "ModelHandle",
           "tsp_inspector": "InspectorHandle", "tsp_result": "ResultHandle", "tsp_variation": "VariationHandle"}
# Which enumeration a constant of the header is in, by its prefix; the longest one counts.
ENUMS = {"TSP_E_": "ErrorCode", "TSP_OK": "ErrorCode", "TSP_TYPE_": "OptionType", "TSP_SCOPE_": "OptionScope",
         "TSP_FORMAT_": "PixelFormat", "TSP_VERDICT_": "Verdict", "TSP_METHOD_": "ThresholdMethod",
         "TSP_VARIATION_TYPE_": "VariationType", "TSP_VARIATION_MODE_": "VariationMode",
         "TSP_VARIATION_COMPARE_": "VariationCompare", "TSP_VARIATION_IMAGE_": "VariationImage",
         "TSP_VARIATION_ENGINE_": "VariationEngine", "TSP_LOG_": "LogLevel", "TSP_HEALTH_": "HealthFindings",
         "TSP_DRIFT_": "DriftFindings"}
# Pictures are always in the memory of the process here, and the version is asked of the library.
LEFT_OUT = {"TSP_MEMORY_HOST", "TSP_MEMORY_CUDA", "TSP_VERSION_MAJOR", "TSP_VERSION_MINOR", "TSP_VERSION_PATCH", "TSP_VERSION"}


def parse(header):
    """The header as the lines that Declarations.cs should print, with an alternative or two where C# has a choice."""
    text = re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", "", header, flags=re.S))
    scalars = dict(SCALARS)
    for base, name in re.findall(r"typedef (int32_t) (\w+);", text):
        scalars[name] = SCALARS[base]
    callbacks = {name: (back, arguments) for back, name, arguments in
                 re.findall(r"typedef (\w+) \(\*(\w+)\)\(([^)]*)\);", text)}
    structs = dict((name, body) for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, re.S))
    bodies = re.sub(r"typedef struct \w+ \{.*?\} \w+;", "", text, flags=re.S)
    functions = re.findall(r"^((?:const )?\w+) (\**)(tsp_\w+)\(([^;]*?)\);", bodies, re.M)

    def named(kind, base, stars, destroys=False, callback=False):
        """What C# may call a C type."""
        if stars == 0:
            return {base} if base in callbacks else {scalars[base][0]}
        if base in HANDLES:
            if callback or destroys:
                return {"IntPtr"}
            return {HANDLES[base]} if stars == 1 else {HANDLES[base] + " by reference", "IntPtr*"}
        if base == "void":
            return {"Void*", "IntPtr"} if kind == "user_data" else {"Void*"}
        pointed = base if base in structs else scalars[base][0]
        return {pointed + "*" * stars, pointed + "*" * (stars - 1) + " by reference"}

    def split(declaration, **how):
        base, stars, name = re.fullmatch(r"(?:const )?(\w+) ((?:\*(?: ?const ?)?)*)(\w+)", " ".join(declaration.split())).groups()
        return named(name, base, stars.count("*"), **how), name

    expected = {}
    for name, value in re.findall(r"^#define (TSP_\w+) (\S+)$", text, re.M) + re.findall(r"^\s*(TSP_\w+) = (\d+),", text, re.M):
        expected["constant", name] = value
    for name, (back, arguments) in callbacks.items():
        expected["callback", name] = ({scalars[back][0]}, [split(a, callback=True) for a in arguments.split(",")])
    for back, stars, name, arguments in functions:
        destroys = name.endswith("_destroy") or name == "tsp_variation_clear"
        parameters = [] if arguments == "void" else [split(a, destroys=destroys) for a in arguments.split(",")]
        expected["function", name] = (named("", back.replace("const ", ""), len(stars)), parameters)
    for name, body in structs.items():
        offset, fields = 0, []
        for declaration in filter(str.strip, body.split(";")):
            base, stars, field, count = re.fullmatch(r"(?:const )?(\w+) (\**)(\w+)(?:\[(\d+)\])?", " ".join(declaration.split())).groups()
            size = 8 if stars else scalars[base][1]
            kind = named("", base, len(stars)) if stars else {scalars[base][0]}
            offset = -(-offset // size) * size
            if count and stars:
                fields += [(f"{field}{i}", kind, offset + 8 * i) for i in range(int(count))]
            else:
                fields.append((field, {f"{k}[{count}]" for k in kind} if count else kind, offset))
            offset += size * int(count or 1)
        widest = max(8 if "*" in body or re.search(r"64_t|double", body) else 4, 4)
        expected["struct", name] = (-(-offset // widest) * widest, fields)
    return expected


def differences(header, declared):
    expected = parse(header)
    lines = [line.split("\t") for line in declared.splitlines()]
    found = []

    functions = {line[1]: line for line in lines if line[0] in ("function", "callback")}
    for (kind, name), value in expected.items():
        if kind not in ("function", "callback"):
            continue
        line = functions.pop(name, None)
        if line is None:
            found.append(f"{name} is in the header, and not declared")
            continue
        back, parameters = value
        given = [p.rsplit(" ", 1) for p in line[3].split(",") if p] if len(line) > 3 else []
        if line[2] not in back:
            found.append(f"{name} returns {line[2]}, not {' or '.join(sorted(back))}")
        if len(given) != len(parameters):
            found.append(f"{name} has {len(given)} parameters, not {len(parameters)}")
        for (actual, called), (kinds, wanted) in zip(given, parameters):
            if actual not in kinds:
                found.append(f"{name}: {called} is {actual}, not {' or '.join(sorted(kinds))}")
            if called != wanted:
                found.append(f"{name}: a parameter is called {called}, not {wanted}")
    found += [f"{name} is declared, and not in the header" for name in functions]

    structs = {line[1]: int(line[2]) for line in lines if line[0] == "struct"}
    for (kind, name), value in expected.items():
        if kind != "struct":
            continue
        size, fields = value
        if structs.pop(name, None) != size:
            found.append(f"{name} is not declared with {size} bytes")
        given = [line[2:] for line in lines if line[0] == "field" and line[1] == name]
        for i in range(max(len(given), len(fields))):
            if i >= len(given) or i >= len(fields):
                found.append(f"{name} has {len(given)} fields, not {len(fields)}")
                break
            field, kinds, offset = fields[i]
            if given[i][0] != field or given[i][1] not in kinds or int(given[i][2]) != offset:
                found.append(f"{name}: {' '.join(given[i])}, not {field} {' or '.join(sorted(kinds))} {offset}")
    found += [f"{name} is declared, and not in the header" for name in structs]

    constants = {line[1]: line[2] for line in lines if line[0] == "constant"}
    members = {(line[1], line[2].lower()): line[3] for line in lines if line[0] == "enum"}
    for (kind, name), value in expected.items():
        if kind != "constant" or name in LEFT_OUT or name == "TSP_ABI_VERSION":
            continue
        prefix = max((p for p in ENUMS if name.startswith(p)), key=len, default=None)
        member = (ENUMS.get(prefix), (name[len(prefix):] or "Ok").replace("_", "").lower()) if prefix else None
        if members.pop(member, None) != value:
            found.append(f"{name} = {value} is not declared as {member}")
    if constants != {"TSP_ABI_VERSION": expected["constant", "TSP_ABI_VERSION"]}:
        found.append(f"constants are {constants}")
    found += [f"{enum}.{member} = {value} is not in the header" for (enum, member), value in members.items()]
    counts = {kind: sum(1 for k, _ in expected if k == kind) for kind in ("function", "callback", "struct", "constant")}
    return found, counts


def prove_it(header, declared):
    """Each change, a part of the header and what it becomes, must be seen, and be named."""
    changes = [
        ("tsp_status tsp_set_threads(int32_t count);", "tsp_status tsp_set_threads(int64_t count);", "tsp_set_threads: count"),
        ("tsp_status tsp_set_threads(int32_t count);", "tsp_status tsp_set_threads(int32_t threads);", "called count, not threads"),
        ("uint64_t tsp_option_count(void);", "uint32_t tsp_option_count(void);", "tsp_option_count returns"),
        ("uint64_t tsp_option_count(void);", "uint64_t tsp_option_count(int32_t scope);", "has 0 parameters, not 1"),
        ("uint64_t tsp_option_count(void);", "uint64_t tsp_option_count(void);\nvoid tsp_new(void);", "tsp_new is in the header"),
        ("uint64_t tsp_option_count(void);", "", "tsp_option_count is declared, and not"),
        ("tsp_fitter_fit(tsp_fitter *fitter,", "tsp_fitter_fit(tsp_inspector *fitter,", "tsp_fitter_fit: fitter"),
        ("tsp_model_save(const tsp_model *model,", "tsp_model_save(const tsp_model **model,", "tsp_model_save: model"),
        ("uint64_t done, uint64_t total)", "uint32_t done, uint64_t total)", "tsp_progress: done"),
        ("TSP_FORMAT_BGR8 4", "TSP_FORMAT_BGR8 5", "TSP_FORMAT_BGR8 = 5"),
        ("TSP_E_IO = 11,", "TSP_E_IO = 11,\n  TSP_E_NEW = 23,", "TSP_E_NEW"),
        ("#define TSP_LOG_INFO 3", "", "LogLevel.info"),
        ("#define TSP_ABI_VERSION 1000", "#define TSP_ABI_VERSION 2000", "constants are"),
        ("  int32_t verdict;", "  int64_t verdict;", "tsp_summary: verdict"),
        ("  int64_t row_stride;\n  /** The value that means", "  double row_stride;\n  /** The value that means", "tsp_image: row_stride"),
        ("  uint32_t registered;", "  uint32_t registered;\n  uint32_t more;", "tsp_summary has 14 fields"),
        ("  double to_lead[9];", "  double to_lead[8];", "tsp_registration: to_lead"),
        ("  int32_t column_begin;", "  int32_t column_start;", "tsp_run: column_begin"),
    ]
    for old, new, words in changes:
        if header.count(old) < 1:
            sys.exit(f"check_declarations: '{old}' is not in the header any more: change what proves the check")
        found, _ = differences(header.replace(old, new, 1), declared)
        if not any(words in line for line in found):
            sys.exit(f"check_declarations: went unseen: '{old}' became '{new}': {found}")
    print(f"check_declarations: {len(changes)} changes of the header, all seen")


def main():
    header, declared = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
    found, counts = differences(header, declared)
    for line in found:
        print("check_declarations:", line)
    if found:
        sys.exit(1)
    print("check_declarations:", ", ".join(f"{count} {kind}s" for kind, count in counts.items()), "as in the header")
    if "--prove-it" in sys.argv[3:]:
        prove_it(header, declared)


main()
