"""What every reply may hold: the fields of the ROS reference, version 2019-09-10, by action."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LISTED = """\
CancelStackOperation:
CancelUpdateStack:
ContinueCreateStack: DryRunResult {ParametersAllowedToBeModified,
  ParametersConditionallyAllowedToBeModified, ParametersNotAllowedToBeModified}, StackId
CreateChangeSet: ChangeSetId, StackId
CreateStack: StackId
CreateTemplate: TemplateId
DeleteChangeSet:
DeleteStack:
DeleteTemplate:
DescribeRegions: Regions {LocalName, RegionEndpoint, RegionId}
DetectStackDrift: DriftDetectionId
DetectStackResourceDrift: ActualProperties, DriftDetectionTime, ExpectedProperties,
  LogicalResourceId, PhysicalResourceId, PropertyDifferences {ActualValue, DifferenceType,
  ExpectedValue, PropertyPath}, ResourceDriftStatus, ResourceType, StackId
ExecuteChangeSet:
GetChangeSet: ChangeSetId, ChangeSetName, ChangeSetType, Changes, CreateTime, Description,
  DisableRollback, ExecutionStatus, Log {TerraformLogs {Command, Content, Stream}}, Parameters
  {ParameterKey, ParameterValue}, RegionId, ResourceGroupId, StackId, StackName, Status,
  StatusReason, Tags {Key, Value}, TemplateBody, TimeoutInMinutes
GetFeatureDetails: DriftDetection {SupportedResourceTypes}, ResourceCleaner
  {SupportedResourceTypes {ResourceType, SideEffects, SupportedFilters}}, ResourceImport
  {SupportedResourceTypes {ResourceIdentifiers, ResourceType}}, TemplateParameterConstraints
  {SupportedResourceTypes {Properties, ResourceType}}, TemplateScratch {SupportedResourceTypes
  {ResourceType, SourceResourceGroupSupported, SourceResourcesSupported, SourceSupported,
  SourceTagSupported, SupportedTemplateScratchTypes}}, Terraform {SupportedResourceTypes
  {CustomTag, EstimateCost, ResourceGroup, StackOperationRisk {DeleteStack}, SystemTag},
  SupportedVersions {ProviderVersions {ProviderName, SupportedVersions}, TerraformVersion,
  Transform, UpdateAllowedTransforms}}
GetResourceType: Attributes, CreateTime, DefaultVersionId, Description, EntityType,
  IsDefaultVersion, LatestVersionId, Properties, Provider, ResourceType, SupportDriftDetection,
  SupportScratchDetection, TemplateBody, TotalVersionCount, UpdateTime
GetResourceTypeTemplate: TemplateBody, TemplateContent
GetStack: CheckedStackResourceCount, CreateTime, DeletionProtection, Description,
  DisableRollback, DriftDetectionTime, Interface, Log {ResourceLogs {Logs {Content, Keys},
  ResourceName}, TerraformLogs {Command, Content, Stream}}, NotCheckedStackResourceCount,
  NotificationURLs, OperationInfo {Action, Code, LogicalResourceId, Message, RequestId,
  ResourceType}, OrderIds, Outputs, Parameters {ParameterKey, ParameterValue}, ParentStackId,
  RamRoleName, RegionId, ResourceGroupId, ResourceProgress {FailedResourceCount,
  InProgressResourceCount, InProgressResourceDetails {ProgressTargetValue, ProgressValue,
  ResourceName, ResourceType}, PendingResourceCount, StackActionProgress,
  StackOperationProgress, SuccessResourceCount, TotalResourceCount}, RollbackFailedRootReason,
  RootStackId, ServiceManaged, ServiceName, StackDriftStatus, StackId, StackName, StackType,
  Status, StatusReason, Tags {Key, Value}, TemplateDescription, TemplateId, TemplateScratchId,
  TemplateURL, TemplateVersion, TimeoutInMinutes, UpdateTime
GetStackDriftDetectionStatus: DriftDetectionId, DriftDetectionStatus,
  DriftDetectionStatusReason, DriftDetectionTime, DriftedStackResourceCount, StackDriftStatus,
  StackId
