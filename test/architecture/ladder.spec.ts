import { allInOne } from '../../src/apps/all-in-one.js';
import { ALSO_SHARED, breaches, INNER_LADDERS } from './ladder.js';
import { allImports, importsOf, readSources, type Sources } from './sources.js';

const sources = readSources('src', 'migrations', 'seeds', 'tools', 'ormconfig.ts');

describe('the ladder', () => {
  it('is kept: imports go down, between nouns only through what is shared, never in circles', () => {
    expect(breaches(sources)).toEqual([]);
  });

  it('is checked on every file of the product', () => {
    expect(sources.has('src/main.ts')).toBe(true);
    expect(sources.size).toBeGreaterThan(100);
    expect(allImports(sources).length).toBeGreaterThan(500);
  });

  it.each(ALSO_SHARED)('has no exception without use: $file ($reason)', ({ file, by }) => {
    const uses = allImports(sources).filter(({ from, to }) => to === file && by.test(from));
    expect(uses).not.toEqual([]);
  });

  it.each(Object.entries(INNER_LADDERS))(
    'inside %s has no step for a folder that is not there',
    (noun, steps) => {
      const paths = [...sources.keys()];
      const missing = steps
        .flat()
        .filter((folder) => !paths.some((path) => path.startsWith(`${noun}/${folder}/`)));
      expect(missing).toEqual([]);
    },
  );

  it('lets migrations import typeorm and nothing else', () => {
    const imported = new Set(allImports(readSources('migrations')).map(({ to }) => to));
    expect([...imported]).toEqual(['typeorm']);
  });
});

