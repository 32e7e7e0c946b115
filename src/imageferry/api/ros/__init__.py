"""The ROS API, version 2019-09-10: what is asked in its words, answered in its shapes."""
