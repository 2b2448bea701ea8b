"""Two fields of the edits that add more than 100 bytes, as JSON lines."""

import sys

import orjson

write = sys.stdout.buffer.write
for line in sys.stdin.buffer:
    edit = orjson.loads(line)
    if edit["added"] > 100:
        write(orjson.dumps({"page": edit["page"], "added": edit["added"]}) + b"\n")
