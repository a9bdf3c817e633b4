// Functions of places on the Earth.
import { atan2, cos, sin } from "../math/index.ts";
import { type FunctionEntry, overload } from "./entry.ts";

/** The Earth's mean radius R₁ by the IUGG (GRS 80). */
export const EARTH_RADIUS_KM = 6371.0088;

const RADIANS = Math.PI / 180;

/** Returns the great-circle distance in kilometres of two points given in degrees. */
export function haversineKm(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const sinLat = sin(((lat2 - lat1) * RADIANS) / 2);
  const sinLon = sin(((lon2 - lon1) * RADIANS) / 2);
  const a = sinLat * sinLat + cos(lat1 * RADIANS) * cos(lat2 * RADIANS) * (sinLon * sinLon);
  // For antipodes rounding may lift a above 1.
  return 2 * EARTH_RADIUS_KM * atan2(Math.sqrt(a), Math.sqrt(Math.max(0, 1 - a)));
}

export const geographyFunctions: readonly FunctionEntry[] = [
  {
    name: "haversine_km",
    parameters: ["lat1", "lon1", "lat2", "lon2"],
    overloads: [
      overload(["float64", "float64", "float64", "float64"], "float64", (a, b, c, d) => haversineKm(a, b, c, d)),
    ],
  },
];
