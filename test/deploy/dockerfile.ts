import { readFileSync } from 'node:fs';
import { type Copy, DockerfileParser, type From, type Instruction, type Run } from 'dockerfile-ast';

/** A stage of the Dockerfile, with what its instructions say, in their order. */
export interface Stage {
  readonly name: string;
  /** Another stage, or an image. */
  readonly from: string;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'workdir'; readonly path: string }
  | {
      readonly kind: 'copy';
      readonly from: string | null;
      readonly sources: readonly string[];
      readonly to: string;
    }
  | { readonly kind: 'run'; readonly command: string; readonly caches: readonly string[] }
  | { readonly kind: 'env'; readonly variables: Readonly<Record<string, string>> }
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'expose'; readonly ports: readonly string[] }
  | { readonly kind: 'cmd'; readonly command: readonly string[] }
  | { readonly kind: 'healthcheck'; readonly command: readonly string[] }
  | { readonly kind: 'label'; readonly text: string }
  | { readonly kind: 'arg'; readonly text: string };

/** @throws for an instruction or a flag that this reader would have to leave out */
export function readDockerfile(path = 'Dockerfile'): Stage[] {
  const instructions = DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions();
  const defaults: Record<string, string> = {};
  const stages: (Stage & { readonly steps: Step[] })[] = [];
  for (const instruction of instructions) {
    const current = stages.at(-1);
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      const image = (from.getImage() ?? '').replace(
        /\$\{(\w+)\}/g,
        (_, name: string) => defaults[name] ?? '',
      );
      stages.push({ name: from.getBuildStage() ?? '', from: image, steps: [] });
    } else if (current) current.steps.push(stepOf(instruction));
    else Object.assign(defaults, variablesIn(textOf(instruction)));
  }
  return stages;
}

function stepOf(instruction: Instruction): Step {
  const text = textOf(instruction);
  const words = instruction.getArguments().map((argument) => argument.getValue());
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      return { kind: 'workdir', path: text };
    case 'COPY': {
      const flags = (instruction as Copy).getFlags();
      const others = flags.filter((flag) => flag.getName() !== 'from');
      if (others.length > 0) throw new Error(`COPY ${others.join(' ')} is not known here`);
      return {
        kind: 'copy',
        from: flags[0]?.getValue() ?? null,
        sources: words.slice(0, -1),
        to: words.at(-1) ?? '',
      };
    }
    case 'RUN': {
      const caches = (instruction as Run).getFlags().map((flag) => {
        const [, path] = /^--mount=type=cache,target=(\S+)$/.exec(flag.toString()) ?? [];
        if (path === undefined) throw new Error(`RUN ${flag.toString()} is not known here`);
        return path;
      });
      return { kind: 'run', command: text, caches };
    }
    case 'ENV':
      return { kind: 'env', variables: variablesIn(text) };
    case 'USER':
      return { kind: 'user', user: text };
    case 'EXPOSE':
      return { kind: 'expose', ports: words };
    case 'CMD':
      return { kind: 'cmd', command: JSON.parse(text) as string[] };
    case 'HEALTHCHECK':
      return { kind: 'healthcheck', command: JSON.parse(text.replace(/^CMD /, '')) as string[] };
    case 'LABEL':
      return { kind: 'label', text };
    case 'ARG':
      return { kind: 'arg', text };
    default:
      throw new Error(`${instruction.getKeyword()} is not known here`);
  }
}

function textOf(instruction: Instruction): string {
  return instruction.getRawArgumentsContent() ?? '';
}

function variablesIn(text: string): Record<string, string> {
  return Object.fromEntries(text.split(/\s+/).map((word) => word.split(/=(.*)/s, 2) as [string, string]));
}

/** Whether .dockerignore leaves this file of the repository out of what COPY sees: the last line that fits decides. */
export function isIgnored(path: string, patterns: readonly string[]): boolean {
  let isOut = false;
  for (const line of patterns) {
    const [, negation, pattern = ''] = /^(!?)(.+)$/.exec(line) ?? [];
    if (expressionOf(pattern).test(path)) isOut = negation === '';
  }
  return isOut;
}

/** A pattern fits a file, and everything below a folder. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^$()|[\]{}\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (wild) => (wild === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`);
}
