"""twinspect in anomalib: `Twinspect` is a model of anomalib's own kind.

>>> from anomalib.data import MVTecAD  # doctest: +SKIP
>>> from anomalib.engine import Engine  # doctest: +SKIP
>>> from twinspect.anomalib import Twinspect  # doctest: +SKIP
>>> engine = Engine()  # doctest: +SKIP
>>> engine.train(Twinspect(), datamodule=MVTecAD(category="bottle"))  # doctest: +SKIP
"""
from .lightning_model import Twinspect
from .post_processor import TwinspectPostProcessor
from .torch_model import TwinspectModel

__all__ = ["Twinspect", "TwinspectModel", "TwinspectPostProcessor"]
