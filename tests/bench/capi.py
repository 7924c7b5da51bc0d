"""The C interface of libtwinspect from Python, as little of it as a benchmark needs: fit, save, load, score, map, times.

Not for a process that has imported torch: two copies of libtorch would meet in it.
"""
import ctypes
import json
from ctypes import byref, c_char_p, c_double, c_float, c_int32, c_int64, c_uint32, c_uint64, c_void_p, sizeof

import numpy as np

FORMAT_RGB8 = 5


class Image(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("format", c_int32), ("width", c_uint32), ("height", c_uint32),
                ("plane", c_void_p * 3), ("row_stride", c_int64), ("white", c_double), ("memory", c_int32),
                ("device", c_int32)]


class Summary(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("verdict", c_int32), ("score", c_float), ("threshold", c_float),
                ("pixel_threshold", c_float), ("group", c_uint32), ("matches", c_uint32), ("region_count", c_uint32),
                ("run_count", c_uint32), ("map_width", c_uint32), ("map_height", c_uint32), ("registered", c_uint32)]


class ModelSummary(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("image_count", c_uint32), ("group_count", c_uint32), ("left_out_count", c_uint32),
                ("image_width", c_uint32), ("image_height", c_uint32), ("input_width", c_uint32), ("input_height", c_uint32),
                ("grid_width", c_uint32), ("grid_height", c_uint32), ("threshold", c_float), ("pixel_threshold", c_float),
                ("file_version", c_uint32), ("reserved", c_uint32)]


STAGES = ["preprocess", "backbone", "matching", "statistics", "map", "verdict"]


class Timing(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("total_ms", c_double),
                *((f"{stage}_ms", c_double) for stage in STAGES)]


class Library:
    """Opens libtwinspect.so; every call that fails raises RuntimeError with the library's own words."""

    def __init__(self, path, threads):
        self.functions = ctypes.CDLL(path)
        self.functions.tsp_last_error_message.restype = c_char_p
        self.functions.tsp_abi_version.restype = c_uint32
        self.call("check_abi", c_uint32(self.functions.tsp_abi_version()))
        self.call("set_threads", c_int32(threads))

    def build(self):
        """What the library was built from."""
        self.functions.tsp_build_info.restype = c_char_p
        return json.loads(self.functions.tsp_build_info())

    def call(self, name, *arguments):
        if getattr(self.functions, f"tsp_{name}")(*arguments) != 0:
            raise RuntimeError(f"tsp_{name}: {self.functions.tsp_last_error_message().decode()}")

    def make(self, name, *arguments):
        """The handle that a call writes to its last argument."""
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def destroy(self, kind, handle):
        getattr(self.functions, f"tsp_{kind}_destroy")(handle)

    def options(self, recipe, settings):
        """The handle of a recipe's options; settings are texts KEY=VALUE that win over it."""
        options = self.make("options_create")
        if recipe is not None:
            self.call("options_apply_recipe", options, recipe.encode())
        for setting in settings:
            key, _, value = setting.partition("=")
            self.call("options_set_text", options, key.encode(), value.encode())
        return options

    def fit(self, options, paths):
        """The handle of a model of these picture files."""
        fitter = self.make("fitter_create", options)
        for path in paths:
            self.call("fitter_add_file", fitter, str(path).encode(), None)
        model = self.make("fitter_fit", fitter)
        self.destroy("fitter", fitter)
        return model

    def load(self, path):
        return self.make("model_load", str(path).encode(), None)

    def describe(self, model):
        """What the model is made of, a ModelSummary."""
        summary = ModelSummary(struct_size=sizeof(ModelSummary))
        self.call("model_info", model, byref(summary))
        return summary

    def save(self, model, path):
        self.call("model_save", model, str(path).encode())


class Inspector:
    """Inspects pictures with the model of a file, or with a model that others use too."""

    def __init__(self, library, path=None, model=None):
        self.library = library
        loaded = library.load(path) if model is None else model
        self.inspector = library.make("inspector_create", loaded, None)
        self.result = library.make("result_create")
        if model is None:
            library.destroy("model", loaded)

    def image(self, pixels):
        """A view of pixels, [H, W, 3] uint8, red first, without gaps; they must live as long."""
        height, width, _ = pixels.shape
        image = Image()
        self.library.call("image_init", byref(image), c_int32(FORMAT_RGB8), c_uint32(width), c_uint32(height),
                          pixels.ctypes.data_as(c_void_p), c_int64(0))
        return image

    def inspect(self, pixels):
        """Looks at pixels, [H, W, 3] uint8, red first; `score` and `map` tell what was found."""
        pixels = np.ascontiguousarray(pixels)
        self.library.call("inspector_inspect", self.inspector, byref(self.image(pixels)), None, self.result)

    def inspect_batch(self, pictures, results):
        """Looks at all pictures in one call; results: as many handles of the kind result."""
        pictures = [np.ascontiguousarray(picture) for picture in pictures]
        views = [self.image(picture) for picture in pictures]
        images = (c_void_p * len(views))(*(ctypes.addressof(view) for view in views))
        handles = (c_void_p * len(views))(*(result.value for result in results))
        self.library.call("inspector_inspect_batch", self.inspector, images, None, c_uint64(len(views)), handles, None)

    def timing(self):
        """How long each of STAGES took of the last picture, in milliseconds, and `total`."""
        timing = Timing(struct_size=sizeof(Timing))
        self.library.call("inspector_timing", self.inspector, byref(timing))
        return {stage: getattr(timing, f"{stage}_ms") for stage in [*STAGES, "total"]}

    def summary(self):
        summary = Summary(struct_size=sizeof(Summary))
        self.library.call("result_summary", self.result, byref(summary))
        return summary

    def score(self):
        return self.summary().score

    def map(self):
        """The anomaly map of the picture's size, [H, W] float32."""
        summary = self.summary()
        found = np.empty((summary.map_height, summary.map_width), np.float32)
        self.library.call("result_copy_map", self.result, found.ctypes.data_as(c_void_p), c_int64(0),
                          c_uint64(found.nbytes))
        return found
