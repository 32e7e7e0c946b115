"""CfnApi: the CloudFormation API, from a request's pairs to its reply in XML."""

from __future__ import annotations

from imageferry.api.calls import Answer, ApiCall, Refused
from imageferry.api.cfn.actions import ACTIONS
from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.constraints import broken_constraints
from imageferry.api.cfn.decoding import MalformedInput, decode
from imageferry.api.cfn.encoding import encode_error, encode_reply
from imageferry.api.cfn.errors import WRONG, answer_of, fault_of
from imageferry.api.cfn.faults import VALIDATION, CfnFault, refused
from imageferry.api.cfn.model import load_model
from imageferry.api.cfn.recollection import Recollection
from imageferry.api.desk import ApiDesk
from imageferry.model.access import Role
from imageferry.wire.http import HttpResponse

_TARGETS = ("StackName", "ChangeSetName", "StackId", "TypeName", "Arn", "ExportName")
_MARKS = ("Action", "Version")


class CfnApi:
    """The operations of CloudFormation on the stacks of the accounts that are served."""

    def __init__(self, desk: ApiDesk) -> None:
        self._desk = desk
        self._model = load_model()
        self._recollection = Recollection()

    @property
    def name(self) -> str:
        """The API in audit records and metrics."""
        return "cloudformation"

    def needs(self, action: str) -> Role | None:
        """The least role of an operation; None where the API has none of that name.

        One that CloudFormation has and that is not carried out here takes a reader, who is told so.
        """
        if action not in self._model.operations:
            return None
        found = ACTIONS.get(action)
        return Role.READER if found is None else found.role

    async def answer(self, call: ApiCall) -> Answer:
        """Carry out an operation, or refuse it with the code and text of the service."""
        target = _target(call)
        try:
            reply = await self._perform(call)
        except CfnFault as fault:
            return self._fault(fault, call, target)
        except WRONG as wrong:
            token = next((text for name, text in call.pairs if name == "ClientRequestToken"), "")
            return self._fault(fault_of(wrong, token), call, target)
        response = encode_reply(self._model, call.action, reply, call.request_id)
        return Answer(response, target)

    async def _perform(self, call: ApiCall) -> Reply:
        found = ACTIONS.get(call.action)
        if found is None:
            raise refused(f"{call.action} is an operation that is not supported by this endpoint.")
        plane = self._desk.planes.get(call.caller.account_id)
        if plane is None:
            raise CfnFault("AccessDenied", "The account of the key is not served here.", 403)
        takes = self._model.operations[call.action].takes
        pairs = tuple(pair for pair in call.pairs if pair[0] not in _MARKS)
        try:
            given = decode(self._model, takes, pairs)
        except MalformedInput as malformed:
            raise CfnFault("MalformedInput", str(malformed)) from malformed
        broken = broken_constraints(self._model, takes, given)
        if broken:
            raise CfnFault(VALIDATION, broken)
        choices = self._desk.choices
        region = choices.destination_region or choices.regions.get(call.region, call.region)
        return await found.perform(Ask(call, given, plane, self._desk, region, self._recollection))

    def _fault(self, fault: CfnFault, call: ApiCall, target: str) -> Answer:
        response = encode_error(fault.status, fault.code, fault.message, call.request_id)
        return Answer(response, target, fault.code)

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The refusal of a request that is not admitted."""
        fault = answer_of(refused)
        return encode_error(fault.status, fault.code, fault.message, request_id)


def _target(call: ApiCall) -> str:
    """What a request is about, for the audit: the first of the names that may say so."""
    given = dict(reversed(call.pairs))
    return next((given[name][:255] for name in _TARGETS if given.get(name)), "")
