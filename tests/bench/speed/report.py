"""Tables in Markdown, a part for each section, and the line that says it all."""
import pathlib
import re

import growth

BARE = ["eager", "compile", "openvino", "onnxruntime"]
TITLES = {"eager": "bare backbone, PyTorch eager", "compile": "bare backbone, torch.compile", "openvino": "bare backbone, OpenVINO",
          "onnxruntime": "bare backbone, ONNX Runtime", "twinspect": "**twinspect, whole inspection**",
          "padim-torch": "anomalib PaDiM, TorchInferencer", "padim-openvino": "anomalib PaDiM, OpenVINOInferencer",
          "patchcore-torch": "anomalib PatchCore, TorchInferencer", "patchcore-openvino": "anomalib PatchCore, OpenVINOInferencer"}
STAGES = ["preprocess", "backbone", "matching", "statistics", "map", "verdict"]


def table(head, rows):
    """Nothing if there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def ms(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def fastest(cell):
    """The bare engine of the least median: its name, None if there is none."""
    there = [name for name in BARE if name in cell["rivals"]]
    return min(there, key=lambda name: cell["rivals"][name]["median"], default=None)


def plain(cells):
    """One picture at a time, by one inspector."""
    return [cell for cell in cells if cell["batch"] == cell["at_once"] == 1]


def limits(cells, _):
    rows = []
    for cell in cells:
        found, about = cell["rivals"], cell["about"]
        for name, label, unit, key in [("limit-peak", "matrix product, float32", "GFLOP/s", "flop"),
                                       ("limit-reading", "reading memory", "GB/s", "bytes"),
                                       ("limit-copying", "copying memory, read + written", "GB/s", "bytes")]:
            rate = about[name][key] / 1e6
            rows.append([label, cell["threads"], unit, f"{rate / found[name]['median']:.1f}", f"{rate / found[name]['least']:.1f}"])
    return table(["", "threads", "unit", "median", "best"], rows)


def engines(cells, _):
    build = cells[-1]["about"]["twinspect"]["build"]
    made = [f"twinspect {build['version']}, commit {build['commit']}.", times(plain(cells)), stages(plain(cells)), shares(plain(cells)), anomalib(plain(cells)), batches(cells)]
    return "\n\n".join(part for part in made if part)


def times(cells):
    rows = []
    for cell in cells:
        for name in TITLES:
            if name in cell["rivals"]:
                found = cell["rivals"][name]
                ratios = [cell["rivals"]["twinspect"][key] / found[key] for key in ("median", "cpu_least")]
                rows.append([TITLES[name], cell["size"], cell["threads"], ms(found["median"]),
                             f"{ms(found['low'])} to {ms(found['high'])}", ms(found["least"]), ms(found["cpu_least"]),
                             *(f"{ratio:.2f}" for ratio in ratios)])
    return table(["ms a picture", "side", "threads", "median", "quartiles", "least", "least CPU", "twinspect / this, medians", "CPU"],
                 rows)


def stages(cells):
    rows = []
    for cell in cells:
        for label, key in [("median", "stages"), ("least", "stages_least")]:
            found = cell["rivals"]["twinspect"][key]
            decode = cell["about"]["twinspect"]["decode_ms"]
            rows.append([f"{cell['size']}, {label}", cell["threads"], ms(decode), *(ms(found[stage]) for stage in STAGES),
                         ms(found["total"])])
    return table(["side", "threads", "decode (PNG, least)", *STAGES, "total without decode"], rows)


def shares(cells):
    """How much of the matrix product's rate the bare backbone and ours reach, measured in turn with it.

    In CPU time, which other programs do not lengthen; the wall time of ours is brought to CPU time by the whole inspection's.
    """
    rows = []
    for cell in cells:
        best, cost = fastest(cell), cell["about"]["eager"]
        peak = cell["about"]["limit-peak"]["flop"] / cell["rivals"]["limit-peak"]["cpu_least"]
        ours, bare = cell["rivals"]["twinspect"], cell["rivals"][best]
        backbone_cpu = ours["cpu_least"] * ours["stages_least"]["backbone"] / ours["stages_least"]["total"]
        rows.append([cell["size"], cell["threads"], f"{cost['flop'] / 1e9:.2f}", f"{cost['bytes'] / 1e6:.0f}",
                     f"{peak / 1e6:.0f}", best, f"{100 * cost['flop'] / bare['cpu_least'] / peak:.0f} %",
                     f"{100 * cost['flop'] / backbone_cpu / peak:.0f} %", f"{ours['median'] / bare['median']:.2f}",
                     f"{ours['least'] / bare['least']:.2f}", f"{ours['cpu_least'] / bare['cpu_least']:.2f}"])
    return table(["side", "threads", "GFLOP", "MB in and out of layers", "peak, GFLOP per CPU second", "fastest engine",
                  "its share of the peak", "our backbone's share", "inspect / fastest, medians", "leasts", "CPU"], rows)


def anomalib(cells):
    rows = []
    for cell in cells:
        ours = cell["rivals"]["twinspect"]
        for name in TITLES:
            if name in cell["rivals"] and name not in BARE and name != "twinspect":
                size = cell["about"][name]["file_bytes"]
                rows.append([TITLES[name], cell["size"], cell["threads"], f"{cell['rivals'][name]['median'] / ours['median']:.1f}",
                             f"{cell['rivals'][name]['least'] / ours['least']:.1f}",
                             f"{cell['rivals'][name]['cpu_least'] / ours['cpu_least']:.1f}", f"{size / 1e6:.1f}",
                             f"{cell['about']['twinspect']['file_bytes'] / 1e6:.1f}",
                             f"1/{size / cell['about']['twinspect']['file_bytes']:.0f}"])
    return table(["", "side", "threads", "times slower than twinspect, medians", "leasts", "CPU", "file, MB", "twinspect's, MB", "ours / theirs"],
                 rows)


def batches(cells):
    """A batch of 8 in one call, and two at once with one thread each, beside one picture at a time."""
    rows = []
    alone = {(cell["size"], cell["threads"]): cell for cell in plain(cells)}
    for cell in cells:
        pictures = cell["batch"] * cell["at_once"]
        before = alone.get((cell["size"], cell["threads"]))
        if pictures == 1 or before is None:
            continue
        row = [f"{cell['batch']} in a call" if cell["batch"] > 1 else f"{cell['at_once']} at once", cell["size"], cell["threads"]]
        for name in ["twinspect", *BARE]:
            there = cell["rivals"].get(name), before["rivals"].get(name)
            row.append(f"{ms(there[0]['median'] / pictures)} ({there[1]['median'] * pictures / there[0]['median']:.2f})" if all(there) else "-")
        rows.append(row)
    return table(["ms a picture (times the rate of one at a time)", "side", "threads", "twinspect", *BARE], rows)


def choices(cells, _):
    rows = []
    for number, label in enumerate(cells[0]["rows"]):
        name = f"choice-{number}"
        if name not in cells[0]["rivals"]:
            rows.append([label, f"skipped: {cells[0]['skipped'][name]}"] + [""] * (len(cells) + 7))
            continue
        found = cells[0]["rivals"][name]
        row = [label] + [f"{ms(cell['rivals'][name]['median'])} ({ms(cell['rivals'][name]['least'])})" for cell in cells]
        fit_s = cells[0]["about"][name]["fit_s"]
        rows.append(row + [ms(found["stages"][stage]) for stage in STAGES] + [f"{cells[0]['about'][name]['file_bytes'] / 1e6:.1f}",
                    f"{fit_s:.1f}"])
    threads = [f"{cell['threads']} thread{'s' * (cell['threads'] > 1)}" for cell in cells]
    return table(["ms a picture, median (least)", *threads, *STAGES, "model, MB", "fit, s"], rows)


def growing(sweeps, plots):
    made = []
    labels = {"pictures": "good parts fitted", "groups": "groups of 160 good parts", "area": "pixels of the picture and of the input",
              "kept": "pixels, freed memory kept"}
    for cell in sweeps:
        sweep, at, names = cell["name"], cell["at"], cell["order"]
        lines = {"inspect, least": [cell["rivals"][name]["least"] for name in names]}
        lines |= {stage: [cell["rivals"][name]["stages_least"][stage] for name in names] for stage in STAGES if stage != "verdict"}
        rows = [[name, *map(ms, times), f"{growth.exponent(at, times):.2f}"] for name, times in lines.items()]
        rows.insert(1, ["inspect, median", *(ms(cell["rivals"][name]["median"]) for name in names),
                        f"{growth.exponent(at, [cell['rivals'][name]['median'] for name in names]):.2f}"])
        fit_s = [cell["about"][name]["fit_s"] for name in names]
        rows.append(["fit, s", *(f"{value:.1f}" for value in fit_s), f"{growth.exponent(at, fit_s):.2f}"])
        faults = [cell["rivals"][name].get("faults", 0) for name in names]
        rows.append(["page faults", *(f"{value:.0f}" for value in faults), f"{growth.exponent(at, faults):.2f}"])
        sizes = [cell["about"][name]["file_bytes"] / 1e6 for name in names]
        rows.append(["model, MB", *(f"{value:.1f}" for value in sizes), f"{growth.exponent(at, sizes):.2f}"])
        made.append(table([labels[sweep], *at, "exponent"], rows))
        growth.plot(plots / f"{sweep}.svg", f"Cost by {labels[sweep]}, one thread", labels[sweep], at, lines)
    return "\n\n".join(made)


def loaded(cells, _):
    rows = []
    for threads in sorted({cell["threads"] for cell in cells}):
        held = [cell for cell in cells if cell["threads"] == threads]
        for name in held[0]["rivals"]:
            found = [cell["rivals"].get(name) for cell in held]
            if not all(found):
                continue
            rows.append([name, threads, *(f"{ms(one['median'])} ({ms(one['high'])})" for one in found),
                         *(f"{one['median'] / found[0]['median']:.1f}" for one in found[1:]), ms(found[-1]["cpu"])])
    return table(["median (upper quartile), ms", "threads", "no core held", "one held", "two held", "one / none", "two / none",
                  "CPU, two held"], rows)


WRITERS = {"limits": limits, "engines": engines, "choices": choices, "growth": growing, "loaded": loaded}


def parts(found, plots):
    """Markdown by section."""
    return {name: measured(found[name]) + write(found[name], plots) for name, write in WRITERS.items() if name in found}


def measured(cells):
    """When, and how many threads of all programs wanted a core, ours included."""
    when, load = sorted(cell["when"] for cell in cells), sorted(cell["load"] for cell in cells)
    return f"Measured {when[0]} to {when[-1][-5:]}, load of the machine {load[0]:.1f} to {load[-1]:.1f}.\n\n"


def insert(document, made):
    """Replaces what stands between `<!-- speed:NAME -->` and `<!-- end -->`."""
    text = pathlib.Path(document).read_text()
    for name, part in made.items():
        pattern = re.compile(rf"(<!-- speed:{name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{document}: no marker <!-- speed:{name} -->")
        text = pattern.sub(lambda found: f"{found[1]}\n{part}\n\n{found[2]}", text)
    pathlib.Path(document).write_text(text)


def last_line(found):
    if "engines" not in found:
        return "inspect / bare forward (fastest engine): not measured"
    cells = plain(found["engines"])
    cell = next((cell for cell in cells if cell["size"] == 320), cells[0])
    ratio = cell["rivals"]["twinspect"]["median"] / cell["rivals"][fastest(cell)]["median"]
    return f"inspect / bare forward (fastest engine): {ratio:.2f}"
