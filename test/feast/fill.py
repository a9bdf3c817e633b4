# Fills Feast's own online store: applies the repo's definitions and writes the rows of a feature server's answer.
# Usage: fill.py REPO EVENT_TIME < ANSWER, an answer of POST /get-online-features that holds every row.
import json
import sys

import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource
from feast.types import Float64, Int64
from feast.value_type import ValueType

repo, event_time = sys.argv[1:]
answer = json.load(sys.stdin)
rows = pd.DataFrame(
    {name: result["values"] for name, result in zip(answer["metadata"]["feature_names"], answer["results"])}
)
user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
profile = FeatureView(
    name="profile",
    entities=[user],
    schema=[Field(name=name, dtype=Int64 if kind == "int64" else Float64) for name, kind in rows.dtypes.items()],
    source=FileSource(name="profiles", path="profiles.parquet", timestamp_field="event_timestamp"),
)
store = FeatureStore(repo_path=repo)
store.apply([user, profile, FeatureService(name="bench", features=[profile])])
store.write_to_online_store("profile", rows.assign(event_timestamp=pd.Timestamp(event_time)))
