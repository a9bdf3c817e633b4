// Join keys and request fields that a request need not give: a limited token learns nothing by giving them.
import { beforeAll, describe, expect, it } from "vitest";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { type Answered, flightRow, type Harness, harness, NOW } from "./support/harness.ts";

const SEA = { origin: "SEA" };
const DELAY = { features: ["last_flight:delay"], entities: SEA };
const as = (token: string) => ({ authorization: `Bearer ${token}` });

describe("a limited token", () => {
  let h: Harness;
  let readViewToken: string;
  let readServiceToken: string;
  beforeAll(async () => {
    h = harness(durableObjectStore(), { publicReads: false });
    await h.apply();
    await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    const create = async (limits: Record<string, unknown>) => {
      const answer = await h.send("POST", "/v1/tokens", { name: "a token", access: "read", ...limits });
      return answer.json.token as string;
    };
    readViewToken = await create({ views: ["last_flight"] });
    readServiceToken = await create({ services: ["model"] });
  });

  it.each([false, true])(
    "is told alike of names there are and names there are not, by a cold isolate: %s",
    async (cold) => {
      const readView = as(readViewToken);
      // Of other views: a join key, an entity, a renamed join key, a request field. And none of anything.
      const others = ["user_id", "user", "destination", "scheduled"];
      const told = async (send: (name: string) => Promise<Answered>) => {
        const answers: unknown[] = [];
        for (const name of [...others, "no_such_name"]) {
          const { status, text } = await send(name);
          answers.push([status, text.replaceAll(name, "NAME")]);
        }
        return answers;
      };
      const isolate = () => (cold ? h.isolate() : h);
      const inEntities = await told((name) =>
        isolate().features({ ...DELAY, entities: { ...SEA, [name]: 1 } }, readView),
      );
      const inRequest = await told((name) => isolate().features({ ...DELAY, request: { [name]: 1 } }, readView));
      const inQuery = await told((name) =>
        isolate().send("GET", `/v1/features?features=last_flight:delay&origin=SEA&${name}=1`, undefined, readView),
      );
      const inFeast = await told((name) => {
        const body = { features: DELAY.features, entities: { origin: ["SEA"], [name]: [1] } };
        return isolate().send("POST", "/get-online-features", body, readView);
      });
      for (const answers of [inEntities, inRequest, inQuery, inFeast]) {
        expect(answers).toEqual(Array.from({ length: 5 }, () => answers[4]));
        expect(answers[4]).toEqual([400, expect.stringMatching(/there is no (join key|request field) /)]);
      }
      // One fault beside another tells of the first no more.
      const uneven = await told((name) => {
        const body = { features: DELAY.features, entities: { origin: ["SEA"], [name]: [1, 2] } };
        return isolate().send("POST", "/get-online-features", body, readView);
      });
      expect(uneven).toEqual(Array.from({ length: 5 }, () => uneven[4]));
      // Whoever may know them may give them.
      expect((await isolate().features({ ...DELAY, entities: { ...SEA, user_id: 1 } })).status).toBe(200);
      const readService = as(readServiceToken);
      expect(
        (
          await isolate().features(
            { service: "model", entities: SEA, request: { scheduled: 1, seats: 1 } },
            readService,
          )
        ).status,
      ).toBe(200);
    },
  );
});
