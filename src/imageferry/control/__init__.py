"""The control plane: what may be asked of stacks, in no dialect."""
