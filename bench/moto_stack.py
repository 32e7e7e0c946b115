"""Create, update without a change and delete one stack on moto's CloudFormation; run by its own Python.

`python moto_stack.py 500` prints the CPU seconds of each deed as one JSON object. Its resources are
topics, one of the cheapest kinds that moto has.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(number: int) -> None:
    """Measure each deed in this process, start-up not counted."""
    for name, value in (("ID", "testing"), ("SECRET", "testing")):
        os.environ[f"AWS_{'ACCESS_KEY_ID' if name == 'ID' else 'SECRET_ACCESS_KEY'}"] = value
    import boto3
    from moto import mock_aws

    body = json.dumps(
        {"Resources": {f"Copy{i}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"t{i}"}}
                       for i in range(number)}}
    )  # fmt: skip
    spent = {}
    with mock_aws():
        client = boto3.client("cloudformation", region_name="us-east-1")
        client.list_stacks()

        def deed(name: str, call: str, **arguments: str) -> None:
            began, clock = time.process_time(), time.perf_counter()
            getattr(client, call)(StackName="bench", **arguments)
            spent[name] = [time.process_time() - began, time.perf_counter() - clock]

        deed("deploy", "create_stack", TemplateBody=body)
        status = client.describe_stacks(StackName="bench")["Stacks"][0]["StackStatus"]
        deed("again", "update_stack", TemplateBody=body)
        deed("delete", "delete_stack")
    print(json.dumps({"status": status, **spent}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
