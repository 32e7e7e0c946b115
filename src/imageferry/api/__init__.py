"""HTTP in the words that others' clients speak: ROS, CloudFormation and STS on one address."""
