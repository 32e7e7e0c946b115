"""The types that CloudFormation templates know from Terraform's provider, likewise."""
