"""One life of stacks, told by boto3: `aws_boto3.py ADDRESS`; prints what it saw as one JSON object."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

REGION = "cn-beijing"
SOURCE = "m-golden0000000000001"
SOON = {"Delay": 0.1, "MaxAttempts": 100}
TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "an image, carried over",
    "Parameters": {
        "ImageName": {"Type": "String", "Default": "golden-a"},
        "Words": {"Type": "String", "NoEcho": True, "Default": "quiet words"},
    },
    "Resources": {
        "Copy": {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": {
                "SourceImageId": SOURCE,
                "SourceRegionId": "cn-hangzhou",
                "ImageName": {"Ref": "ImageName"},
                "Description": "carried by boto3",
            },
        }
    },
    "Outputs": {
        "Image": {
            "Value": {"Fn::GetAtt": ["Copy", "Id"]},
            "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-image"}},
        }
    },
}
IMPORTER = """\
Resources:
  Share:
    Type: TF::Alicloud::ImageSharePermission
    Properties:
      ImageId: !ImportValue life-image
      AccountId: '1000000000000002'
Outputs:
  Taken:
    Value: !ImportValue life-image
"""


class Life:
    """What boto3 saw, call by call."""

    def __init__(self, address: str) -> None:
        self.client = boto3.client(
            "cloudformation",
            region_name=REGION,
            endpoint_url=address,
            aws_access_key_id="emulator",
            aws_secret_access_key="emulator",
            # A deletion that is refused and asked for again within the second is signed anew.
            config=Config(retries={"max_attempts": 4, "mode": "standard"}),
        )
        self.seen: dict[str, Any] = {}

    def refusal(self, name: str, call: str, **arguments: Any) -> None:
        """The code, text and exception class of a call that is refused."""
        try:
            getattr(self.client, call)(**arguments)
        except ClientError as refused:
            error = refused.response["Error"]
            kind = type(refused).__name__
            status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
            self.seen[name] = [error["Code"], error["Message"], kind, status]
        else:
            self.seen[name] = "not refused"

    def wait(self, waiter: str, **arguments: Any) -> None:
        self.client.get_waiter(waiter).wait(WaiterConfig=SOON, **arguments)

    def stack(self, name: str = "life") -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def create(self) -> None:
        client, body = self.client, json.dumps(TEMPLATE)
        validated = client.validate_template(TemplateBody=body)
        self.seen["validated"] = [one["ParameterKey"] for one in validated["Parameters"]]
        stack_id = client.create_stack(
            StackName="life",
            TemplateBody=body,
            Parameters=[{"ParameterKey": "ImageName", "ParameterValue": "golden-b"}],
            Tags=[{"Key": "team", "Value": "images & more <ü>"}],
            ClientRequestToken="once-and-for-all",
        )["StackId"]
        # Two requests of one second that say the same have one signature, and are one request.
        time.sleep(1.1)
        again = client.create_stack(
            StackName="life",
            TemplateBody=body,
            Parameters=[{"ParameterKey": "ImageName", "ParameterValue": "golden-b"}],
            Tags=[{"Key": "team", "Value": "images & more <ü>"}],
            ClientRequestToken="once-and-for-all",
        )["StackId"]
        self.seen["same id"] = again == stack_id
        self.wait("stack_exists", StackName="life")
        self.wait("stack_create_complete", StackName=stack_id)
        self.seen["stack id"] = stack_id
        self.seen["created"] = self.stack()
        self.seen["resources"] = client.describe_stack_resources(StackName="life")["StackResources"]
        self.seen["template"] = client.get_template(StackName="life")["TemplateBody"] == TEMPLATE
        self.seen["summary"] = client.get_template_summary(StackName="life")
        events = client.get_paginator("describe_stack_events").paginate(StackName="life")
        self.seen["events"] = [
            [one["LogicalResourceId"], one["ResourceStatus"]]
            for page in events
            for one in page["StackEvents"]
        ]
        self.refusal("exists", "create_stack", StackName="life", TemplateBody=body)
        self.refusal("no change", "update_stack", StackName="life", UsePreviousTemplate=True,
                     Parameters=[{"ParameterKey": "ImageName", "UsePreviousValue": True}])  # fmt: skip

    def change(self) -> None:
        client = self.client
        client.create_change_set(
            StackName="life", ChangeSetName="nothing", UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "ImageName", "UsePreviousValue": True}],
        )  # fmt: skip
        try:
            self.wait("change_set_create_complete", StackName="life", ChangeSetName="nothing")
        except WaiterError as failed:
            told = failed.last_response
            self.seen["nothing"] = [told["Status"], told["ExecutionStatus"], told["StatusReason"]]
        made = client.create_change_set(
            StackName="life", ChangeSetName="rename", UsePreviousTemplate=True,
            Description="another name",
            Parameters=[{"ParameterKey": "ImageName", "ParameterValue": "golden-c"}],
        )  # fmt: skip
        self.wait("change_set_create_complete", ChangeSetName=made["Id"])
        self.seen["change set"] = client.describe_change_set(
            StackName="life", ChangeSetName="rename", IncludePropertyValues=True
        )
        self.seen["listed"] = [
            one["ChangeSetName"]
            for one in client.list_change_sets(StackName="life")["Summaries"]
        ]  # fmt: skip
        self.refusal("same set", "create_change_set", StackName="life", ChangeSetName="rename",
                     UsePreviousTemplate=True)  # fmt: skip
        client.execute_change_set(StackName="life", ChangeSetName="rename")
        self.wait("stack_update_complete", StackName="life")
        self.seen["executed"] = client.describe_change_set(ChangeSetName=made["Id"])[
            "ExecutionStatus"
        ]
        self.refusal("executed twice", "execute_change_set", ChangeSetName=made["Id"])
        client.delete_change_set(StackName="life", ChangeSetName="never-was")
        self.refusal("set missing", "describe_change_set", StackName="life",
                     ChangeSetName="never-was")  # fmt: skip
        self.seen["updated"] = self.stack()

    def compare(self) -> None:
        client = self.client
        detection = client.detect_stack_drift(StackName="life")["StackDriftDetectionId"]
        for _ in range(100):
            told = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
            if told["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            time.sleep(0.05)
        self.seen["detection"] = told
        self.seen["drifts"] = client.describe_stack_resource_drifts(StackName="life")[
            "StackResourceDrifts"
        ]
        self.seen["one drift"] = client.detect_stack_resource_drift(
            StackName="life", LogicalResourceId="Copy"
        )["StackResourceDrift"]["StackResourceDriftStatus"]

    def share(self) -> None:
        client = self.client
        self.seen["exports"] = client.list_exports()["Exports"]
        client.create_stack(StackName="taker", TemplateBody=IMPORTER)
        self.wait("stack_create_complete", StackName="taker")
        self.seen["imports"] = client.list_imports(ExportName="life-image")["Imports"]
        self.seen["taken"] = self.stack("taker")["Outputs"][0]["OutputValue"]
        self.refusal("in use", "delete_stack", StackName="life")
        client.delete_stack(StackName="taker")
        self.wait("stack_delete_complete", StackName="taker")
        self.refusal("not imported", "list_imports", ExportName="life-image")

    def register(self) -> None:
        client, name = self.client, "TF::Alicloud::ImageCopy"
        self.seen["types"] = [one["TypeName"] for one in client.list_types()["TypeSummaries"]]
        described = client.describe_type(Type="RESOURCE", TypeName=name)
        self.seen["type"] = described
        token = client.register_type(
            Type="RESOURCE", TypeName=name, SchemaHandlerPackage="s3://bucket/package.zip"
        )["RegistrationToken"]
        self.wait("type_registration_complete", RegistrationToken=token)
        version = client.describe_type_registration(RegistrationToken=token)["TypeVersionArn"]
        client.set_type_default_version(Arn=version)
        self.seen["default"] = client.describe_type(Arn=version)["DefaultVersionId"]
        versions = client.list_type_versions(Arn=described["Arn"])["TypeVersionSummaries"]
        self.seen["versions"] = [one["VersionId"] for one in versions]
        self.refusal("foreign type", "register_type", Type="RESOURCE", TypeName="My::Own::Thing",
                     SchemaHandlerPackage="s3://bucket/package.zip")  # fmt: skip
        self.refusal("unknown type", "describe_type", Type="RESOURCE", TypeName="My::Own::Thing")

    def delete(self) -> None:
        stack_id = self.seen["stack id"]
        self.client.delete_stack(StackName="life")
        self.wait("stack_delete_complete", StackName=stack_id)
        self.seen["gone"] = self.stack(stack_id)["StackStatus"]
        self.refusal("missing", "describe_stacks", StackName="life")
        self.client.delete_stack(StackName="never-was")
        self.seen["list"] = [
            [one["StackName"], one["StackStatus"]]
            for page in self.client.get_paginator("list_stacks").paginate()
            for one in page["StackSummaries"]
        ]


def main() -> None:
    life = Life(sys.argv[1])
    for chapter in (life.create, life.change, life.compare, life.share, life.register, life.delete):
        chapter()
    print(json.dumps(life.seen, default=str))


if __name__ == "__main__":
    main()
