"""The API: functions that the command line calls, too; ``from mmda import train`` gives them.

Importing one of these modules does not import torch; a function does so when it needs it.
"""
