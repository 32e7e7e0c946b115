"""Create and update by forms: steps, fields of every kind, faults at their fields, and secrets nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from imageferry.model.access import Role
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Node, Reply, browsing
from tests.console.standing import approve, ended

_SECRET: Final = "open-sesame-91"

ROS: Final = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: Carries an image.
Parameters:
  Image:
    Type: String
    Default: m-golden0000000000001
    AllowedPattern: 'm-[a-z0-9-]+'
    ConstraintDescription: an image id
    Label: {en: The image, zh-cn: 镜像}
    Description: {en: What is carried., zh-cn: 要复制的镜像。}
  Destination:
    Type: String
    AssociationProperty: ALIYUN::ECS::RegionId
  Count:
    Type: Number
    Default: 1
    MinValue: 1
    MaxValue: 3
  Crypt:
    Type: Boolean
    Default: false
  Team:
    Type: String
    Default: web
    AllowedValues: [web, ops]
  Marks:
    Type: CommaDelimitedList
    Default: a,b
  Extra:
    Type: Json
    Default: {a: 1}
  Password:
    Type: String
    NoEcho: true
    MinLength: 8
  Quiet:
    Type: String
    Default: unseen
Metadata:
  ALIYUN::ROS::Interface:
    ParameterGroups:
      - Label: {default: {en: What and where, zh-cn: 复制什么}}
        Parameters: [Image, Destination]
    Hidden: [Quiet]
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !Ref Image
      DestinationRegionId: !Ref Destination
      DestinationImageName: carried
      DestinationDescription: !Sub '${Password} of ${Team}'
Outputs:
  Id: {Value: !GetAtt [Copy, ImageId]}
"""

_BASICS: Final = {"name": "golden", "region": "cn-hangzhou", "template": ROS}
_VALUES: Final = {"p.Destination": "cn-shanghai", "p.Password": _SECRET}


async def step(browser: Browser, path: str, word: str, fields: dict[str, str]) -> Reply:
    return await browser.send_pairs(path, [*fields.items(), ("step", word)])


def field(page: Node, name: str) -> Node:
    return page.by_id(f"parameter-{name}")


