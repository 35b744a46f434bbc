import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Problem } from './problem.mjs';

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill()));

export const say = (line) => process.stdout.write(`${line}\n`);

/** Says what is done and does it. Answers what the command wrote. @throws Problem with it, when it fails */
export async function step(what, command, args, { env = {}, shell = false } = {}) {
  say(`${what} …`);
  const started = performance.now();
  const child = spawn(command, args, {
    // npm is a script on Windows.
    shell: shell || process.platform === 'win32',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close').catch((error) => [error.message]);
  children.delete(child);
  if (code !== 0)
    throw new Problem(`${output.trimEnd()}\n${what}: failed (${[command, ...args].join(' ')}).`);
  say(`  done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return output;
}

export const npmRun = (what, script, args = [], options = {}) =>
  step(what, 'npm', ['run', '-s', script, ...(args.length > 0 ? ['--', ...args] : [])], options);
