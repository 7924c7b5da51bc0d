"""twinspect through its C interface: whole inspections, their stages, and decoding."""
import hashlib
import json
import os
import pathlib
import time

import capi
import numpy as np
from PIL import Image

# A decoder's time is the least of so many.
DECODED = 9


def pixels(path):
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


class Ours:
    def __init__(self, job):
        self.job, self.ready = job, {}
        self.library = capi.Library(job["library"], job["threads"])

    def prepare(self, cell):
        """Fits, or takes the file of an earlier fit; cell may have recipe and settings."""
        folder = pathlib.Path(self.job["folder"])
        recipe, settings = cell.get("recipe"), [f"input.size={cell['size']}", *cell.get("settings", [])]
        told = hashlib.sha256(json.dumps([self.job["library"], recipe, settings, cell["pictures"]]).encode()).hexdigest()
        path, taken = folder / f"{told[:16]}.twin", folder / f"{told[:16]}.seconds"
        if not path.exists():
            options = self.library.options(recipe, settings)
            begin = time.perf_counter()
            model = self.library.fit(options, cell["pictures"])
            taken.write_text(str(time.perf_counter() - begin))
            self.library.save(model, path)
            self.library.destroy("options", options)
        else:
            model = self.library.load(path)
        inspectors = [capi.Inspector(self.library, model=model) for _ in range(cell["at_once"])]
        results = [[self.library.make("result_create") for _ in range(cell["batch"])] for _ in inspectors]
        self.ready[cell["name"]] = inspectors, results, [pixels(cell["picture"])] * cell["batch"]
        about = {"fit_s": float(taken.read_text()), "file_bytes": os.path.getsize(path),
                 "groups": self.library.describe(model).group_count, "build": self.library.build()}
        if cell.get("decode"):
            about["decode_ms"] = self.decode_ms(cell["picture"])
        self.library.destroy("model", model)
        return about

    def run(self, name, number):
        inspectors, results, pictures = self.ready[name]
        if len(pictures) > 1:
            inspectors[number].inspect_batch(pictures, results[number])
            return None
        inspectors[number].inspect(pictures[0])
        return inspectors[number].timing()

    def forget(self, name):
        inspectors, results, _ = self.ready.pop(name)
        for inspector, given in zip(inspectors, results):
            self.library.destroy("inspector", inspector.inspector)
            for result in [*given, inspector.result]:
                self.library.destroy("result", result)

    def decode_ms(self, path):
        """How long the library takes to read a picture file: until it refuses it for a mask of one pixel."""
        mask = pathlib.Path(self.job["folder"]) / "one_pixel.png"
        Image.new("L", (1, 1)).save(mask)
        fitter = self.library.make("fitter_create", None)
        taken = []
        for _ in range(DECODED):
            begin = time.perf_counter()
            try:
                self.library.call("fitter_add_file", fitter, str(path).encode(), str(mask).encode())
            except RuntimeError:
                taken.append(1000 * (time.perf_counter() - begin))
        self.library.destroy("fitter", fitter)
        return min(taken)
