"""Evaluates expressions with the C++ implementation of CEL (pip install cel-expr-python).

Standard input: one expression a line, as JSON strings. Standard output: for each a line, the value
as tagged JSON, or {"error": message}.
"""

import json
import math
import os
import sys

from cel_expr_python import cel

NAMES = "strings math lists sets encoders regex bindings optional two-var-comprehensions".split()
CONFIG = "name: oracle\nextensions:\n" + "".join(
    f"- name: {name}\n  version: latest\n" for name in NAMES)


def tagged(value):
    kind = str(value.type())
    plain = value.value()
    if kind.startswith("LIST"):
        return {"t": "list", "v": [tagged(element) for element in plain]}
    if kind.startswith("MAP"):
        return {"t": "map", "v": [[key_of(key), tagged(plain[key])] for key in plain]}
    if kind == "DOUBLE":
        name = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(plain, repr(plain))
        return {"t": "double", "v": "NaN" if plain != plain else name}
    if kind in ("INT", "UINT"):
        return {"t": kind.lower(), "v": str(value.plain_value())}
    if kind == "STRING":
        return {"t": "string", "v": plain}
    if kind == "BYTES":
        return {"t": "bytes", "v": bytes(plain).hex()}
    if kind == "BOOL":
        return {"t": "bool", "v": plain}
    if kind == "NULL":
        return {"t": "null"}
    if kind == "ERROR":
        return {"error": str(plain)}
    return {"t": kind.lower(), "v": str(plain)}


def key_of(key):
    if hasattr(key, "type"):
        return tagged(key)
    if isinstance(key, bool):
        return {"t": "bool", "v": key}
    return {"t": "string", "v": key} if isinstance(key, str) else {"t": "int", "v": str(key)}


def answer(lines):
    environment = cel.NewEnv(config=cel.NewEnvConfigFromYaml(CONFIG))
    activation = environment.Activation({})
    for line in lines:
        try:
            program = environment.compile(json.loads(line), disable_check=True)
            found = tagged(program.eval(activation))
        except Exception as error:  # whatever the implementation raises is an answer
            found = {"error": str(error).split("\n")[0]}
        print(json.dumps(found), flush=True)


def main():
    """A process of its own answers, which some expressions kill."""
    lines = sys.stdin.readlines()
    done = 0
    while done < len(lines):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.dup2(writer, 1)
            answer(lines[done:])
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answers:
            for found in answers:
                print(found, end="")
                done += 1
        os.wait()
        if done < len(lines):
            print(json.dumps({"error": "the implementation crashed"}))
            done += 1


main()
