"""CODES: what each diagnostic's code means, as docs/errors.md has it; docs/codes.py writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what it means, and how it is mended in general."""

    name: str
    meaning: str
    mending: str


_ROWS: Final = r"""
IF101 | the template has more bytes than are ever read | split it into several stacks, or use 'Count' for resources that are alike
IF102 | the template is empty, or holds nothing but comments | write at least a version key and 'Resources'
IF103 | the file is not UTF-8 | save it as UTF-8
IF104 | a character stands in it that is none: a control character, a byte order mark, half a surrogate pair | remove it, or write it as an escape in double quotes
IF105 | it is not YAML | check the indentation and the quotes on that line and the one before
IF106 | it begins with '{' and is not JSON | mend the JSON at that place
IF107 | lists and maps are nested too deep | flatten the value, or give it as text
IF108 | aliases, or names in texts of 'Fn::Sub', repeat each other into more values than are ever read | write out what is needed
IF109 | a second YAML document begins | keep the documents in files of their own
IF110 | an alias has no anchor before it, or stands inside its own anchor | write the anchor where the value stands first
IF111 | a YAML tag that constructs something, or is unknown | remove the tag; quote the value if it is text
IF112 | a number that is not finite, or too large to be one | quote it if text is meant
IF113 | the template is not a map | begin with a version key and 'Resources:'
IF114 | a key is not text | write the key as text
IF115 | '<<' merges something that is no map | write '<<: *anchor', or quote '<<'
IF120 | a key stands there twice; the last one counts (in a parameter file this is an error) | remove one of them
IF121 | YAML 1.1 reads this as another number than it looks like ('010', '10:30') | quote it, or write the number plainly
IF122 | YAML 1.1 reads an unquoted word such as 'yes' or 'on' as a boolean | write it in quotes
IF123 | aliases and merge keys are read here, but the service itself does not promise to | write the values out if the template is also used there
IF130 | neither a version key nor anything else says which language it is | add 'ROSTemplateFormatVersion' or 'AWSTemplateFormatVersion'
IF131 | it has the version keys of both languages | remove the one that is not meant
IF132 | that version of the language does not exist | write the version that the message names
IF133 | the language has no such section | use one that it has
IF134 | a section or a transform that the language has and this version does not carry out | give the template that it produces, or read the reason given
IF136 | 'null' stands in a CloudFormation template; as the region of 'Fn::GetAZs' it is only a warning | remove the key, or use 'AWS::NoValue'
IF137 | a CloudFormation template without resources | declare at least one
IF140 | that name cannot name this thing | use letters and digits as the message says
IF141 | two things have the same name, and 'Ref' could mean both | rename one of them
IF142 | two names differ by case only | rename one if they are meant to be the same
IF143 | a resource, parameter or output has no such field | use one that it has
IF144 | a field that must be there is missing, such as 'Type' or 'Value' | add it
IF145 | the value has another shape than is needed there | write the shape that the message names
IF146 | this attribute has no effect here | take it out, or keep it for the service
IF147 | this attribute cannot have this value | use one of the values named
IF150 | that is no type of a parameter | use one of the types named
IF151 | a dynamic reference '{{resolve:…}}' is not well formed | write it as the message says
IF152 | something needs a transform that is not there, that does not exist, or that stands after another | add the transform named, such as 'AWS::LanguageExtensions'
IF153 | a loop 'Fn::ForEach' is not well formed, runs over nothing it can, or makes a name twice | write it as the message says
IF154 | a loop cannot run yet, because what it runs over has no value; it is checked once as it stands | give the parameter a value or a default
IF155 | loops or locals, written out, come to more values than are ever read | let loops run over fewer items; name locals in fewer places
IF156 | a rule without assertions, or with too many | add 'Assertions', each with an 'Assert'; or divide the rule
IF157 | a local of the wrong type, or with a field or a mention that its type cannot have | change its type, or remove what the message names
IF158 | a local is named where it is not seen, or a nested template has locals beside the outer one's | use a parameter, or give 'Fn::Sub' a map with it
IF159 | locals need themselves, or are nested too deep | take one of the references out
IF160 | the metadata for consoles names a parameter that is not there | use the name proposed, or remove it
IF161 | a field of a parameter has no effect on its type | remove it, or change the type
IF170 | the language has no such function, or no such short tag | use the name that is proposed
IF171 | a function has the wrong argument | give it what the message says it takes
IF172 | '${' in a 'Sub' is not closed, holds no name, or has blanks around it | close it, or write '${!' for a literal '${'
IF173 | a variable given to 'Sub' is not used in its text | remove it
IF174 | the language has no such pseudo parameter | use one that it has
IF175 | a function stands beside other keys and is plain text therefore | give the function a map of its own
IF176 | the service is known to take an expression there for true always; here it is evaluated | move it into a condition if the template is also used there
IF177 | a function stands where none may stand | write the value itself
IF178 | 'Fn::Transform' calls a macro that rewrites this part, and is not carried out in this version | write out what it would produce
IF179 | a dynamic reference '{{resolve:…}}' is not looked up: its store is that of another cloud | give the value as a 'NoEcho' parameter
IF180 | a local asks a data source, which is not done before there is a cloud to ask | declare the data source under 'Resources', or use a parameter
IF181 | a directive or a module of another tool (Rain, or what packages templates) stands there | give the template that the tool produces
IF190 | the template is larger than its service accepts; it is run here | split it if it is also used there
IF191 | it has more resources, parameters or outputs than its service accepts; it is run here | as above
IF192 | functions are nested deeper than the service accepts; they are evaluated here | as above
IF193 | a description or the value of a parameter is longer than the service accepts | shorten it
IF194 | it has more resources than are ever run as one stack | use several stacks
IF198 | reading ended early because there were so many faults | mend the first ones, and read it again
IF199 | there are more faults than the 1,000 that are shown, errors before warnings | mend those shown first
IF201 | nothing is called that, or a count does not make that instance | use the name proposed, or declare it
IF202 | no resource is called that | use the name proposed, or declare it
IF203 | the resource has no such attribute | use one of the attributes named
IF204 | 'DependsOn' names no resource | use the name proposed, or take it out
IF205 | no condition is called that | declare it under 'Conditions'
IF206 | resources need each other in a circle | take one of the references out
IF207 | conditions need each other in a circle | take one of the references out
IF208 | a resource mentions itself | take the reference out
IF210 | an attribute is asked of a parameter | use 'Ref'
IF214 | a text, metadata or an update policy cannot say which instance of a counted resource it means | write '${Name[0]}' or 'Name[0]', or use 'Fn::Select'
IF215 | a parameter may have a value that is no key of the mapping in which it is looked up | add the key, or take the value out of 'AllowedValues'
IF217 | a parameter is declared and never used | take it out, or use it where it was meant
IF218 | a condition is declared and never used | take it out, or use it where it was meant
IF219 | a mapping is declared and never used | take it out, or use it where it was meant
IF220 | a resource whose condition is false is mentioned by what does exist; CloudFormation refuses that | choose with 'Fn::If', or give both the same condition
IF302 | a function was given another shape of arguments than it needs | give it what the message names
IF303 | a function cannot work with this value | mend the value
IF304 | this function may not stand there | write a word, or 'Ref' of a parameter
IF305 | an expression is nested too deep | flatten it
IF306 | a text would become too long | build it from smaller parts
IF307 | a jq script fails, or asks for what it may not see | mend the script; it sees its input and nothing else
IF308 | a jq script took too long or too much memory | make the script smaller; it has one second and 64 MiB
IF309 | an index or key is not in the list or map | correct it, or give a default where the function takes one
IF310 | a mapping has no such key | use the key proposed
IF311 | a condition needs true or false | compare with 'Fn::Equals'
IF312 | 'Count' is not a whole number from 0 | give one
IF313 | the template makes more resources than are ever run as one stack | use several stacks
IF314 | the index stands where no counted resource is | use it in properties of a resource with 'Count' only
IF315 | a condition or 'Count' depends on something that exists later | use a parameter
IF316 | the deletion policy is none | write 'Delete' or 'Retain'
IF331 | an argument must be written out, and a function gives it | write the text itself
IF333 | what a function looks up outside the template depends on a resource | use a parameter
IF335 | a secret would be asked with, and so be written down | use a parameter without 'NoEcho'
IF336 | a rule looks into an account of the other cloud, so it is not settled | constrain the parameter itself
IF337 | a list or map would become too large | build it from smaller parts
IF338 | 'RoleArn' of 'Fn::GetStackOutput' cannot be taken on | leave it out
IF360 | the name of an export is no text, is empty, comes from a secret, or waits for a resource | write a text, or 'Fn::Sub' of parameters and pseudo parameters
IF361 | two outputs of the template are exported under one name | give one of them another name
IF362 | another stack of the account and region exports that name already | choose another name
IF363 | an export would be deleted that another stack imports | update or delete that stack first
IF364 | the value of an export would change, or may, that another stack imports | export the new value under another name
IF365 | no stack of the account and region exports that name | use the name proposed, or deploy the exporting stack first
IF366 | the export is being changed or deleted, or was since the plan was made | give the command again once that operation has ended
IF367 | the stack whose output is asked for does not exist, or is the one that asks | deploy that stack first, or name its region
IF368 | that stack has no such output with a value | use the name proposed
IF369 | that stack is being worked on and has no outputs at the moment | give the command again once it is complete
IF370 | ROS stacks read outputs of one another in a circle, or more than three in a row | read the output where it comes from
IF371 | a region whose zones are asked for does not exist | use the region proposed
IF372 | the image of a marketplace product cannot be looked up here | write the image's id
IF373 | each answer leads to another question, without an end | give some of the values as parameters
IF374 | a data source cannot be read, so nothing can be planned | mend what the cloud says, or the properties, and give the command again
IF375 | a data source looks for published images, and not among those of others | set 'ImageOwnerAlias' to 'others'
IF376 | a data source looks for a status that images do not have | use the statuses listed
IF377 | a data source names a resource group, which counts for own images only | set 'ImageOwnerAlias' to 'self'
IF401 | a parameter has neither a value nor a default | give it with '-p' or '--parameters'
IF402 | the template has no such parameter | use the name proposed
IF403 | the value does not fit the parameter's type | give a value of that type
IF404 | the value is none of those allowed | choose one of them
IF405 | the value does not match the parameter's pattern | give one that does
IF406 | it is too short or too long, or has too few or too many items | keep to the bounds named
IF407 | it is too small or too large | keep to the bounds named
IF408 | a 'NoEcho' parameter has its default in the template, for everybody to read | take the default out
IF409 | a pattern is wrong, or takes too long | mend the pattern, without look-around and nested repetition
IF410 | a list has an empty item, as two commas in a row make one | take the comma out where no item is missing
IF411 | the parameters break a rule of the template | give parameters that keep the rule, as its own words say
IF413 | the type of a parameter says that its value is kept in a service that is not asked here | declare it as a 'String', and give the value itself
IF501 | the type has no such property | use the name proposed
IF502 | a required property is missing | give it, as the message says
IF503 | a property has the wrong type | give the type named
IF504 | a text is too short or too long | keep to the bounds named
IF505 | a text has not the form needed | write it in the form named
IF506 | a value is none of those allowed | choose one of them
IF507 | a list has too few or too many items | keep to the bounds named
IF508 | an old word for a property, alone or beside the new one | write the new word only
IF509 | there is no such resource type here, or it belongs to the other template language | use the type proposed; 'imageferry types' lists them
IF510 | two instances want the very same thing | take one of them out of the list
IF511 | types are not installed, so the properties of their resources are not checked ('--allow-unknown-types') | use the template where they are
IF520 | that is no image id | give the id of a custom image, such as 'm-bp1abc'
IF521 | the image looks like one that cannot be copied | give a custom image of the own account
IF522 | that is no region id, or one of another cloud | write it as 'cn-hangzhou'
IF523 | a region that is not known here; it is tried all the same | correct it if it is a slip
IF524 | the image's name begins with a reserved word | begin it with another word
IF525 | the description begins with an address | put a word before it
IF526 | a key is given for a copy that is not encrypted | set the encryption, or leave the key out
IF527 | source and destination are the same region and the copy is not encrypted | choose another region, encrypt it, or allow it where the type can
IF528 | twenty tags leave no room for the tag that finds a lost copy again | use 19 at most
IF529 | this tag key belongs to imageferry | choose another key
IF530 | a tag key is given twice | give it once
IF531 | a tag begins with a reserved word or holds an address | choose another word
IF532 | that is no length of time | write '10m', '1h30m' or '90s'
IF533 | the key's resource name tells another region than the copy's destination | give a key of the destination region
IF534 | nothing says what an image is made of | give an instance, snapshots of disks, or one snapshot
IF535 | an image is to be made of several things | leave all but one out
IF536 | a disk's device is not one, or not this disk's | write '/dev/xvda' to '/dev/xvdz', the first disk's with 'a', none twice
IF537 | a disk's size is out of bounds | choose a size between them
IF538 | the first disk of an image is no system disk, or another one is | change the order, or the kinds
IF539 | a disk that is imported has no object in OSS, or no bucket's name | give 'OssBucket' and 'OssObject'
IF540 | a platform that is not known here; it is tried all the same | correct it if it is a slip
IF541 | an id that looks like something else; it is tried all the same | correct it if it is a slip
IF545 | an instance has no image, or two | give 'ImageId' or 'ImageFamily'
IF546 | a password breaks the rules, is given twice over, or stands in the template as plain text | give it by a parameter with 'NoEcho'
IF547 | an instance has no VSwitch or security group, or security groups in two properties | give what is named
IF548 | a property is accepted and has no effect here | see the reason, and leave it out
IF549 | a name, a number, a disk, a price or the user data of an instance breaks a rule | write it as the message says
IF550 | an image is to be shared with more than 10 accounts by one resource, so the property is ignored | give 10 at most, and the others in a resource of their own
IF551 | that is no account id | give the account's number, not its name
IF580 | a snapshot's name begins with a word that is reserved | begin it with another word
IF581 | a time for instant access, and no instant access | set 'InstantAccess' to true, or leave the time out
IF582 | a number of a snapshot's is out of bounds | choose one between them
IF601 | this property cannot be changed in place, or not to that value | allow replacements with '--replace', or take the change back
IF602 | a resource cannot change its type in place | allow replacements, or give it another logical id
IF603 | a text was removed that the cloud cannot clear; the old one stays there | give another text if that matters
IF604 | that cannot name a stack | use the form named
IF701 | this resource failed, with the cloud's code and request id | mend the cause, and deploy again or 'imageferry retry'
IF702 | the operation is parked: it was begun again and again without getting on | 'imageferry retry' or 'imageferry cancel'
IF703 | the stack did not come to where it was wanted | see the resources above it, then as above
IF801 | a file cannot be read | name a readable file, or '-' for standard input
IF802 | '-p' needs a name, an equals sign and a value | write '-p ImageId=m-golden0000000000001'
IF803 | a parameter is given twice | give it once
IF804 | interrupted before anything was begun | give the command again
IF805 | there is no such stack | see 'imageferry list'; '--region' and '--cloud' say where to look
IF806 | the request cannot be carried out as the stack stands | do what the message proposes
IF807 | stacks of that name live in several regions | say '--region', or give the stack's id
IF808 | a parameter file holds something that is no parameter | write a map, or a list of 'ParameterKey' and 'ParameterValue'
IF809 | no region is given | give '--region', or set 'ALIBABA_CLOUD_REGION_ID'
IF810 | another operation holds the stack | give the command that began it again, or 'imageferry cancel'
IF811 | the database cannot be used | 'imageferry doctor' shows where it should be
IF812 | the plan has changes that are refused; nothing was done | '--replace', or take the change back
IF813 | the command asks first, and there is nobody to ask | give '--yes'
IF814 | the log file cannot be written | name a file in a folder that may be written to
IF815 | the stack has no such output | use one that it has
IF816 | there is no such type | use the name proposed; 'imageferry types' lists them
IF817 | the reference pages cannot be written there | name another folder
IF818 | a setting cannot be used | mend the variable or flag that is named
IF819 | there is no access key for the real cloud | set one up; 'imageferry doctor' shows what was found
IF820 | the cloud refused or could not be reached | 'imageferry doctor' shows key, account and clocks
IF821 | the emulator cannot listen on that port | give another '--port', or 0
IF822 | the emulator has no such setting or fault | 'imageferry emulator fault kinds' and 'imageferry emulator settings' list them
IF823 | that is no region of Alibaba Cloud, or none that is known here; one of good form is tried all the same | use the region proposed
IF824 | a command needs libraries of an extra that is not installed | 'pip install 'imageferry[server]'', with the extra that is named
IF825 | the operating system refused to write or read something, such as on a full disk | mend that, and give the command again
IF826 | '--only', '--skip' or '--retain' names a resource that there is not | use the name proposed; 'imageferry show' lists them
IF827 | two flags, or two uses of standard input, cannot be given together | give one of them
IF828 | 'retry --only' makes another resource as well, which a named one needs | nothing is to be mended
IF829 | 'continue-rollback --skip' leaves a resource as it is; it stays recorded | the next deploy or delete tries again
IF830 | the stack is protected and is not deleted | 'imageferry protect --off', if it is to go
IF831 | the stack policy forbids a change of the update | take it back, or '--stack-policy-during-update'
IF832 | a stack policy is not one | mend what is named; every fault is told
IF833 | there is no failed rollback to be continued | 'imageferry show' says what can be done
IF834 | a protected stack would be deleted where something fails | another '--on-failure', or protect it later
IF835 | a region could not be asked for what was left in it, or not for things of one kind | give the command again; '--region' and '--kind' leave it out
IF836 | an orphan is still there: it is in use, shared, protected, or in a record by now | mend what is named, and give 'orphans --delete' again
IF837 | an adoption names a resource that the template does not have, or one that has its image already, or an image twice | use the name proposed, or leave it out
IF838 | an image cannot be taken in: it is not there, not Available, not the account's own, or the source itself | name another image
IF839 | an image is in a stack already, or its operation is open | let that stack go of it first
IF840 | an image is not as the template wants it, and cannot be changed into that | say in the template what the image is, or name another image
IF841 | an image carries the lineage of another installation | '--installation', where that one is lost or gives it up
IF842 | an adoption takes something for true that no image tells, or leaves something to a deploy | check what is named
IF843 | what carries the lineage of a resource is not taken in: there are several, or it is not as it is wanted | name the right image: 'imageferry adopt LOGICAL_ID=IMAGE_ID'
IF844 | 'adopt' or 'orphans' is given something that means nothing | see the message
IF845 | the stack is being changed, and is not compared with the cloud | wait for its end, or 'imageferry cancel'
IF846 | the stack has no such resource | use the name proposed; 'imageferry show' lists them
IF847 | a resource could not be looked at, so whether it has drifted is not known | give the command again
IF848 | 'Metadata.imageferry' of a resource says something that is not known | write 'DeleteSnapshots: true', or leave it out
IF849 | a resource has drifted in a way that a plan cannot set back, or was deleted outside and is made anew | look at 'imageferry drift'
IF850 | 'plan --graph' draws the template alone and looks at no stack | leave '--stack' out
IF851 | '--expand' and '--show-parameters' are for a graph, and none is asked for | add '--graph text'
IF852 | '--replace', '--refresh' or '--cloud' is given to a plan without '--stack', which looks at no stack | add '--stack NAME', or leave it out
IF853 | the file that is to be written exists | give '--force', or another name
IF854 | a file cannot be written | name one in a folder that exists and may be written to
IF855 | '--allow-unknown-types' is for a plan of a template alone | leave it or '--stack' out
IF856 | the name that a copy shall have is taken in its region: the cloud would refuse the copy | another name; or 'adopt', where the plan says that the image there is ours and as it is wanted
IF857 | the cloud would refuse this change as things stand: the source image, a region, a key, a quota, a right | mend what is named, and plan again
IF858 | the cloud may refuse this change, or could not be asked | see the reason; the deploy itself waits for what passes
IF859 | 'deploy --yes --look' does not begin what the cloud would refuse | mend what is named, or leave '--look' out
IF860 | 'imageferry graph' names no stack, or two, or two forms at once | 'imageferry graph NAME --svg'; 'imageferry list' shows the stacks
IF865 | the records are kept by a database server, so that this home cannot be backed up or restored here | use the server's own tools, and keep the key with it
IF866 | a process works on the home that is to be restored | end it, or cancel its operation
IF867 | a folder cannot be made a backup, or is none, or not a whole one | see the reason that is given
IF870 | a worker on PostgreSQL cannot use the emulator inside its own process | set 'IMAGEFERRY_ECS_ENDPOINT' to an emulator that is served
IF899 | a fault of imageferry itself; what was recorded is safe | give the command again with '--debug', and report it
IF901 | there is nothing to convert: this is no template | name a template
IF902 | the template has that form and language already | say '--to' or '--dialect' with the other one
IF903 | comments are lost, as JSON has no place for them | keep the YAML beside it
IF904 | aliases and merge keys are written out | nothing needs to be done
IF905 | the template has errors, and is written down as it stands | see 'imageferry validate'
IF906 | what came of it would not mean the same, or would not be valid, so it is not written | change the part that is named
IF910 | the resource type has no counterpart in the other language | convert a template without it
IF911 | a property or attribute is not carried over | see the reason, and whether the stack can do without it
IF912 | a field of a parameter is not carried over | nothing needs to be done
IF913 | a parameter is of another type in the other language | check what is given to it
IF914 | a parameter gives what no parameter of the other language can | give its value with '-p', or declare it as text
IF915 | the other language has no such function | give the value by a parameter, or write it out
IF916 | the other language has no such form of a function | write it in a form that both have
IF917 | the other language has no such pseudo parameter | give the value by a parameter
IF918 | a reference or attribute has no counterpart | use another value, or take it out
IF919 | of a text in several languages one is carried over | nothing needs to be done
IF920 | null becomes an empty text, or is left out | check conditions that compare with null
IF921 | a name becomes another one, as the other language would refuse it | use the new name from outside
IF922 | an output, or a field of it, is left out | see the reason, and whether anybody needs it
IF923 | a section makes another template of this one, and cannot be carried over | convert what it produces
IF924 | a policy for deleted or replaced resources is not carried over | see the reason
IF930 | how many there are, or in which regions, cannot be settled | give the parameters with '-p'
IF931 | a resource refers to one in another region, hence in another stack | give the value by a parameter
IF932 | there is a new parameter for the region of the stack here | give it when you deploy, or convert with '--region'
IF933 | a property becomes the region of the stack | deploy the stack in that region
IF934 | the template becomes several, one for each region | deploy each in its region
IF935 | a parameter is not needed any more | nothing needs to be done
IF936 | something is said in another way, which may matter | see the reason
IF937 | a loop is written out | convert again when its values change
IF938 | the value of a parameter is written out | convert again when it changes
IF940 | the file exists already | '--force', or another '-o'
IF941 | the file cannot be written | name a folder that may be written to
IF942 | there are several templates, and one file to write them to | name a folder with '-o'
IF950 | a type that an installed package offers cannot be loaded | install another version of the package, or remove it
IF951 | what a package offers as a resource type is none | ask its author: the entry point names an 'imageferry.TypeOffer'
IF952 | the schema of a package's type cannot be used | ask its author: types.md tells what may stand in it
IF953 | a package offers a type that is built in; the built-in one is used | remove the package, or ask its author for another name
IF954 | two packages offer the same type, so neither is used | remove one of them
IF955 | a package offers a type under another name than its schema says | ask its author to name the entry point as the schema does
IF956 | a package's type cannot be connected to the account | install another version of the package, or remove it
IF960 | the destinations of 'imageferry distribute' are wrong: none, both kinds, no such region, the source itself, or a key for a region that is none of them | name the regions with '--to', or give '--all-regions'
IF961 | an option of 'imageferry distribute' cannot be used: an account, a name, a description, a tag, a pair, a number to keep | write it as the message says
IF962 | the image that is to be distributed is not there, is not ready, or belongs to somebody else | check the id and '--from'; wait until it is Available
IF963 | two versions would have one name in a region | put '{id}' or '{date}' into '--name'
IF964 | no stack can be named after the image, or the stack holds other things than 'imageferry distribute' has written | give another name with '--stack'
IF970 | flags of 'imageferry family' exclude each other, or it is not said which region is meant | say '--region', or '--all-regions'
IF971 | several stacks have the image family | say '--stack'
IF972 | no stack has the image family, or not there | 'imageferry family list' shows what there is
IF973 | an image cannot be made current in its family, there is nothing to go back to, or another one launches | see the message
IF974 | the template does not leave it to a parameter which image of a family is current | write the image into the template, or a 'Ref' to a parameter
IF975 | a receipt of 'imageferry verify' cannot be written | name a file that may be written by '--output', or take it from '--json'
IF976 | a file cannot be read as a receipt | name a file that 'imageferry verify' has written
IF977 | a receipt is not as it was written: its signature does not fit | ask for the original, or verify the stack again
IF978 | 'imageferry verify' was given no stack, or a stack and a receipt | write 'imageferry verify NAME', or 'imageferry verify --check FILE'
IF979 | a resource could not be looked at, so whether it is what was asked for is not known | give the command again
IF980 | an account or a note for an access key cannot be used | give the account's digits, and a short line as a note
IF981 | there is no such access key | 'imageferry keys list' shows them
IF982 | the access key was revoked before | nothing needs to be done
IF983 | a report of 'imageferry report' cannot be written | name a file that may be written by '--output'
IF984 | a link of 'imageferry keys link' cannot be made with that address or lifetime | write '--address http://127.0.0.1:8787', and '--lifetime' of 168h at most
IF985 | 'imageferry serve' cannot listen on that address and port | give another '--port', or 0, and a '--host' of this machine
IF986 | the certificate of 'imageferry serve' cannot be used with its key, or one of the two is missing | give both in PEM, the key without a passphrase
IF987 | 'imageferry serve' would be reached by other machines, unasked or without TLS | '--allow-remote' with '--tls-certificate' and '--tls-key', or with '--behind-proxy'
IF988 | an account, a region map, or a host or network of 'imageferry serve' or 'worker' cannot be used | name each account once, write '--region-map A=B', hosts such as '*.example.com' and networks such as '10.1.2.0/24'
IF989 | 'imageferry serve --no-work' on PostgreSQL would leave operations to workers that do not see its emulator | set 'IMAGEFERRY_ECS_ENDPOINT' to an emulator that is served, for both
IF990 | 'imageferry provider serve' cannot listen on that port | give another '--port', or 0
IF991 | a file of the project that 'imageferry provider package' writes is there already | give '--force', or another folder by '--output'
IF992 | the project cannot be written there | name a folder that may be written to by '--output'
"""


def codes() -> Mapping[str, Code]:
    """Every code by its name, in the order of the page."""
    found = (Code(*line.split(" | ", 2)) for line in _ROWS.splitlines() if line)
    return {code.name: code for code in found}
