# Feast's point-in-time join of one history, over its file store (Dask): `run` joins, `save` writes the result.
# Usage: history.py REPO FEATURES ENTITIES RESULT TTL_SECONDS, the middle three Parquet files; answers each line by one of JSON.
import json
import resource
import sys
import time
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast.types import Float64, Int64
from feast.value_type import ValueType

repo, features, entities, result, ttl = sys.argv[1:]
user = Entity(name="user", join_keys=["k"], value_type=ValueType.STRING)
source = FileSource(name="history", path=features, timestamp_field="e", created_timestamp_column="c")
view = FeatureView(
    name="view_0",
    entities=[user],
    ttl=timedelta(seconds=int(ttl)),
    schema=[Field(name="x", dtype=Float64), Field(name="n", dtype=Int64)],
    source=source,
)
store = FeatureStore(repo_path=repo)
store.apply([user, view])
rows = pd.read_parquet(entities)


def run():
    started, used = time.perf_counter(), time.process_time()
    joined = store.get_historical_features(entity_df=rows, features=["view_0:x", "view_0:n"]).to_df()
    return joined, {"seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - used}


def answer(line):
    print(json.dumps(line), flush=True)


answer({"ready": True})
joined, times = None, {}
for line in sys.stdin:
    if line.strip() == "run":
        joined, times = run()
    else:
        joined.to_parquet(result)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer({**times, "peakBytes": peak})
