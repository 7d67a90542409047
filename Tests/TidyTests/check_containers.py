"""Checks files of containers by the formats of others; one line for each fault.

Usage: check_containers.py FOLDER     with docker/**/compose.yaml and conf/kubernetes below it
"""

import pathlib
import sys

import compose_spec
import kubernetes_validate
import yaml


def compose(path):
    """What is wrong with a compose file."""
    try:
        project = compose_spec.PyCompose.from_yaml(path.read_text())
        project.validate()
        project.to_spec()
    except Exception as error:  # the library throws several kinds, all of them faults
        yield f"{path}: {error}"


def kubernetes(path):
    """What is wrong with a file of resources."""
    for resource in yaml.safe_load_all(path.read_text()):
        if resource["kind"] == "Kustomization":
            names = set(resource["resources"])
            files = {file.name for file in path.parent.glob("*.yaml")} - {path.name}
            if names != files:
                yield f"{path}: resources are not the files: {sorted(names ^ files)}"
            continue
        try:
            kubernetes_validate.validate(resource, "1.31", strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{path}: {'/'.join(map(str, error.path))}: {error.message}"


def main():
    root = pathlib.Path(sys.argv[1])
    checked = 0
    for pattern, check in [("docker/**/compose.yaml", compose),
                           ("conf/kubernetes/*.yaml", kubernetes)]:
        for path in sorted(root.glob(pattern)):
            checked += 1
            for fault in check(path):
                print(str(fault).replace("\n", " "))
    print(f"{checked} files")


main()
