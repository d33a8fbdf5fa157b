"""The component `Pusher`: a blessed model to a serving directory."""
