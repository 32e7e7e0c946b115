"""The types of Alibaba Cloud's own template language for ECS: one module and one schema each."""
