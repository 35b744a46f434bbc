import { readText } from './sources.js';

describe('F15: the image', () => {
  const image = readText('Dockerfile');

  it('runs as a user that is told by number not to be root', () => {
    expect(image).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it('holds the build and what it needs, no tool of development', () => {
    const copied = image
      .split(/^FROM /m)
      .at(-1)
      ?.match(/^COPY .+$/gm);
    expect(copied).toEqual([
      'COPY --from=dependencies /app/node_modules node_modules',
      'COPY --from=build /app/dist dist',
      'COPY package.json ./',
    ]);
    const built = ['src', 'migrations', 'seeds', 'ormconfig.ts'];
    expect(JSON.parse(readText('nest-cli.json'))).toMatchObject({
      compilerOptions: { builder: { options: { filenames: built } } },
    });
    expect(JSON.parse(readText('tsconfig.build.json'))).toMatchObject({ include: built });
  });

  it('asks at the port that the API and workers answer probes at', () => {
    expect(image).toMatch(/^ENV .*\bMANAGEMENT_PORT=9464$/m);
    expect(image).toMatch(/^HEALTHCHECK [\s\S]+?process\.env\.MANAGEMENT_PORT\+'\/api\/v1\/health\/live'/m);
  });
});

describe('F15: the compose file', () => {
  const compose = readText('docker-compose.yml');

  it('lets nothing start before what it needs is healthy', () => {
    const needs = [...compose.matchAll(/depends_on:\n((?: {6}.+\n)+)/g)].flatMap(([, lines = '']) =>
      lines.trimEnd().split('\n'),
    );
    expect(needs.length).toBeGreaterThan(3);
    expect(needs.filter((line) => !line.includes('condition: service_healthy'))).toEqual([]);
  });

  it('knows when the stores are healthy, not only when they answer something', () => {
    expect(compose).toContain('pg_isready -h 127.0.0.1');
    expect(compose).toContain('redis-cli ping | grep -q PONG');
  });
});
