// A guide as a list of steps: commands to run, changes to make, files to write.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The blocks of code below a heading of the second level. */
export function stepsOf(markdown, heading) {
  const section = markdown.split(/^(?=## )/m).find((one) => one.startsWith(`## ${heading}\n`));
  if (section === undefined) throw new Error(`There is no heading ${heading}`);
  const blocks = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, language, text]) => ({ language, text }));
}

/** Makes a change in the folder `root`; commands are what `run` is called with. */
export async function follow(root, { language, text }, run) {
  if (language === 'bash') {
    for (const command of text.split('\n').filter(Boolean)) await run(command);
  } else if (language === 'diff') change(root, text);
  else if (language === 'ts') write(root, text);
  else throw new Error(`What is to be done with ${language}?`);
}

/** A diff without numbers: its first line names the file; the lines with a space or a minus are in it, once. */
function change(root, text) {
  const [path, ...lines] = text.split('\n').slice(0, -1);
  const without = (sign) => lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
  const file = join(root, path);
  const before = readFileSync(file, 'utf8');
  const [old, next] = [without('+').join('\n'), without('-').join('\n')];
  if (before.split(old).length !== 2)
    throw new Error(`${path} has this ${before.split(old).length - 1} times:\n${old}`);
  writeFileSync(
    file,
    before.replace(old, () => next),
  );
}

/** A file: its first line is a comment with its path. */
function write(root, text) {
  const [comment, ...lines] = text.split('\n');
  const file = join(root, comment.replace('// ', ''));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.join('\n'));
}