GetStackPolicy: StackPolicyBody
GetStackResource: CreateTime, Description, DriftDetectionTime, LogicalResourceId, Metadata,
  ModuleInfo {LogicalIdHierarchy, TypeHierarchy}, PhysicalResourceId, ResourceAttributes,
  ResourceDriftStatus, ResourceType, StackId, StackName, Status, StatusReason, UpdateTime
GetTemplate: AdditionalInfo, ChangeSetId, CreateTime, Description, Interface, OwnerId,
  Permissions {AccountId, ShareOption, ShareSource, TemplateVersion, VersionOption}, RegionId,
  ResourceGroupId, ShareType, StackGroupName, StackId, Tags {Key, Value}, TemplateARN,
  TemplateBody, TemplateId, TemplateName, TemplateVersion, UpdateTime
GetTemplateEstimateCost: Resources
GetTemplateParameterConstraints: ParameterConstraints {AllowedValues, AssociationParameterNames,
  Behavior, BehaviorReason, IllegalValueByParameterConstraints, IllegalValueByRules,
  NotSupportResources {PropertyName, ResourceType}, OriginalConstraints {AllowedValues,
  Behavior, BehaviorReason, PropertiesData, PropertyName, RequestInfo, ResourceName,
  ResourceType}, ParameterKey, QueryErrors {ErrorMessage, ResourceName, ResourceType},
  QueryTimeoutDetails {ErrorMessage, ResourceName, ResourceType}, Type}
GetTemplateSummary: Description, Metadata, Parameters, ResourceIdentifierSummaries
  {LogicalResourceIds, ResourceIdentifiers, ResourceType}, ResourceTypes, Version
ListChangeSets: ChangeSets {ChangeSetId, ChangeSetName, ChangeSetType, CreateTime, Description,
  ExecutionStatus, RegionId, ResourceGroupId, StackId, StackName, Status, StatusReason, Tags
  {Key, Value}}, PageNumber, PageSize, TotalCount
ListResourceTypeVersions: ResourceTypeVersions {CreateTime, Description, EntityType,
  IsDefaultVersion, Provider, ResourceType, UpdateTime, VersionId}
ListResourceTypes: ResourceTypeSummaries {CreateTime, DefaultVersionId, Description, EntityType,
  LatestVersionId, Provider, ResourceType, TotalVersionCount, UpdateTime}, ResourceTypes
ListStackEvents: Events {CreateTime, EventId, LogicalResourceId, PhysicalResourceId,
  ResourceType, StackId, StackName, Status, StatusReason}, PageNumber, PageSize, TotalCount
ListStackOperationRisks: MissingPolicyActions, RiskResources {Code, LogicalResourceId, Message,
  PhysicalResourceId, Reason, RequestId, ResourceType, RiskType}
ListStackResourceDrifts: NextToken, ResourceDrifts {ActualProperties, DriftDetectionTime,
  ExpectedProperties, LogicalResourceId, ModuleInfo {LogicalIdHierarchy, TypeHierarchy},
  PhysicalResourceId, PropertyDifferences {ActualValue, DifferenceType, ExpectedValue,
  PropertyPath}, ResourceDriftStatus, ResourceType, StackId}
ListStackResources: Resources {CreateTime, DriftDetectionTime, LogicalResourceId, ModuleInfo
  {LogicalIdHierarchy, TypeHierarchy}, PhysicalResourceId, ResourceDriftStatus, ResourceType,
  StackId, StackName, Status, StatusReason, UpdateTime}
ListStacks: PageNumber, PageSize, Stacks {CreateTime, DeletionProtection, DisableRollback,
  DriftDetectionTime, OperationInfo {Action, Code, LogicalResourceId, Message, RequestId,
  ResourceType}, ParentStackId, RegionId, ResourceGroupId, ServiceManaged, ServiceName,
  StackDriftStatus, StackId, StackName, StackType, Status, StatusReason, Tags {Key, Value},
  TimeoutInMinutes, UpdateTime}, TotalCount
ListSummaries: CenterSummary {RegisteredResourceTypeCount, TemplateCount}, RegionSummaries
  {RegionId, StackCount, StackDetails {BriefStatus, Count}, StackGroupCount,
  TemplateScratchCount}
