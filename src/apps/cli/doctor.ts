import { ConfigurationError } from '../../platform/config/config.js';
import { keptSecrets } from '../../platform/config/development-secrets.js';
import { printable } from '../../common/printable.js';
import { CHECKS, type Examined, examine } from '../doctor/examine.js';
import { gatherFacts, type Machine } from '../doctor/gather.js';
import { readConfig } from '../read-config.js';
import { type Answer, defineCommand } from './command.js';
import type { CommandSite } from './command-site.js';

const MARKS = { ok: 'ok  ', warning: 'WARN', fault: 'FAIL', skipped: '-   ' } as const;
const WIDTH = Math.max(...CHECKS.map(({ id }) => id.length));

const doctor = defineCommand({
  name: 'doctor',
  help: 'Looks at settings, database, Redis, broker, mail, keys, clock and disk, and says what to do; changes nothing.\nExits with 1 on a fault, with 0 on warnings. The lines are those of the checklist in docs/production.md.',
  run: (_, site) => diagnose(site),
});

export const doctorCommands = [doctor];

/** Settings are read as they are, and none is made: development has made its secrets, or will. */
export async function diagnose(
  { definition, environment }: CommandSite,
  machine?: Machine,
  overrides: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  try {
    const config = readConfig(definition, environment, overrides, keptSecrets);
    return report(examine(await gatherFacts(definition, config, machine)));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return report(faultsOf(error));
  }
}

/** With settings that cannot be used nothing else can be looked at. */
function faultsOf({ faults }: ConfigurationError): Examined[] {
  return [...faults].map(([name, reason]) => ({
    check: 'configuration',
    status: 'fault',
    says: `${name} ${reason}`,
    remedy: `Correct ${name} in the environment or in .env; the README has all settings. Then run this again for the rest.`,
  }));
}

function report(examined: readonly Examined[]): Answer {
  const count = (wanted: Examined['status']) => examined.filter(({ status }) => status === wanted).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  const lines = examined.map(({ check, status, says, remedy }) => {
    const line = `${MARKS[status]}  ${check.padEnd(WIDTH)}  ${printable(says)}\n`;
    return remedy === undefined ? line : `${line}${' '.repeat(WIDTH + 8)}→ ${printable(remedy)}\n`;
  });
  return {
    text: `${lines.join('')}\nFaults: ${faults}, warnings: ${warnings}\n`,
    json: { faults, warnings, checks: examined },
    code: faults > 0 ? 1 : 0,
  };
}
