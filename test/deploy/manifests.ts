import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { loadAll } from 'js-yaml';
import ts from 'typescript';

/** An object of Kubernetes, as far as the tests look into all of them alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
}

/** What `kubectl apply -k k8s/overlays/NAME` would send. */
export function render(overlay: string): Manifest[] {
  const yaml = execFileSync('kubectl', ['kustomize', join('k8s/overlays', overlay)], { encoding: 'utf8' });
  return loadAll(yaml) as Manifest[];
}

const moduleOf = ({ apiVersion }: Manifest) =>
  `${apiVersion.startsWith('monitoring.coreos.com/') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'}/${apiVersion}`;

/** What the published schemas refuse of it: kinds, types, missing fields, formats. */
export async function faultsBySchema(manifest: Manifest): Promise<string[]> {
  const models = (await import(moduleOf(manifest))) as Record<
    string,
    (new (data: unknown) => { validate(): void }) | undefined
  >;
  const Model = models[manifest.kind];
  if (!Model) return [`${moduleOf(manifest)} knows no ${manifest.kind}`];
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind}/${manifest.metadata.name}: ${String(error)}`];
  }
}

/**
 * Fields that are not those of their kind, such as misspelt ones: a server drops them in silence, and the schemas let them
 * pass. The types of the same packages do not, where an object is written out.
 */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const file = resolve('test/deploy/manifests.virtual.mts');
  const text = manifests
    .map(
      (manifest, index) =>
        `import type { I${manifest.kind} as K${index} } from '${moduleOf(manifest)}';\n` +
        `export const object${index}: K${index} = ${JSON.stringify(manifest)};\n`,
    )
    .join('');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => path === file || disk.fileExists(path),
    readFile: (path) => (path === file ? text : disk.readFile(path)),
    getSourceFile: (path, version, ...rest) =>
      path === file
        ? ts.createSourceFile(path, text, version, false, ts.ScriptKind.TS)
        : disk.getSourceFile(path, version, ...rest),
  };
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
