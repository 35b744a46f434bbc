import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const PAGES = globSync([
  '*.md',
  '{docs,bench,examples,.github}/**/*.md',
  'sdk/*/*.md',
  'sdk/*.md',
]).toSorted();

const withoutCode = (page: string) => page.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, 'code');

/** As GitHub makes them: small letters, blanks as hyphens, no other signs. */
function anchorsOf(page: string): string[] {
  const headings = page.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ +(.+)$/gm);
  return Array.from(headings, ([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

function faultOf(path: string, link: string): string | null {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : normalize(join(dirname(path), file));
  if (!existsSync(target)) return `${path}: ${link} is not there`;
  if (anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor)) return null;
  return `${path}: ${link} has no such heading`;
}

describe('a page of the documentation', () => {
  it('is found', () => {
    expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/operations.md']));
  });

  it('leads only to what is there', () => {
    const faults = PAGES.flatMap((path) => {
      const links = withoutCode(readFileSync(path, 'utf8')).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g);
      return Array.from(links, ([, link = '']) => faultOf(path, link));
    });
    expect(faults.length).toBeGreaterThan(50);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it('can be reached from the index', () => {
    const reached = new Set(['docs/README.md']);
    for (const path of reached) {
      if (!path.endsWith('.md')) continue;
      for (const [, file = ''] of readFileSync(path, 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]+)[^)]*\)/g)) {
        const target = normalize(join(dirname(path), file));
        if (existsSync(target)) reached.add(target);
      }
    }
    // The reasons of a decision are found by its folder.
    const pages = PAGES.filter((path) => /^docs\/[^/]+\.md$/.test(path));
    expect(pages.filter((path) => !reached.has(path))).toEqual([]);
  });
});
