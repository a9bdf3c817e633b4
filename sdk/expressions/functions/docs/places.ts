// The reference's text on functions of places.
import type { FunctionTexts } from "./function-text.ts";

export const placeTexts: FunctionTexts = {
  haversine_km: {
    gives:
      "The great-circle distance in kilometres of two points in degrees, on a sphere of radius 6371.0088 km (IUGG mean): 2R · atan2(√a, √(1 - a)) with a = sin²(Δlat / 2) + cos lat1 · cos lat2 · sin²(Δlon / 2). Whether degrees are in range is not checked; NaN for NaN and the infinities.",
    examples: [
      ["haversine_km(47.449, -122.309, 40.64, -73.779)", "3886.625660519118"],
      ["haversine_km(0, 0, 0, 180)", "20015.114442035923"],
    ],
  },
};
