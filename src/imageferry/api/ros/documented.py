"""NOT_CARRIED_OUT: actions of the ROS reference that this engine does not have, by name."""

from __future__ import annotations

from typing import Final

_LISTED: Final = """
    CreateAITask GetAITask ListAITasks ListAITaskEvents ListChatMessages ListChatSessions StartChat
    StopChat
    CreateDiagnostic DeleteDiagnostic GetDiagnostic ListDiagnostics
    CreateTemplateScratch DeleteTemplateScratch GetTemplateScratch ListTemplateScratches
    UpdateTemplateScratch GenerateTemplateByScratch
    EnableServiceAccess EnableServices GetServiceAccess GetServiceProvisions
    GenerateTemplatePolicy GetTemplateRecommendParameters SetTemplatePermission
    ImportStacksToStackGroup CreateStackGroup GetStackGroup ListStackGroups UpdateStackGroup
    DeleteStackGroup CreateStackInstances UpdateStackInstances DeleteStackInstances GetStackInstance
    ListStackInstances ListStackGroupOperations GetStackGroupOperation
    ListStackGroupOperationResults StopStackGroupOperation DetectStackGroupDrift
    RegisterResourceType DeregisterResourceType SetResourceType ListResourceTypeRegistrations
    UpdateStackTemplateByResources
"""

NOT_CARRIED_OUT: Final = frozenset(_LISTED.split())
"""Refused with NotSupported: the name is right, and nothing here could carry it out. One that has a
row in the table of actions is carried out, whether or not it stands here."""
