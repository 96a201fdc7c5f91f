"""The OpenAPI document is true: Schemathesis makes requests from it and holds the answers against it."""

import json
import subprocess
import sys
import urllib.request

import pytest
from PIL import Image

# What no schema can say: whether bytes are a picture.
CONFIGURATION = """
[parameters]
"path.id" = "{picture}"
"path.sha256" = "{result}"

[[operations]]
include-operation-id = "addPicture"
checks.positive_data_acceptance.expected-statuses = [201, 422]
"""


def known(address, photograph):
    """A picture and a result that the server has."""
    request = urllib.request.Request(f"{address}api/pictures", photograph.read_bytes())
    with urllib.request.urlopen(request) as answer:
        picture = json.load(answer)["id"]
    with urllib.request.urlopen(f"{address}api/pictures/{picture}/result?k=4") as answer:
        return {"picture": picture, "result": json.load(answer)["sha256"]}


@pytest.mark.parametrize("which", ["--exclude-operation-id", "--include-operation-id"])
def test_no_fault_is_found(address, photograph, tmp_path, which):
    small = tmp_path / "small.png"
    with Image.open(photograph) as image:
        image.resize((64, 43)).save(small)
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION.format(**known(address, small)))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}openapi.json"),
        *("--checks", "all", "--max-examples", "60", "--seed", "1", which, "dropPicture"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout[-5000:]
