// P3: what every request costs before it does anything.
import { startFloor, startGatehouse } from './programs.mjs';
import { measureRates, rateResult } from './rates.mjs';

const LEAST = 0.5;
const script = { name: 'list', requests: [{ path: '/api/v1/health' }] };

export function run({ withRig, pace, say }) {
  return withRig({}, async (rig) => {
    const { url: database } = await rig.database();
    const programs = [
      { name: 'node:http', ...(await startFloor(rig, 'health')), script },
      { name: 'Fastify', ...(await startFloor(rig, 'health', { WITH: 'fastify' })), script },
      { name: 'Gatehouse', ...(await startGatehouse(rig, { DATABASE_URL: database })), script },
    ];
    const measured = await measureRates(rig, { id: 'P3', programs, pace, say });
    return [
      rateResult(measured, {
        id: 'P3',
        title: 'GET health, 32 connections',
        target: `≥ ${LEAST} × node:http`,
        floor: 'node:http',
        programs: programs.map(({ name }) => name),
        meets: (share) => share >= LEAST,
      }),
    ];
  });
}
