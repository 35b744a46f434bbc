import type { ApiResponse } from './api.js';
import { separation, timed } from './statistics.js';

/** Requests that are to be answered alike, by their kind. */
export type Arms = Readonly<Record<string, () => Promise<ApiResponse<unknown>>>>;

/** Everything of an answer a caller sees, but what differs from request to request anyway. */
export function face({ status, headers, text }: ApiResponse<unknown>): string {
  const { date: _date, 'x-request-id': _id, ratelimit: _left, ...rest } = headers;
  const masked = text.replace(/"(requestId|challengeId)":"[^"]+"/, '"$1":"…"');
  return JSON.stringify([status, rest, masked]);
}

/** How well each arm is told from the first by its time (0.5: not at all), taken in turns; `between` rounds. */
export async function separations(
  arms: Arms,
  between: () => Promise<void>,
  samples: number,
): Promise<[string, number][]> {
  const times = new Map(Object.keys(arms).map((kind) => [kind, [] as number[]]));
  for (let round = 0; round < samples; round += 1) {
    const order = Object.entries(arms);
    const at = round % order.length;
    for (const [kind, request] of [...order.slice(at), ...order.slice(0, at)]) {
      times.get(kind)?.push(await timed(request));
    }
    await between();
  }
  const [reference = [], ...others] = times.values();
  const [, ...names] = times.keys();
  return others.map((values, index) => [names[index] ?? '', separation(values, reference)]);
}

/**
 * Arms whose times tell them from the first. What leaves 0.35–0.65 of 60 samples, as chance does once in 200 times, is
 * measured again with 180, of which chance leaves 0.40–0.60 once in 1,000.
 */
export async function toldApart(
  arms: Arms,
  between: () => Promise<void> = async () => {},
  samples = 60,
): Promise<[string, number][]> {
  const leaves =
    (margin: number) =>
    ([, value]: [string, number]) =>
      Math.abs(value - 0.5) > margin;
  const suspicious = (await separations(arms, between, samples)).filter(leaves(0.15)).map(([kind]) => kind);
  if (suspicious.length === 0) return [];
  const again = Object.entries(arms).filter(([kind], index) => index === 0 || suspicious.includes(kind));
  return (await separations(Object.fromEntries(again), between, 3 * samples)).filter(leaves(0.1));
}
