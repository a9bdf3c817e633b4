# Feast's client, driven by a test: one JSON command a line on standard input, one JSON answer a line on standard output.
# Usage: client.py PARQUET NAME=REPO…, each REPO a folder with a feature_store.yaml.
import json
import sys
import warnings
from datetime import datetime, timezone

import pandas as pd
from definitions import definitions
from feast import FeatureStore
from feast.data_source import PushMode
from feast.feature_server_utils import convert_response_to_dict
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.type_map import feast_value_type_to_python_type
from starlette.responses import JSONResponse

warnings.simplefilter("ignore")


def shown(value):
    """The Python type and text of a value, so that 5 and 5.0 differ in JSON too."""
    return None if value is None else f"{type(value).__name__} {value!r}"


def get(store, command):
    features = command["features"]
    if isinstance(features, str):
        features = store.get_feature_service(features)
    response = store.get_online_features(
        features=features,
        entity_rows=command["entities"],
        full_feature_names=command.get("full_feature_names", False),
        include_feature_view_version_metadata=command.get("versions", False),
    )
    values = response.to_dict()
    metadata = response.proto.metadata
    columns = {
        name: {
            "values": [shown(value) for value in values[name]],
            "statuses": [FieldStatus.Name(status) for status in vector.statuses],
        }
        for name, vector in zip(metadata.feature_names.val, response.proto.results)
    }
    versions = {view.name: view.version for view in metadata.feature_view_metadata}
    return {"columns": columns, "versions": versions}


def wire(store, command):
    """The text that Feast's own feature server sends for a request."""
    response = store.get_online_features(features=command["features"], entity_rows=command["entities"])
    return JSONResponse(convert_response_to_dict(response.proto)).body.decode()


def read(store, command):
    """The low-level read, as compute engines and other stores of Feast use it."""
    view = store.get_feature_view(command["view"])
    keys = [
        EntityKey(join_keys=[command["join_key"]], entity_values=[Value(int64_val=id)]) for id in command["ids"]
    ]
    rows = store._get_provider().online_read(store.config, view, keys, command["features"])
    return [
        {
            "time": None if time is None else time.isoformat(),
            "values": {name: shown(feast_value_type_to_python_type(value)) for name, value in (row or {}).items()},
        }
        for time, row in rows
    ]


def frame(columns):
    made = {}
    for name, column in columns.items():
        kind, values = column["type"], column["values"]
        if kind == "time":
            made[name] = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601", utc=True)
        elif kind == "bytes":
            made[name] = pd.Series([value.encode() for value in values], dtype=object)
        else:
            made[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(made)


def write(store, command):
    store.write_to_online_store(command["view"], frame(command["columns"]))


def push(store, command):
    store.push(command["source"], frame(command["columns"]), to=PushMode[command["to"].upper()])


def materialize(store, command):
    start, end = (datetime.fromisoformat(command[name]).astimezone(timezone.utc) for name in ("start", "end"))
    store.materialize(start, end, feature_views=command["views"])


OPERATIONS = {"get": get, "wire": wire, "read": read, "write": write, "push": push, "materialize": materialize}


def main():
    parquet, *repos = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr
    stores = {}
    for repo in repos:
        name, path = repo.split("=", 1)
        stores[name] = FeatureStore(repo_path=path)
        stores[name].apply(definitions(parquet))

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    answer({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            result = OPERATIONS[command["op"]](stores[command["store"]], command)
            answer({"result": result})
        except Exception as error:
            kind = type(error)
            answer({"error": {"class": f"{kind.__module__}.{kind.__name__}", "message": str(error)}})


main()
