"""The public names with their types, for those who check theirs; `__init__.py` loads each when it is used."""

from imageferry.cloud.client import Action as Action
from imageferry.cloud.client import Client as Client
from imageferry.cloud.client import listed as listed
from imageferry.cloud.errors import CloudError as CloudError
from imageferry.cloud.errors import handler_code as handler_code
from imageferry.model.forecasts import Doubt as Doubt
from imageferry.model.forecasts import Forecast as Forecast
from imageferry.model.forecasts import Objection as Objection
from imageferry.model.forecasts import Proposal as Proposal
from imageferry.model.forecasts import Sight as Sight
from imageferry.model.handlers import Done as Done
from imageferry.model.handlers import ErrorCode as ErrorCode
from imageferry.model.handlers import Failed as Failed
from imageferry.model.handlers import HandlerAction as HandlerAction
from imageferry.model.handlers import HandlerRequest as HandlerRequest
from imageferry.model.handlers import Outcome as Outcome
from imageferry.model.handlers import Pending as Pending
from imageferry.model.handlers import Symptom as Symptom
from imageferry.model.schemas import Problem as Problem
from imageferry.model.schemas import ResourceSchema as ResourceSchema
from imageferry.model.schemas import schema_from_json as schema_from_json
from imageferry.model.stacks import Resource as Resource
from imageferry.model.values import UNKNOWN as UNKNOWN
from imageferry.model.values import Secret as Secret
from imageferry.model.values import Value as Value
from imageferry.model.verdicts import Against as Against
from imageferry.model.verdicts import Comparison as Comparison
from imageferry.model.verdicts import Verdict as Verdict
from imageferry.ports.foresight import Foresight as Foresight
from imageferry.ports.traces import Adopter as Adopter
from imageferry.ports.traces import Candidate as Candidate
from imageferry.ports.traces import Inspection as Inspection
from imageferry.ports.traces import TraceTrouble as TraceTrouble
from imageferry.ports.types import Catalog as Catalog
from imageferry.ports.types import Check as Check
from imageferry.ports.types import Handler as Handler
from imageferry.ports.types import ResourceType as ResourceType
from imageferry.ports.types import Route as Route
from imageferry.ports.types import TypeOffer as TypeOffer
from imageferry.ports.types import Verifier as Verifier
from imageferry.resource_types.handling.faults import again as again
from imageferry.resource_types.handling.faults import failed as failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY as LINEAGE_KEY
from imageferry.resource_types.handling.lineages import lineage as lineage
from imageferry.resource_types.handling.lineages import noted_lineage as noted_lineage
from imageferry.resource_types.handling.notes import changed_notes as changed_notes
from imageferry.resource_types.handling.notes import text_note as text_note
from imageferry.resource_types.handling.properties import flag_of as flag_of
from imageferry.resource_types.handling.properties import tags_of as tags_of
from imageferry.resource_types.handling.properties import text_of as text_of

__version__: str
__all__: list[str]