describe('the check of the ladder', () => {
  const project = (files: Record<string, string>): Sources => new Map(Object.entries(files));
  const leaf = 'export const leaf = 1;';

  it('finds nothing wrong with imports down the ladder', () => {
    const good = project({
      'src/common/page.ts': leaf,
      'src/platform/http/list.ts': `import { leaf } from '../../common/page.js';`,
      'src/roles/roles.service.ts': `import { leaf } from '../platform/http/list.js';`,
      'src/users/users.service.ts': `import { RolesService } from '../roles/roles.service.js';`,
      'src/apps/all-in-one.ts': `import '../users/users.service.js';`,
    });
    expect(breaches(good)).toEqual([]);
  });

  it('F28: takes a noun of your own for what it says it uses', () => {
    const nouns = [...allInOne.features, { name: 'projects', uses: ['users'] }];
    const module = { 'src/projects/projects.module.ts': `import '../users/users.module.js';` };
    const users = { 'src/users/users.module.ts': leaf, 'src/users/users.service.ts': leaf };
    const service = { 'src/projects/projects.service.ts': `import '../users/users.service.js';` };
    expect(breaches(project({ ...module, ...users, ...service }), nouns)).toEqual([]);
    const used = { 'src/users/users.module.ts': `import '../projects/projects.service.js';` };
    expect(breaches(project({ ...module, ...users, ...service, ...used }), nouns)).toContain(
      'src/users/users.module.ts imports src/projects/projects.service.ts: up the ladder',
    );
  });

  it.each([
    [
      'an import up the ladder',
      {
        'src/roles/roles.service.ts': `import { users } from '../users/users.service.js';`,
        'src/users/users.service.ts': leaf,
      },
      'src/roles/roles.service.ts imports src/users/users.service.ts: up the ladder',
    ],
    [
      'an import up the ladder for its types only',
      { 'src/common/a.ts': `import type { B } from '../access/b.js';`, 'src/access/b.ts': leaf },
      'src/common/a.ts imports src/access/b.ts: up the ladder',
    ],
    [
      'an import up the ladder inside a type',
      { 'src/common/a.ts': `type B = import('../access/b.js').B;`, 'src/access/b.ts': leaf },
      'src/common/a.ts imports src/access/b.ts: up the ladder',
    ],
    [
      'an import up the ladder at run time',
      { 'src/platform/a.ts': `await import('../auth/b.service.js');`, 'src/auth/b.service.ts': leaf },
      'src/platform/a.ts imports src/auth/b.service.ts: up the ladder',
    ],
    [
      'a re-export up the ladder',
      { 'src/access/a.ts': `export * from '../roles/b.events.js';`, 'src/roles/b.events.ts': leaf },
      'src/access/a.ts imports src/roles/b.events.ts: up the ladder',
    ],
    [
      'an import of a composition root',
      { 'src/users/a.ts': `import '../apps/all-in-one.js';`, 'src/apps/all-in-one.ts': leaf },
      'src/users/a.ts imports src/apps/all-in-one.ts: up the ladder',
    ],
    [
      'an import from one way in to another',
      { 'src/web/a.ts': `import '../health/b.service.js';`, 'src/health/b.service.ts': leaf },
      'src/web/a.ts imports src/health/b.service.ts: up the ladder',
    ],
    [
      "an import of another noun's repository",
      { 'src/users/a.ts': `import '../roles/roles.repository.js';`, 'src/roles/roles.repository.ts': leaf },
      'src/users/a.ts imports src/roles/roles.repository.ts: not shared across nouns',
    ],
    [
      'a module imported by something that is not wiring',
      { 'src/users/a.service.ts': `import '../roles/b.module.js';`, 'src/roles/b.module.ts': leaf },
      'src/users/a.service.ts imports src/roles/b.module.ts: not shared across nouns',
    ],
    [
      'a service of users called by auth past its directory',
      { 'src/auth/a.service.ts': `import '../users/b.service.js';`, 'src/users/b.service.ts': leaf },
      'src/auth/a.service.ts imports src/users/b.service.ts: auth knows users by UserDirectory only',
    ],
    [
      'a framework in common',
      { 'src/common/a.ts': `import { Injectable } from '@nestjs/common';` },
      'src/common/a.ts imports @nestjs/common: common knows no framework',
    ],
    [
      'a folder nobody has placed',
      { 'src/utils/a.ts': leaf },
      'src/utils/a.ts is in no layer: no feature has its folder',
    ],
    [
      'a migration imported by something that is no feature',
      { 'src/roles/a.service.ts': `import '../../migrations/b.js';`, 'migrations/b.ts': leaf },
      'src/roles/a.service.ts imports migrations/b.ts: up the ladder',
    ],
    [
      'a file that is not there',
      { 'src/common/a.ts': `import './b.js';` },
      'src/common/a.ts imports src/common/b.ts, which does not exist',
    ],
    [
      'a circle of three files',
      {
        'src/common/a.ts': `import './b.js';`,
        'src/common/b.ts': `import type { C } from './c.js';`,
        'src/common/c.ts': `export { a } from './a.js';`,
      },
      'circle: src/common/a.ts → src/common/b.ts → src/common/c.ts',
    ],
    [
      'a circle of two folders whose files make none',
      {
        'src/users/a/one.ts': `import '../b/two.js';`,
        'src/users/b/two.ts': leaf,
        'src/users/b/three.ts': `import type { Four } from '../a/four.js';`,
        'src/users/a/four.ts': leaf,
      },
      'circle of folders: src/users/a → src/users/b',
    ],
    [
      'an import up the ladder inside a noun',
      {
        'src/auth/tokens/a.ts': `import type { B } from '../sessions/b.js';`,
        'src/auth/sessions/b.ts': leaf,
      },
      'src/auth/tokens/a.ts imports src/auth/sessions/b.ts: up the ladder of src/auth',
    ],
    [
      'an import from one folder of a step to another',
      { 'src/auth/oauth/a.ts': `import '../recovery/b.js';`, 'src/auth/recovery/b.ts': leaf },
      'src/auth/oauth/a.ts imports src/auth/recovery/b.ts: up the ladder of src/auth',
    ],
    [
      'an import of the wiring of a noun from inside',
      { 'src/auth/oauth/a.ts': `import '../b.js';`, 'src/auth/b.ts': leaf },
      'src/auth/oauth/a.ts imports src/auth/b.ts: up the ladder of src/auth',
    ],
    [
      'a folder of a noun that nobody has placed',
      { 'src/auth/utils/a.ts': leaf },
      'src/auth/utils/a.ts is on no step of src/auth',
    ],
    ['a file that imports itself', { 'src/common/a.ts': `import './a.js';` }, 'circle: src/common/a.ts'],
  ])('finds %s', (_, files, breach) => {
    expect(breaches(project(files))).toEqual([breach]);
  });

  it('tells imports that the compiler erases from others', () => {
    const text = `
      import type { A } from './a.js';
      import { type B } from './b.js';
      import { type C, d } from './c.js';
      import e from './e.js';
      import './f.js';`;
    expect(importsOf('src/x.ts', text).map(({ to, isTypeOnly }) => [to, isTypeOnly])).toEqual([
      ['src/a.ts', true],
      ['src/b.ts', true],
      ['src/c.ts', false],
      ['src/e.ts', false],
      ['src/f.ts', false],
    ]);
  });
});
