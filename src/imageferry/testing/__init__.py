"""For authors of types and for our own tests: the contract suite, virtual time, seeded chance."""

from __future__ import annotations

from imageferry.testing.chance import SeededEntropy
from imageferry.testing.clouds import EmulatedCloud
from imageferry.testing.contract import Case, contract_cases, run_case
from imageferry.testing.lines import Death, Line, ProcessDied, Trouble
from imageferry.testing.subjects import Subject, hide_images, inhabitants
from imageferry.testing.trials import ContractBroken, Trial, trial_of
from imageferry.testing.virtual_time import START, VirtualClock, VirtualTimeLoop, run_virtually

__all__ = [
    "START",
    "Case",
    "ContractBroken",
    "Death",
    "EmulatedCloud",
    "Line",
    "ProcessDied",
    "SeededEntropy",
    "Subject",
    "Trial",
    "Trouble",
    "VirtualClock",
    "VirtualTimeLoop",
    "contract_cases",
    "hide_images",
    "inhabitants",
    "run_case",
    "run_virtually",
    "trial_of",
]
