// What the flights are pushed into: windows of three lengths by airport.
import { avg, count, entity, featureView, int64, lifetime, max, stream, string, timestamp } from "edgefeat";

const airport = entity("airport", { joinKey: "origin", type: string() });

export const airportDelays = featureView("airport_delays", {
  entities: [airport],
  source: stream("departures", {
    eventTime: "date",
    eventId: "flight",
    schema: { flight: int64(), date: timestamp(), origin: string(), delay: int64(), distance: int64() },
  }),
  push: true,
  aggregations: {
    delay_avg_1h: avg("delay", "1h"),
    departures_1d: count("1d"),
    delay_max_7d: max("delay", "7d", { where: "delay > 0" }),
    departures: count(lifetime()),
  },
});
