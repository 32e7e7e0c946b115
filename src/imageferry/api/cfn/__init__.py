"""The CloudFormation API, version 2010-05-15: driven by the service's own model."""
