"""Depth from stereo and single images, optical flow, scene flow."""
