# What features.ts defines, as Feast defines it: the client's own registry knows these.
from datetime import timedelta

from feast import (
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    PushSource,
    RequestSource,
)
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import (
    Array,
    Bool,
    Bytes,
    Float32,
    Float64,
    Int32,
    Int64,
    String,
    UnixTimestamp,
)
from feast.value_type import ValueType

user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
city = Entity(name="city", join_keys=["city"], value_type=ValueType.STRING)


def source(name, path, created="created"):
    return FileSource(
        name=name, path=path, timestamp_field="event_timestamp", created_timestamp_column=created
    )


def view(name, entities, batch_source, schema):
    return FeatureView(
        name=name,
        entities=entities,
        ttl=timedelta(0),
        source=batch_source,
        schema=[Field(name=feature, dtype=dtype) for feature, dtype in schema.items()],
    )


def definitions(parquet):
    """Returns Feast's objects; `parquet` is the file of hourly driver statistics."""
    everything = view(
        "everything",
        [user],
        source("events", "events.parquet"),
        {
            "user_id": Int64,
            "a_bool": Bool,
            "an_int32": Int32,
            "an_int64": Int64,
            "a_float32": Float32,
            "a_float64": Float64,
            "a_string": String,
            "a_time": UnixTimestamp,
            "strings": Array(String),
            "integers": Array(Int64),
            "floats": Array(Float64),
            "embedding": Array(Float32),
        },
    )
    blobs = view(
        "blobs", [user], source("files", "files.parquet", None), {"user_id": Int64, "some_bytes": Bytes}
    )
    hourly = view(
        "driver_hourly_stats",
        [driver],
        PushSource(name="driver_stats", batch_source=source("hourly_file", parquet)),
        {"driver_id": Int64, "conv_rate": Float32, "acc_rate": Float32, "avg_daily_trips": Int32},
    )
    trips = view(
        "trips_in_city",
        [driver, city],
        source("trips", "trips.parquet", None),
        {"driver_id": Int64, "city": String, "trips": Int64},
    )
    # Without an entity.
    rates = view("rates", [], source("rate_log", "rates.parquet", None), {"rate": Float64})
    # A view that Edgefeat does not know.
    unknown = view("unknown", [user], source("unknown", "unknown.parquet"), {"user_id": Int64, "x": Int64})

    request = RequestSource(name="request", schema=[Field(name="val_to_add", dtype=Float64)])

    @on_demand_feature_view(
        sources=[hourly, request], schema=[Field(name="conv_rate_plus", dtype=Float64)], mode="pandas"
    )
    def adjusted(inputs):
        inputs["conv_rate_plus"] = inputs["conv_rate"].astype("float64") + inputs["val_to_add"]
        return inputs[["conv_rate_plus"]]

    model = FeatureService(
        name="driver_model", features=[hourly[["conv_rate", "avg_daily_trips"]], adjusted]
    )
    return [user, driver, city, everything, blobs, hourly, trips, rates, unknown, adjusted, model]
