"""What an inspection found."""
import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ._handle import Handle, Memory, content, filled, own
from ._image import Order, Picture, picture_view, writable_view
from ._library import ffi, lib
from .error import check
from .health import Finding, Health, read_health
from .model import number_or_none


class Verdict(enum.IntEnum):
    """What became of a part."""

    GOOD = lib.TSP_VERDICT_GOOD
    DEFECT = lib.TSP_VERDICT_DEFECT
    UNDECIDED = lib.TSP_VERDICT_UNDECIDED
    """Nobody can say: the picture matches no lead image, there is no threshold, or something is wrong with the picture."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Region:
    """Connected pixels whose anomaly reaches the threshold, in pixels of the picture.

    `box` is (x, y, width, height); `area` counts pixels; `centroid` is their mean (row, column); `peak` the highest value of
    the anomaly map among them; `runs` [n, 3] int32: row, first column, last column (included) of each chord.
    """

    box: tuple[int, int, int, int]
    area: int
    centroid: tuple[float, float]
    peak: float
    runs: NDArray[np.int32] = field(repr=False, compare=False)


class Result(Handle):
    """What an inspection found. Never changes: each inspection makes a result of its own.

    `anomaly_map`, `mask` and the runs are the library's memory, not copies; it is freed when the result and all arrays over it
    are forgotten, so they may be kept. Numbers are in standard deviations, of a variation model in gray values.
    """

    name: str
    """The file of the picture, ``images[3]`` for the fourth array of many, or empty."""

    def __init__(self, pointer: Any, name: str = "") -> None:
        super().__init__(pointer)
        self.name = name
        self._summary = filled("tsp_summary", lib.tsp_result_summary, pointer)

    @property
    def score(self) -> float:
        """The anomaly score, 0 or more."""
        return float(self._summary.score)

    @property
    def verdict(self) -> Verdict:
        """Whether the part is good."""
        return Verdict(self._summary.verdict)

    @property
    def is_defect(self) -> bool:
        """Whether the score reaches the threshold; False for an undecided part as well."""
        return self.verdict is Verdict.DEFECT

    @property
    def threshold(self) -> float | None:
        """The threshold of the score that was used; None if there is none."""
        return number_or_none(self._summary.threshold)

    @property
    def pixel_threshold(self) -> float | None:
        """The threshold of the anomaly map that was used; None if there is none, and then there are no regions."""
        return number_or_none(self._summary.pixel_threshold)

    @property
    def group(self) -> int:
        """The group of good parts that the picture was compared with, from 0."""
        return int(self._summary.group)

    @property
    def matches(self) -> int:
        """Matches with that group's lead image; 0 if the model matches nothing."""
        return int(self._summary.matches)

    @property
    def findings(self) -> Finding:
        """What is wrong with the picture itself; 0 if nothing is."""
        return Finding(self._summary.health)

    @property
    def repeats(self) -> int:
        """Pictures right before it that the inspector saw that were the same to the last bit."""
        return int(self._summary.repeats)

    @property
    def health(self) -> Health:
        """What the picture is like and what is wrong with it. Raises `StateError` after a comparison of gray values."""
        return read_health(filled("tsp_health", lib.tsp_result_health, self._pointer))

    @property
    def anomaly_map(self) -> NDArray[np.float32]:
        """[H, W] float32 of the picture's size, 0 or more, 0 outside of the mask. Read-only, not copied."""
        found = filled("tsp_map", lib.tsp_result_map, self._pointer)
        shape = (found.height, found.width)
        return Memory(self._pointer, found.data, shape, (found.row_stride, 4), "f4").array()

    @property
    def mask(self) -> NDArray[np.uint8]:
        """The defect regions, [H, W] uint8, 255 inside and 0 outside. Read-only, not copied."""
        found = filled("tsp_image", lib.tsp_result_mask, self._pointer)
        shape = (found.height, found.width)
        return Memory(self._pointer, found.plane[0], shape, (found.row_stride or found.width, 1), "u1").array()

    @property
    def runs(self) -> NDArray[np.int32]:
        """[n, 3] int32: row, first column, last column (included) of the chords of all regions. Read-only, not copied."""
        out, count = ffi.new("tsp_run **"), ffi.new("uint64_t *")
        check(lib.tsp_result_runs(self._pointer, out, count))
        if count[0] == 0:
            return np.zeros((0, 3), np.int32)
        return Memory(self._pointer, out[0], (count[0], 3), (ffi.sizeof("tsp_run"), 4), "i4").array()

    @property
    def region_count(self) -> int:
        """How many defect regions there are."""
        return int(self._summary.region_count)

    @property
    def regions(self) -> list[Region]:
        """The defect regions, the one with the highest peak first."""
        runs = self.runs
        return [self._region(index, runs) for index in range(self.region_count)]

    def _region(self, index: int, runs: NDArray[np.int32]) -> Region:
        found = filled("tsp_region", lib.tsp_result_region, self._pointer, index)
        return Region(
            box=(found.x, found.y, found.width, found.height),
            area=found.area,
            centroid=(found.row, found.column),
            peak=found.peak,
            runs=runs[found.first_run : found.first_run + found.run_count],
        )

    @property
    def to_lead(self) -> NDArray[np.float64] | None:
        """How the picture was moved onto the lead image: [3, 3] float64, (x, y, 1) of the picture to the lead image, both in
        pixels of the picture, the middle of the first pixel at (0.5, 0.5). None if it was not moved."""
        if not self._summary.registered:
            return None
        found = filled("tsp_registration", lib.tsp_result_registration, self._pointer)
        return np.array(list(found.to_lead)).reshape(3, 3)

    def render(self, picture: Picture, *, order: Order = "rgb", white: float = 0.0) -> NDArray[np.uint8]:
        """Draws the anomaly map over a picture of its size: nothing far below the threshold, yellow at it, red from twice it on.

        [H, W, 3] uint8 in the same `order`. Raises `StateError` if there is no threshold.
        """
        base = picture_view(picture, order, white)
        drawn = np.empty((base.image.height, base.image.width, 3), np.uint8)
        target = writable_view(drawn, lib.TSP_FORMAT_RGB8 if order == "rgb" else lib.TSP_FORMAT_BGR8)
        check(lib.tsp_result_render(self._pointer, base.image, target.image))
        return drawn

    def to_dict(self) -> dict[str, Any]:
        """What ``twinspect inspect --json`` prints: score, verdict, thresholds, regions, size, group, lead image, matches, health."""
        return cast(dict[str, Any], json.loads(content(lib.tsp_result_to_json, self._pointer)[:-1]))

    def to_record(self) -> dict[str, Any]:
        """A flat row for a table: name, verdict (a word), score, thresholds, group, matches, region_count, defect_area."""
        return {
            "name": self.name,
            "verdict": str(self.verdict),
            "score": self.score,
            "threshold": self.threshold,
            "pixel_threshold": self.pixel_threshold,
            "group": self.group,
            "matches": self.matches,
            "region_count": self.region_count,
            "defect_area": sum(region.area for region in self.regions),
        }

    def __repr__(self) -> str:
        named = f" {self.name}" if self.name else ""
        limit = "none" if self.threshold is None else f"{self.threshold:.2f}"
        return f"<Result{named}: {self.verdict}, score {self.score:.2f}, threshold {limit}>"


class Results(list[Result]):
    """The results of several pictures, in their order. ``pandas.DataFrame(results.to_records())`` is a table of them."""

    def to_records(self) -> list[dict[str, Any]]:
        """A row for each picture: see `Result.to_record`."""
        return [result.to_record() for result in self]

    @property
    def scores(self) -> NDArray[np.float32]:
        """[N] float32."""
        return np.array([result.score for result in self], np.float32)

    @property
    def defects(self) -> Sequence[Result]:
        """Those whose verdict is defect."""
        return [result for result in self if result.is_defect]


def new_result() -> Any:
    """An empty result of the library."""
    return own("tsp_result", lib.tsp_result_destroy, lib.tsp_result_create)
