import { inspect, styleText } from 'node:util';
import type { DestinationStream } from 'pino';
import { printable } from '../../common/printable.js';

type Style = Parameters<typeof styleText>[0];

const LEVELS: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['TRACE', 'gray'],
  20: ['DEBUG', 'gray'],
  30: ['INFO', 'green'],
  40: ['WARN', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', 'red'],
};

/** Writes the lines of pino as people read them: in development, on a terminal. */
export function readableLog(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(readable(line)) };
}

/** Time, level, context and message of a line of pino; behind them what else it says, below them what went wrong. */
export function readable(line: string): string {
  const { level, time, context, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const [name, style] = LEVELS[Number(level)] ?? [String(level), 'reset'];
  const parts = [
    styleText('gray', new Date(Number(time)).toTimeString().slice(0, 8)),
    styleText(style, name.padEnd(5)),
    ...(typeof context === 'string' ? [styleText('cyan', printable(context))] : []),
    ...(typeof msg === 'string' ? [printable(msg)] : []),
    ...(Object.keys(rest).length > 0 ? [styleText('gray', shown(rest))] : []),
  ];
  return `${parts.join('  ')}\n${err === undefined ? '' : below(err)}`;
}

/** An error as pino tells it, indented, so that none of its lines is taken for a line of the log; and its causes. */
function below(error: unknown): string {
  if (typeof error !== 'object' || error === null) return `    ${shown(error)}\n`;
  const { stack, cause, type: _type, message: _message, ...rest } = error as Record<string, unknown>;
  const lines = String(stack).split('\n').map(printable);
  if (Object.keys(rest).length > 0) lines.push(shown(rest));
  const text = lines.map((line) => `    ${line}\n`).join('');
  return cause === undefined ? text : `${text}    caused by\n${below(cause)}`;
}

/** Escapes what steers a terminal. */
function shown(value: unknown): string {
  return printable(inspect(value, { depth: 6, breakLength: Infinity }));
}
