"""Actions: what each operation of the API is carried out by, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.api.cfn import (
    change_sets,
    describing,
    drifts,
    events,
    exports,
    proposing,
    protecting,
    resources,
    rollbacks,
    stacks,
    templates,
    types,
)
from imageferry.api.cfn.asks import Action
from imageferry.model.access import Role

ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "CreateStack": Action(stacks.create, Role.OPERATOR),
        "UpdateStack": Action(stacks.update, Role.OPERATOR),
        "DeleteStack": Action(stacks.delete, Role.OPERATOR),
        "DescribeStacks": Action(describing.describe_stacks),
        "ListStacks": Action(describing.list_stacks),
        "DescribeStackEvents": Action(events.describe_events),
        "DescribeStackResources": Action(resources.describe_resources),
        "DescribeStackResource": Action(resources.describe_resource),
        "ListStackResources": Action(resources.list_resources),
        "SignalResource": Action(resources.signal_resource, Role.OPERATOR),
        "GetTemplate": Action(templates.get_template),
        "ValidateTemplate": Action(templates.validate_template),
        "GetTemplateSummary": Action(templates.get_template_summary),
        "EstimateTemplateCost": Action(templates.estimate_template_cost),
        "DescribeAccountLimits": Action(templates.describe_account_limits),
        "UpdateTerminationProtection": Action(
            protecting.update_termination_protection, Role.OPERATOR
        ),
        "SetStackPolicy": Action(protecting.set_stack_policy, Role.OPERATOR),
        "GetStackPolicy": Action(protecting.get_stack_policy),
        "CreateChangeSet": Action(proposing.create, Role.OPERATOR),
        "DescribeChangeSet": Action(change_sets.describe),
        "ListChangeSets": Action(change_sets.list_all),
        "ExecuteChangeSet": Action(change_sets.execute, Role.OPERATOR),
        "DeleteChangeSet": Action(change_sets.delete, Role.OPERATOR),
        "CancelUpdateStack": Action(rollbacks.cancel_update, Role.OPERATOR),
        "ContinueUpdateRollback": Action(rollbacks.continue_rollback, Role.OPERATOR),
        "RollbackStack": Action(rollbacks.roll_back_stack, Role.OPERATOR),
        "ListExports": Action(exports.list_exports),
        "ListImports": Action(exports.list_imports),
        "DetectStackDrift": Action(drifts.detect_stack_drift, Role.OPERATOR),
        "DetectStackResourceDrift": Action(drifts.detect_resource_drift, Role.OPERATOR),
        "DescribeStackDriftDetectionStatus": Action(drifts.describe_detection),
        "DescribeStackResourceDrifts": Action(drifts.describe_resource_drifts),
        "RegisterType": Action(types.register_type, Role.ADMIN),
        "DescribeTypeRegistration": Action(types.describe_registration),
        "ListTypeRegistrations": Action(types.list_registrations),
        "DescribeType": Action(types.describe_type),
        "ListTypes": Action(types.list_types),
        "ListTypeVersions": Action(types.list_versions),
        "DeregisterType": Action(types.deregister_type, Role.ADMIN),
        "SetTypeDefaultVersion": Action(types.set_default_version, Role.ADMIN),
        "SetTypeConfiguration": Action(types.set_configuration, Role.ADMIN),
        "BatchDescribeTypeConfigurations": Action(types.describe_configurations),
    }
)
"""By the operation's name; an operation of the model that is not here is refused as unsupported."""