def test_a_template_becomes_a_form_and_the_form_a_change_set(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            blank = await browser.get("/console/create")
            assert blank.page.by_id("template").tag == "textarea"
            shown = await step(browser, "/console/create", "fields", _BASICS)
            assert shown.status == 200, shown.text
            page = shown.page
            legends = [one.text for one in page.all("legend")]
            assert "What and where" in legends and "Other parameters" in legends
            image = field(page, "Image")
            assert image.get("value") == "m-golden0000000000001"
            assert image.get("pattern") == r"m-[a-z0-9\-]+"
            assert field(page, "Destination").get("list") == "regions"
            assert "required" in field(page, "Destination").attributes
            count = field(page, "Count")
            assert (count.get("type"), count.get("min"), count.get("max")) == ("number", "1", "3")
            crypt = [one.get("value") for one in field(page, "Crypt").all("option")]
            assert crypt == ["true", "false"]
            team = field(page, "Team").all("option", selected="")
            assert [one.get("value") for one in team] == ["web"]
            assert field(page, "Marks").raw.strip() == "a,b"
            assert '"a": 1' in field(page, "Extra").raw
            secret = field(page, "Password")
            assert (secret.get("type"), secret.get("autocomplete"), secret.get("value")) == (
                "password", "off", "",
            )  # fmt: skip
            assert not page.all(id="parameter-Quiet")
            assert "imageferry deploy" in shown.text
            made = await step(browser, "/console/create", "propose", {**_BASICS, **_VALUES})
            assert "/change-sets/" in made.path, made.text
            line = "imageferry deploy template.yml --stack golden -p Destination=cn-shanghai"
            assert f"{line} -p 'Password=****' --on-failure rollback" in made.text
            assert _SECRET not in made.source + made.path
            stacks = await browser.apis.house.plane.stacks("cn-hangzhou")
            assert [(one.name, one.status) for one in stacks] == [("golden", StackStatus.REVIEWING)]
            # Whoever comes by without the link of the form finds what waits, too.
            below = f"/console/stacks/{stacks[0].stack_id}/change-sets"
            for path, place in (
                ("/console/", below),
                (f"/console/stacks/{stacks[0].stack_id}", ""),
            ):
                seen = await browser.get(path)
                links = [one.get("href") for one in seen.page.one(id="main").all("a")]
                assert place in links or made.path.partition("?")[0] in links, path
            again = await step(browser, "/console/create", "propose", {**_BASICS, **_VALUES})
            assert "/change-sets/" in again.path, "a stack that is only proposed takes more"
            path = f"/console/stacks/{stacks[0].stack_id}/update"
            assert field((await browser.get(path)).page, "Count").get("value") == "1"
            proposed = await step(browser, path, "propose", {"template": ROS, **_VALUES})
            assert "/change-sets/" in proposed.path, proposed.text

    run_virtually(main())


def test_the_same_filling_sent_twice_proposes_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            fields = {**_BASICS, **_VALUES, "once": "one-filling"}
            first = await step(browser, "/console/create", "propose", fields)
            second = await step(browser, "/console/create", "propose", fields)
            assert first.path.partition("?")[0] == second.path.partition("?")[0]
            other = {**fields, "p.Password": "another-secret"}
            third = await step(browser, "/console/create", "propose", other)
            assert third.path.partition("?")[0] != first.path.partition("?")[0]

    run_virtually(main())


def test_texts_are_in_the_language_of_the_page(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, language="zh") as browser:
            shown = await step(browser, "/console/create", "fields", _BASICS)
            assert "镜像" in shown.text
            assert "要复制的镜像" in shown.text
            assert "复制什么" in [one.text for one in shown.page.all("legend")]

    run_virtually(main())


_WRONG: Final = {
    "all at once": (
        {"p.Image": "golden", "p.Count": "9", "p.Team": "hr", "p.Password": "sesam9", "p.Extra": "{"},
        {"Image", "Destination", "Count", "Team", "Password", "Extra"},
    ),
    "script in a value": ({**_VALUES, "p.Image": "<script>alert(1)</script>"}, {"Image"}),
    "a formula": ({**_VALUES, "p.Count": "=1+1"}, {"Count"}),
    "nothing": ({}, {"Destination", "Password"}),
}  # fmt: skip


def test_every_fault_stands_at_its_field_and_on_top(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            for name, (values, wrong) in _WRONG.items():
                given = {**_BASICS, **values}
                reply = await step(browser, "/console/create", "propose", given)
                assert reply.status == 400, name
                page = reply.page
                marked = {
                    one.get("id").removeprefix("parameter-")
                    for one in page
                    if one.get("aria-invalid") == "true"
                }
                assert marked == wrong, name
                for one in wrong:
                    assert page.all("a", href=f"#parameter-{one}"), (name, one)
                    assert f"parameter-{one}-faults" in field(page, one).get("aria-describedby")
                assert "<script>alert" not in reply.source
                assert values.get("p.Password", _SECRET) not in reply.source
            assert not await browser.apis.house.plane.stacks(None)

    run_virtually(main())


_BAD_BASICS: Final = {
    "empty": ({}, ["template", "name", "region"]),
    "region unknown": ({**_BASICS, "region": "cn-hangzou"}, ["region"]),
    "name with markup": ({**_BASICS, "name": "<b>x</b>"}, ["name"]),
    "minutes": ({**_BASICS, "minutes": "soon"}, ["minutes"]),
    "tags": ({**_BASICS, "tags": "no pair\na=1\na=2"}, ["tags", "tags"]),
}


@pytest.mark.parametrize("name", _BAD_BASICS)
def test_what_is_wrong_beside_the_template(tmp_path: Path, name: str) -> None:
    given, places = _BAD_BASICS[name]

    async def main() -> None:
        async with browsing(tmp_path) as browser:
            reply = await step(browser, "/console/create", "fields", given)
            assert reply.status == 400
            told = reply.page.by_id("faults")
            assert [one.get("href") for one in told.all("a")] == [f"#{one}" for one in places]
            assert "<b>x</b>" not in reply.source

    run_virtually(main())


def test_files_that_are_no_template(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            pairs = [("name", "golden"), ("region", "cn-hangzhou"), ("step", "fields")]

            async def upload(content: bytes, title: str = "t.yml") -> Reply:
                files = {"file": (title, content)}
                return await browser.send_pairs("/console/create", pairs, files)

            binary = await upload(bytes(range(256)) * 20)
            assert binary.status == 400
            broken = await upload(b"ROSTemplateFormatVersion: '2015-09-01'\nResources: [\n")
            assert broken.status == 400
            assert broken.page.all(id="line-2")
            assert broken.page.all("a", class_="place")
            misspelt = ROS.replace("DestinationRegionId:", "DestinationRegion:")
            wrong = await upload(misspelt.replace("${Team}", "${Teem}").encode())
            assert wrong.status == 400
            told = wrong.page.by_id("faults").text
            assert "DestinationRegion" in told and "Teem" in told
            huge = await upload(b"#" * 1_600_000)
            assert huge.status == 413
            good = await upload(ROS.encode(), "../<x>/fan out.ros.yml")
            assert good.status == 200
            assert good.page.one("input", name="template_name").get("value") == "fan out.ros.yml"
            carried = good.page.one("input", name="template").get("value")
            assert carried == ROS

    run_virtually(main())


_CFN: Final = """\
AWSTemplateFormatVersion: '2010-09-09'
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Label: {default: The source}
        Parameters: [SourceImageId, SourceRegionId]
    ParameterLabels:
      SourceImageId: {default: Image to carry}
Parameters:
  SourceImageId: {Type: String, Default: m-golden0000000000001}
  SourceRegionId: {Type: String, Default: cn-hangzhou}
  Key: {Type: String, NoEcho: true, Default: ''}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !Ref SourceImageId
      SourceRegionId: !Ref SourceRegionId
      ImageName: carried
"""


def test_a_stack_is_updated_from_what_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=1e6) as browser:
            plane = browser.apis.house.plane
            given = {**_BASICS, **_VALUES}
            made = await step(browser, "/console/create", "propose", given)
            uuid = made.path.split("/")[3]
            await approve(browser, uuid)
            stack = (await plane.stacks("cn-hangzhou"))[0]
            assert stack.status is StackStatus.CREATED
            path = f"/console/stacks/{uuid}/update"
            shown = await browser.get(path)
            page = shown.page
            assert field(page, "Destination").get("value") == "cn-shanghai"
            assert page.one("input", name="keep.Password").attributes.get("checked") is not None
            assert _SECRET not in shown.source
            texts = {
                one.get("name"): one.get("value")
                for one in page.all("input")
                if one.get("type") not in {"checkbox", "password", "file"}
                and one.get("name") != "csrf"
            }
            kept = {**texts, "keep.Password": "on", "p.Team": "ops", "p.Crypt": "false"}
            kept |= {"p.Marks": "a,b", "p.Extra": '{"a": 1}', "replace": "on"}
            unallowed = {name: text for name, text in kept.items() if name != "replace"}
            blocked = await step(browser, path, "propose", unallowed)
            assert "cannot be carried out as it is" in blocked.text
            same = {**texts, "keep.Password": "on"}
            nothing = await step(browser, path, "propose", same)
            assert "already as it was asked for" in nothing.text, nothing.text
            proposed = await step(browser, path, "propose", kept)
            assert "/change-sets/" in proposed.path, proposed.text
            assert "Nothing has happened yet" in proposed.text
            await approve(browser, uuid)
            stack = (await plane.stacks("cn-hangzhou"))[0]
            assert (stack.status, stack.parameters["Team"]) == (StackStatus.UPDATED, "ops")
            assert getattr(stack.parameters["Password"], "revealed", "") == _SECRET
            wrong = await step(browser, path, "propose", {**kept, "p.Team": "hr"})
            assert wrong.status == 400
            assert field(wrong.page, "Team").get("aria-invalid") == "true"
            foreign = await step(browser, path, "fields", {"template": _CFN})
            assert foreign.status == 200
            refused = await step(browser, path, "propose", {"template": _CFN})
            assert refused.status == 409
            assert "cannot be updated with a CloudFormation one" in refused.text
            taken = await step(browser, "/console/create", "fields", _BASICS)
            assert taken.status == 400
            assert "lives in cn-hangzhou already" in taken.text

    run_virtually(main())


def test_cloudformation_has_its_own_interface(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            basics = {"name": "carried", "region": "cn-beijing", "template": _CFN}
            shown = await step(browser, "/console/create", "fields", basics)
            assert [one.text for one in shown.page.all("label", for_="parameter-SourceImageId")]
            assert "Image to carry" in shown.text
            assert "The source" in [one.text for one in shown.page.all("legend")]
            named = {**basics, "name": "under_score"}
            refused = await step(browser, "/console/create", "fields", named)
            assert refused.status == 400
            assert "cannot name a stack" in refused.text

    run_virtually(main())


def test_readers_create_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, role=Role.READER) as browser:
            assert (await browser.get("/console/create")).status == 403
            reply = await step(browser, "/console/create", "propose", {**_BASICS, **_VALUES})
            assert reply.status == 403

    run_virtually(main())


_LOOP: Final = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList}
  Word: {Type: String, NoEcho: true, Default: sesame-of-the-template}
Resources:
  Fn::ForEach::Each:
    - Name
    - !Ref Names
    - Copy${Name}:
        Type: TF::Alicloud::ImageCopy
        Properties:
          SourceImageId: m-golden0000000000001
          SourceRegionId: cn-hangzhou
          ImageName: !Sub 'copy-${Name}'
"""


def test_a_loop_over_a_parameter_without_a_default_runs_over_what_is_given(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=1e6) as browser:
            basics = {"name": "loop", "region": "cn-beijing", "template": _LOOP}
            shown = await step(browser, "/console/create", "fields", basics)
            assert shown.status == 200, shown.text
            assert field(shown.page, "Names").tag == "textarea"
            assert field(shown.page, "Word").get("value") == ""
            given = {**basics, "p.Names": "A,B"}
            made = await step(browser, "/console/create", "propose", given)
            assert "/change-sets/" in made.path, made.text
            stack = await approve(browser, made.path.split("/")[3])
            assert stack.status is StackStatus.CREATED
            path = f"/console/stacks/{made.path.split('/')[3]}/update"
            updated = await browser.get(path)
            assert updated.status == 200
            assert field(updated.page, "Names").raw.strip() == "A,B"
            more = {"template": _LOOP, "p.Names": "A,B,C", "keep.Word": "on"}
            proposed = await step(browser, path, "propose", more)
            assert "/change-sets/" in proposed.path, proposed.text
            assert "CopyC" in proposed.text

    run_virtually(main())


_TWICE: Final = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Password: {Type: String, NoEcho: true, Confirm: true}
  Note: {Type: String, Required: false, TextArea: true, Placeholder: '=1+1'}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: carried
      DestinationDescription: !Sub 'x${Password}${Note}'
"""


def test_a_secret_that_is_asked_for_twice_has_to_be_typed_alike(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            basics = {"name": "twice", "region": "cn-hangzhou", "template": _TWICE}
            shown = await step(browser, "/console/create", "fields", basics)
            assert shown.page.one("input", name="again.Password").get("type") == "password"
            note = field(shown.page, "Note")
            assert (note.tag, note.get("placeholder")) == ("textarea", "=1+1")
            assert "required" not in note.attributes
            typed = {**basics, "p.Password": _SECRET, "p.Note": ""}
            for again in ("", "open-sesame-92"):
                fields = {**typed, "again.Password": again}
                wrong = await step(browser, "/console/create", "propose", fields)
                assert wrong.status == 400
                assert "typed in two ways" in wrong.page.by_id("parameter-Password-faults").text
                assert _SECRET not in wrong.source
            fields = {**typed, "again.Password": _SECRET}
            made = await step(browser, "/console/create", "propose", fields)
            assert "/change-sets/" in made.path, made.text

    run_virtually(main())


def test_tags_that_no_line_can_say_stay_as_they_are(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            tags = {"a=b": " blank ", "lines": "one\ntwo"}
            _, made = await browser.apis.ros(
                "CreateStack",
                StackName="tagged",
                TemplateBody=ROS,
                Parameters=[
                    {"ParameterKey": "Destination", "ParameterValue": "cn-shanghai"},
                    {"ParameterKey": "Password", "ParameterValue": _SECRET},
                ],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
            stack = await ended(browser, made["StackId"])
            path = f"/console/stacks/{made['StackId']}/update"
            shown = (await browser.get(path)).page.one("textarea", name="tags").raw
            fields = {"template": ROS, "p.Destination": "cn-beijing", "keep.Password": "on"}
            fields |= {"replace": "on"}
            kept = await step(browser, path, "propose", {**fields, "tags": shown.lstrip("\n")})
            assert "/change-sets/" in kept.path
            assert (await approve(browser, made["StackId"])).tags == stack.tags == tags
            # Whoever writes others has those.
            other = await step(browser, path, "propose", {**fields, "tags": "c=d", "p.Team": "ops"})
            assert "/change-sets/" in other.path, other.text
            assert (await approve(browser, made["StackId"])).tags == {"c": "d"}

    run_virtually(main())
