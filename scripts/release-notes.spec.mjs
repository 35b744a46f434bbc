import { disagreements, notesOf } from './release-notes.mjs';

const CHANGELOG = `# Changes

## Unreleased

### Added

- Something new.

## 1.2.0 - 2026-12-01

### Fixed

- A thing.

## 1.1.0

- The first.
`;

describe('the notes of a release', () => {
  it('are what the CHANGELOG says of its version', () => {
    expect(notesOf(CHANGELOG, '1.2.0')).toBe('### Fixed\n\n- A thing.');
    expect(notesOf(CHANGELOG, '1.1.0')).toBe('- The first.');
    expect(notesOf(CHANGELOG, '1.2')).toBe('');
  });
});

describe('a tag', () => {
  const all = {
    version: '1.2.0',
    changelog: CHANGELOG,
    contracts: [{ path: 'openapi.json', isReleased: true }],
  };

  it('is a release where version, CHANGELOG and contract say the same', () => {
    expect(disagreements('v1.2.0', all)).toEqual([]);
  });

  it.each([
    ['1.2.0', all, 'Name the tag'],
    ['v1.2', all, 'Name the tag'],
    ['v1.1.0', all, 'npm version 1.1.0'],
    ['v1.3.0', { ...all, version: '1.3.0' }, 'CHANGELOG.md has nothing under "## 1.3.0"'],
    [
      'v1.2.0',
      { ...all, contracts: [{ path: 'openapi.json', isReleased: false }] },
      'npm run contract:release',
    ],
  ])('is none otherwise: %s', (tag, files, says) => {
    expect(disagreements(tag, files).join('\n')).toContain(says);
  });
});
