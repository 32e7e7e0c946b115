"""The registry type: what CloudFormation's registry calls, as one function of its envelope."""
