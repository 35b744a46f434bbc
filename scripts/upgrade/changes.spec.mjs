import { changesBetween } from './changes.mjs';

const BEFORE = `# Changes

Words before.

## Unreleased

### Added

- The service, which
  does things.
`;

const AFTER = `# Changes

## 1.1.0

### Added

- Groups of users.

### Changed

- **Breaking:** \`GET /users\` is paged,
  by cursor.

### Removed

- The route \`/old\`.

## 1.0.0

### Added

- The service, which does
  things.
`;

describe('what is new in a release', () => {
  it('is what its CHANGELOG says beyond the earlier one, what breaks first', () => {
    expect(changesBetween(BEFORE, AFTER)).toEqual([
      'Breaking:',
      '  - **Breaking:** `GET /users` is paged, by cursor.',
      '  - The route `/old`.',
      'Added:',
      '  - Groups of users.',
    ]);
  });

  it('is nothing when nothing was added, and everything when there was none', () => {
    expect(changesBetween(AFTER, AFTER.replaceAll('\n', '\r\n'))).toEqual([]);
    expect(changesBetween('', BEFORE)).toEqual(['Added:', '  - The service, which does things.']);
  });
});
