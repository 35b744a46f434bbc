/** The results as Markdown; read on a terminal as well. */
export function report(results, machine, isQuick) {
  const { cores, memory, node, loadBefore, loadAfter } = machine;
  const isLoaded = loadBefore > cores / 2;
  return [
    '# Results of the last run',
    '',
    `${cores} cores, ${memory}, Node ${node}; load of the machine before the run ${loadBefore}, after it ${loadAfter}.`,
    ...(isLoaded
      ? [
          '',
          `**The machine did other work meanwhile (load ${loadBefore} on ${cores} cores): the figures are lower than those of a quiet one.**`,
        ]
      : []),
    ...(isQuick ? ['', '**A quick run: fewer and shorter rounds than a figure needs.**'] : []),
    '',
    ...results.flatMap(section),
  ].join('\n');
}

function section({ id, title, target, rounds, columns, rows }) {
  return [
    `## ${id}: ${title}`,
    '',
    `Target: ${target}. Median of ${rounds} rounds, alternated.`,
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

/** As Prettier writes tables. */
function table([head, ...body]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)];
}
