"""Survey Sec 14.3: reinforcement learning."""
