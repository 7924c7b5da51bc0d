"""Several threads: what runs meanwhile, what is shared, and what is refused."""
import gc
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import parts
import pytest
import twinspect


class Pause:
    """A progress function that waits: a fit that is under way for as long as the test likes."""

    def __init__(self):
        self.is_reached, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, *_):
        self.is_reached.set()
        self.may_go_on.wait(60)


@pytest.fixture
def fitter():
    fitter = twinspect.Fitter(parts.SMALL)
    for picture in parts.good_parts(3):
        fitter.add(picture)
    return fitter


def test_other_threads_run_during_a_call(good):
    # It takes some tenths of a second for a picture.
    options = {"input.size": 1024, "threads": 1, "registration": "none"}
    slow = twinspect.Inspector(twinspect.fit(parts.good_parts(2), options=options), threads=1)
    started, done = threading.Event(), threading.Event()

    def inspect():
        started.set()
        slow.inspect(good)
        done.set()

    before = sys.getswitchinterval()
    # Nobody is interrupted: this thread goes on only if the other one lets go of the interpreter of its own accord.
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=inspect)
        thread.start()
        started.wait()
        is_done = done.is_set()
    finally:
        sys.setswitchinterval(before)
    thread.join()
    assert done.is_set() and not is_done


def test_second_thread_in_an_object_gets_busy(fitter):
    pause = Pause()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fitter.fit, pause)
        assert pause.is_reached.wait(60)
        with pytest.raises(twinspect.StateError) as raised:
            fitter.add(parts.draw_part(9))
        assert raised.value.name == "TSP_E_BUSY"
        with pytest.raises(twinspect.StateError) as raised:
            fitter.fit(lambda *_: False)
        assert raised.value.name == "TSP_E_BUSY"
        gc.collect()
        pause.may_go_on.set()
        assert running.result().info.image_count == 3


def test_close_during_a_call_frees_nothing_under_it(fitter):
    pause = Pause()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fitter.fit, pause)
        assert pause.is_reached.wait(60)
        fitter.close()
        gc.collect()
        pause.may_go_on.set()
        assert running.result().info.image_count == 3


def test_threads_share_a_model_and_say_the_same(model):
    pictures = [parts.draw_part(seed, defective=seed % 2 == 0) for seed in range(20)]
    expected = [each.score for each in twinspect.Inspector(model, threads=1).inspect_many(pictures)]

    def inspect_all(_):
        with twinspect.Inspector(model, threads=1) as inspector:
            return [inspector.inspect(picture).score for picture in pictures]

    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(inspect_all, range(4)):
            assert scores == expected


def test_results_are_read_by_several_threads(inspector, bad):
    result = inspector.inspect(bad)
    with ThreadPoolExecutor(4) as pool:
        maps = list(pool.map(lambda _: (result.anomaly_map.copy(), len(result.regions), result.mask.sum()), range(40)))
    assert all(np.array_equal(map_, maps[0][0]) and (count, area) == maps[0][1:] for map_, count, area in maps)


def test_log_goes_to_logging(caplog, tmp_path):
    with caplog.at_level(logging.INFO, logger="twinspect"):
        twinspect.fit(parts.good_parts(2), options=parts.SMALL)
    levels = {record.levelno for record in caplog.records if record.name == "twinspect"}
    assert {logging.INFO, logging.WARNING} <= levels
    assert "2 good parts" in caplog.text


def test_set_threads_and_devices():
    twinspect.set_threads(2)
    with pytest.raises(ValueError):
        twinspect.set_threads(0)
    cpu = twinspect.devices()[0]
    assert (cpu.option, cpu.name) == ("cpu", "CPU")


def test_threshold_from_scores():
    scores = np.linspace(1, 2, 200)
    found = twinspect.threshold_from_scores(scores, false_alarm_rate=0.05)
    assert found.method in ("counted", "tail") and 1.8 < found.threshold <= 2 and found.rate_low < 0.05 < found.rate_high
    between = twinspect.threshold_from_scores([1, 2, 8, 9], [False, False, True, True], false_alarm_rate=0)
    assert between.method == "between" and between.threshold == pytest.approx(4) and between.rate_low is None
    assert (between.misses, between.false_alarms) == (0, 0)
    for scores, labels in (([1], None), ([1, np.nan], None), ([1, 2], [True])):
        with pytest.raises((ValueError, twinspect.TwinspectError)):
            twinspect.threshold_from_scores(scores, labels)
