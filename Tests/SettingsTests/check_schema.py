"""Checks texts against JSON schemas; one line for each that is not as it should be.

Usage: check_schema.py FILE     FILE is JSON: {"schemas": {kind: schema}, "cases": [case]}
A case has "name", "kind", "text", "isGood", and "isPart" where the text is a part of a file.
"""

import json
import sys

import jsonschema
import ruamel.yaml


def read(text):
    """YAML 1.2 as editors read it: `on`, `off` and `12s` are texts, no key stands there twice."""
    return keyed(ruamel.yaml.YAML(typ="safe", pure=True).load(text))


def keyed(value):
    """The value with texts as keys, as JSON has them."""
    if isinstance(value, dict):
        return {str(key): keyed(part) for key, part in value.items()}
    return [keyed(part) for part in value] if isinstance(value, list) else value


def partial(schema, keys):
    """The schema of a part of a file: the file without what must be there, or one mapping."""
    root = {name: value for name, value in schema.items() if name != "required"}
    if keys <= set(root.get("properties", {})):
        return root
    for name, definition in schema["$defs"].items():
        if keys <= set(definition.get("properties", {})):
            part = {key: value for key, value in definition.items() if key != "required"}
            return {"$schema": schema["$schema"], "$defs": schema["$defs"], **part}
    return root


def faults(case, schema):
    try:
        value = read(case["text"])
    except ruamel.yaml.error.YAMLError as error:
        return [str(error).replace("\n", " ")]
    if case.get("isPart"):
        schema = partial(schema, set(value if isinstance(value, dict) else []))
    validator = jsonschema.Draft202012Validator(schema)
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message[:300]
            for error in validator.iter_errors(value)]


def main():
    with open(sys.argv[1]) as file:
        work = json.load(file)
    for kind, schema in work["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    for case in work["cases"]:
        found = faults(case, work["schemas"][case["kind"]])
        if case["isGood"] and found:
            print(f"{case['name']}: refused: {found[0]}")
        elif not case["isGood"] and not found:
            print(f"{case['name']}: taken: {case['text'][:300]!r}")
    print(f"{len(work['cases'])} cases")


main()
