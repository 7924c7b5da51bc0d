"""Taking turns: every rival works once, then every rival again, one at a time, so that a busy machine slows all alike."""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

WORKER = pathlib.Path(__file__).with_name("worker.py")
# Threads of the one before may still spin; they get time to fall asleep.
PAUSE_S = 0.004
# libtorch's threads wait this long, some microseconds, before they sleep: what the program twinspect sets for itself.
SHORT_SPIN = {"GOMP_SPINCOUNT": "1000"}
# Turns before those that count.
WARM_UP = 2


class Rival:
    """A worker process. name tells rivals apart, kind is what worker.py makes."""

    def __init__(self, kind, job, name=None, waiting=SHORT_SPIN):
        self.kind, self.name = kind, name or kind
        environment = {key: value for key, value in os.environ.items() if key not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
        environment |= waiting | {"OPENBLAS_NUM_THREADS": str(job["threads"])}
        if not kind.startswith("twinspect"):
            # It may lead to our libtorch; torch brings its own.
            environment.pop("LD_LIBRARY_PATH", None)
        self.errors = open(pathlib.Path(job["folder"]) / f"errors-{self.name}-{job['threads']}.txt", "w+")
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", str(WORKER), kind, json.dumps(job)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment)

    def ask(self, **request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        last = (self.errors.read().strip().splitlines() or ["no words"])[-1]
        raise RuntimeError(f"ended with status {self.process.returncode}: {last}")

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.errors.close()


class Cell:
    """What all rivals of a comparison work on, and what came of it."""

    def __init__(self, rivals, about, each=None):
        """about: the cell; each: changes to it by rival's name."""
        self.rivals, self.about, self.samples, self.skipped = [], {}, {}, {}
        self.name = about["name"]
        for rival in rivals:
            try:
                told = rival.ask(prepare=about | (each or {}).get(rival.name, {}))
            except (RuntimeError, BrokenPipeError) as error:
                told = {"skip": str(error)}
            if "skip" in told:
                self.skip(rival, told["skip"])
                continue
            self.rivals.append(rival)
            self.about[rival.name], self.samples[rival.name] = told, []

    def skip(self, rival, reason):
        """Goes on without this rival."""
        print(f"  {self.name}: {rival.name}: SKIPPED, {reason}", file=sys.stderr)
        self.skipped[rival.name] = reason
        if rival in self.rivals:
            self.rivals.remove(rival)
            del self.samples[rival.name]

    def take_turns(self, rounds, limit_s, least):
        """rounds of all rivals, fewer if they take longer than limit_s, but at least so many."""
        begin = None
        for turn in range(-WARM_UP, rounds):
            if turn == 0:
                begin = time.monotonic()
            for rival in list(self.rivals):
                time.sleep(PAUSE_S)
                try:
                    sample = rival.ask(run=self.name)
                except RuntimeError as error:
                    self.skip(rival, str(error))
                    continue
                if turn >= 0:
                    self.samples[rival.name].append(sample)
            if turn >= least - 1 and time.monotonic() - begin > limit_s:
                break
        for rival in self.rivals:
            rival.ask(forget=self.name)
        return {"name": self.name, "skipped": self.skipped, "about": self.about,
                "rivals": {name: summary(samples) for name, samples in self.samples.items()}}


def summary(samples):
    """Minimum, quartiles and highest of the wall time, minimum and median of the CPU time, in milliseconds; page faults."""
    wall, cpu = ([sample[key] for sample in samples] for key in ("wall_ms", "cpu_ms"))
    low, median, high = statistics.quantiles(wall, n=4, method="inclusive")
    found = {"turns": len(wall), "least": min(wall), "low": low, "median": median, "high": high, "most": max(wall),
             "cpu": statistics.median(cpu), "cpu_least": min(cpu),
             "faults": statistics.median(sample["faults"] for sample in samples)}
    if samples[0].get("stages"):
        stages = samples[0]["stages"]
        found["stages"] = {stage: statistics.median(sample["stages"][stage] for sample in samples) for stage in stages}
        found["stages_least"] = {stage: min(sample["stages"][stage] for sample in samples) for stage in stages}
    return found
