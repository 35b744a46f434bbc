/** The results of a run as Markdown; read on a terminal as well. */
export function report({ isQuick, machine, results }) {
  const { cpu, cores, memory, node, postgres, redis, fastify, loadBefore } = machine;
  return [
    '# Results of the last run',
    '',
    `${cores} cores (${cpu}), ${memory}; Node ${node}, Fastify ${fastify}, Postgres ${postgres}, ${redis ? `Redis ${redis}` : 'no Redis'};`,
    `load of the machine before the run ${loadBefore}. [How it is measured](../../docs/performance.md#how-it-is-measured).`,
    ...(isQuick ? ['', '**A quick run: fewer and shorter rounds than a figure needs.**'] : []),
    '',
    ...results.flatMap((result) => (result.failure === undefined ? section(result) : failure(result))),
  ].join('\n');
}

const percent = (share) => `${Math.round(share * 100)} %`;

function section({ id, at, title, target, rounds, company, note, columns, rows }) {
  return [
    `## ${id}: ${title}`,
    '',
    `Target: ${target}. Median of ${rounds} rounds, alternated, ${at.slice(0, 10)}.`,
    ...(note ? ['', note] : []),
    ...(company && !company.isQuiet
      ? [
          '',
          `**The machine was not quiet: others took ${percent(company.busy)} of it between the rounds, and ${percent(company.steal)} were stolen by its host; the same work took ${company.slowed.toFixed(2)} × what it took at best.**`,
        ]
      : []),
    '',
    ...table([
      ['program', ...columns, 'target'],
      ...rows.map(({ name, values, isMet }) => [
        name,
        ...values.map((value) => (typeof value === 'number' ? value.toLocaleString('en') : value)),
        isMet === null ? '' : isMet ? 'met' : 'missed',
      ]),
    ]),
    '',
  ];
}

function failure({ id, failure: reason }) {
  return [`## ${id}: FAILED`, '', `\`${reason.replaceAll('\n', ' ')}\``, ''];
}

/** As Prettier writes tables. */
function table([head, ...body]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)];
}
