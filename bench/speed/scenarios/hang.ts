import type { Measure, Scenario } from "../bench.ts";
import { challengeRequest, deliveryRequest } from "../deliveries.ts";
import { median } from "../statistics.ts";

/** Okta gives up after 3 s, of which the way takes a part. In seconds. */
const goal = { atMost: 2.8 };

const BURSTS = [20, 80];

/** When deliveries are answered while the queue takes tasks and never answers. */
export const hang: Scenario = {
  id: "hang",
  title: "The queue hangs",
  measures: [
    measure("hang.1", "1 delivery of 1 event"),
    ...BURSTS.flatMap((count) => [
      measure(`hang.${count}.median`, `${count} deliveries of 100 events at once, half of them`),
      measure(`hang.${count}.longest`, `${count} deliveries of 100 events at once, the last`),
    ]),
  ],
  others: ["bare"],
  rounds: { full: 3, quick: 1 },
  async run(contender, bench) {
    await bench.setStub();
    const server = await contender.start({ request: challengeRequest(), expect: 200 });
    try {
      const { port, pid } = server;
      const requests = (deliveries: number, events: number) =>
        Array.from({ length: deliveries }, () => deliveryRequest(events));
      await bench.load({ port, pid, connections: 20, requests: requests(64, 1), expect: 204 });
      await bench.setStub({ queue: "hangs" });
      const burst = async (deliveries: number, events: number) => {
        const { milliseconds, statuses } = await bench.burst({
          port,
          requests: requests(deliveries, events),
        });
        const accepted = statuses.filter((status) => status < 500).length;
        if (accepted > 0)
          throw new Error(`${accepted} deliveries whose tasks are lost were not answered by 5xx.`);
        return milliseconds.map((each) => each / 1000);
      };
      const figures = new Map([["hang.1", median(await burst(1, 1))]]);
      for (const count of BURSTS) {
        const seconds = await burst(count, 100);
        figures.set(`hang.${count}.median`, median(seconds));
        figures.set(`hang.${count}.longest`, Math.max(...seconds));
      }
      return Object.fromEntries(figures);
    } finally {
      await server.stop();
    }
  },
};

function measure(id: string, what: string): Measure {
  return { id, title: `queue hangs: ${what} answered after`, unit: "s", better: "lower", goal };
}
