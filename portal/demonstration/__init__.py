"""The demonstration company: a maker of farm machinery and its service people, in Chengdu."""
