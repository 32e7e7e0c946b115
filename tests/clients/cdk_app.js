// A CDK app with one stack: an image copy, said as a generic resource.
const { App, CfnOutput, CfnResource, LegacyStackSynthesizer, Stack, Token } = require("aws-cdk-lib");

const app = new App();
const stack = new Stack(app, "CdkGolden", {
  synthesizer: new LegacyStackSynthesizer(),
  description: "an image, carried over by the CDK",
});
const copy = new CfnResource(stack, "Copy", {
  type: "TF::Alicloud::ImageCopy",
  properties: {
    SourceImageId: "m-golden0000000000001",
    SourceRegionId: "cn-hangzhou",
    ImageName: process.env.IMAGE_NAME || "golden-cdk",
  },
});
new CfnOutput(stack, "Image", { value: Token.asString(copy.getAtt("Id")) });
