"""One rival in a process of its own, as two copies of libtorch do not go together; it works only while it is asked to.

usage: python worker.py RIVAL JOB    reads a JSON request a line and answers with one: {"prepare": CELL}, {"run": NAME} or
                                     {"forget": NAME}

A cell has a name, size, batch, at_once, pictures (files to fit) and picture (the file to inspect). `run` answers wall_ms,
cpu_ms and page faults, of all threads of the process, and may add the stages. A rival that cannot prepare a cell answers {"skip": REASON}.
"""
import concurrent.futures
import json
import os
import pathlib
import resource
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))


def make(rival, job):
    kind, _, engine = rival.partition("-")
    if kind == "twinspect":
        import ours
        return ours.Ours(job)
    if kind in ("padim", "patchcore"):
        import anomalib_rivals
        return anomalib_rivals.Inferencer(job, kind, engine)
    if kind == "limit":
        import limits
        return {"peak": limits.Peak, "reading": limits.Reading, "copying": limits.Copying}[engine](job)
    import engines
    return {"eager": engines.Eager, "compile": engines.Compiled, "openvino": engines.OpenVino,
            "onnxruntime": engines.OnnxRuntime}[rival](job)


def answers():
    """Where the answers go; what libraries print goes to the errors from then on."""
    apart = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return apart


class Worker:
    def __init__(self, rival, job):
        self.rival, self.at_once = make(rival, job), {}
        self.threads = concurrent.futures.ThreadPoolExecutor(os.cpu_count())

    def prepare(self, cell):
        about = self.rival.prepare(cell)
        self.at_once[cell["name"]] = cell["at_once"]
        return about

    def run(self, name):
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        wall, cpu = time.perf_counter(), time.process_time()
        if self.at_once[name] == 1:
            stages = self.rival.run(name, 0)
        else:
            numbers = range(self.at_once[name])
            stages = list(self.threads.map(lambda number: self.rival.run(name, number), numbers))[0]
        taken = {"wall_ms": 1000 * (time.perf_counter() - wall), "cpu_ms": 1000 * (time.process_time() - cpu),
                 "faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults}
        return taken | ({"stages": stages} if stages else {})

    def forget(self, name):
        self.rival.forget(name)
        return {}


def main():
    out = answers()
    worker = Worker(sys.argv[1], json.loads(sys.argv[2]))
    for line in sys.stdin:
        (verb, subject), = json.loads(line).items()
        print(json.dumps(getattr(worker, verb)(subject)), file=out, flush=True)


if __name__ == "__main__":
    main()
