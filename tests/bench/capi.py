"""The C interface of libtwinspect from Python, as little of it as a benchmark needs: fit, save, load, score and map.

Not for a process that has imported torch: two copies of libtorch would meet in it.
"""
import ctypes
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


class Library:
    """Opens libtwinspect.so; every call that fails raises RuntimeError with the library's own words."""

    def __init__(self, path, threads):
        self.functions = ctypes.CDLL(path)
        self.functions.tsp_last_error_message.restype = c_char_p
        self.functions.tsp_abi_version.restype = c_uint32
        self.call("check_abi", c_uint32(self.functions.tsp_abi_version()))
        self.call("set_threads", c_int32(threads))

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

    def save(self, model, path):
        self.call("model_save", model, str(path).encode())


class Inspector:
    """Inspects pictures with the model of a file."""

    def __init__(self, library, path):
        self.library = library
        model = library.make("model_load", str(path).encode(), None)
        self.inspector = library.make("inspector_create", model, None)
        self.result = library.make("result_create")
        library.destroy("model", model)

    def inspect(self, pixels):
        """Looks at pixels, [H, W, 3] uint8, red first; `score` and `map` tell what was found."""
        pixels = np.ascontiguousarray(pixels)
        height, width, _ = pixels.shape
        image = Image()
        self.library.call("image_init", byref(image), c_int32(FORMAT_RGB8), c_uint32(width), c_uint32(height),
                          pixels.ctypes.data_as(c_void_p), c_int64(0))
        self.library.call("inspector_inspect", self.inspector, byref(image), None, self.result)

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