ListTagKeys: Keys, NextToken
ListTagResources: NextToken, TagResources {ResourceId, ResourceType, TagKey, TagValue}
ListTagValues: NextToken, Values
ListTemplateVersions: NextToken, Versions {CreateTime, Description, TemplateId, TemplateName,
  TemplateVersion, UpdateTime}
ListTemplates: PageNumber, PageSize, Templates {AdditionalInfo, CreateTime, Description,
  OwnerId, ResourceGroupId, ShareType, Tags {Key, Value}, TemplateARN, TemplateId, TemplateName,
  TemplateUrl, TemplateVersion, UpdateTime}, TotalCount
MoveResourceGroup:
PreviewStack: Stack {Description, DisableRollback, Log {TerraformLogs {Command, Content,
  Stream}}, Parameters {ParameterKey, ParameterValue}, RegionId, Resources {AcsResourceType,
  Action, Description, LogicalResourceId, PhysicalResourceId, Properties, Replacement,
  RequiredBy, ResourceType, Stack}, StackName, StackPolicyBody, TemplateDescription,
  TimeoutInMinutes}
SetDeletionProtection:
SetStackPolicy:
SignalResource:
TagResources:
UntagResources:
UpdateStack: DryRunResult {ParametersAllowedToBeModified, ParametersCauseInterruptionIfModified,
  ParametersCauseReplacementIfModified, ParametersConditionallyAllowedToBeModified,
  ParametersConditionallyCauseInterruptionIfModified,
  ParametersConditionallyCauseReplacementIfModified, ParametersNotAllowedToBeModified,
  ParametersUncertainlyAllowedToBeModified, ParametersUncertainlyCauseInterruptionIfModified,
  ParametersUncertainlyCauseReplacementIfModified}, StackId
UpdateTemplate: TemplateId, TemplateVersion
ValidateTemplate: Description, Outputs {Description, Label, OutputKey}, Parameters,
  ResourceTypes {DataSources, Resources}, Resources {LogicalResourceIdPattern, ResourcePath,
  ResourceType}, UpdateInfo {ParametersAllowedToBeModified,
  ParametersCauseInterruptionIfModified, ParametersCauseReplacementIfModified,
  ParametersConditionallyAllowedToBeModified,
  ParametersConditionallyCauseInterruptionIfModified,
  ParametersConditionallyCauseReplacementIfModified, ParametersNotAllowedToBeModified,
  ParametersUncertainlyAllowedToBeModified, ParametersUncertainlyCauseInterruptionIfModified,
  ParametersUncertainlyCauseReplacementIfModified}
"""
"""RequestId, which all have, is left out; braces hold the fields inside, of an entry where it is a list.
Where there are no braces, anything may stand inside."""

Shape = dict[str, Any]


def shapes() -> dict[str, Shape]:
    """The fields of each action's reply, with those inside of them."""
    entries = re.split(r"\n(?=\S)", LISTED.strip())
    return {name: _fields(words) for name, words in map(_parted, entries)}


def _parted(entry: str) -> tuple[str, Iterator[str]]:
    name, _, fields = entry.partition(":")
    return name, iter(re.findall(r"\w+|[{}]", fields))


def _fields(words: Iterator[str]) -> Shape:
    found: Shape = {}
    last = ""
    for word in words:
        if word == "}":
            break
        if word == "{":
            found[last] = _fields(words)
        else:
            found[word], last = None, word
    return found


def paths(shape: Shape | None, before: str = "") -> set[str]:
    """Every field as a path with dots."""
    found = set()
    for name, inside in (shape or {}).items():
        found |= {f"{before}{name}", *paths(inside, f"{before}{name}.")}
    return found


def said(value: object, shape: Shape, before: str = "") -> set[str]:
    """The paths of what a reply says, those below fields in which anything may stand left out."""
    if isinstance(value, list):
        return set().union(*(said(one, shape, before) for one in value))
    if not isinstance(value, Mapping):
        return set()
    found = set()
    for name, inner in value.items():
        found.add(f"{before}{name}")
        inside = shape.get(name)
        if inside is not None:
            found |= said(inner, inside, f"{before}{name}.")
    return found
