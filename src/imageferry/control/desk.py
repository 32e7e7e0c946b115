"""Desk: what the control plane works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from imageferry.control.asides import Asides
from imageferry.control.errands import Errands
from imageferry.control.plans import Plans
from imageferry.model.stacks import Place
from imageferry.ports.dispatching import Dispatcher
from imageferry.ports.documents import Documents
from imageferry.ports.images import Images
from imageferry.ports.keeping import Store
from imageferry.ports.regions import Regions
from imageferry.ports.senses import Clock, Entropy
from imageferry.ports.traces import Census
from imageferry.ports.types import Catalog


@dataclass(frozen=True, slots=True)
class Desk:
    """What the control plane works with; `place` is without a region."""

    store: Store
    catalog: Catalog
    dispatcher: Dispatcher
    clock: Clock
    entropy: Entropy
    place: Place
    regions: Regions
    census: Census | None = None
    images: Images | None = None
    documents: Documents | None = None
    errands: Errands = field(default_factory=Errands)
    asides: Asides = field(default_factory=Asides)
    plans: Plans = field(default_factory=Plans)
