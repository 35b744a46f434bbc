import { platformConfig } from '../../../test/support/environment.js';
import { Secrets } from '../config/secrets.config.js';
import { CursorCodec } from './cursor.js';
import { InvalidCursor } from './http.errors.js';

const codec = new CursorCodec(platformConfig().get(Secrets));
const position = { value: '2026-05-04T09:30:00.123Z', id: 42 };

describe('a cursor', () => {
  it.each([
    { value: '2026-05-04T09:30:00.123Z', id: 1 },
    { value: 7, id: 7 },
    { value: '', id: 2_147_483_647 },
    { value: 'Ünïcode "quoted" \\ 名前', id: 3 },
  ])('gives back its position: $value', (given) => {
    expect(codec.decode(codec.encode(given, 'scope'), 'scope')).toEqual(given);
  });

  it('is good in a query string as it is', () => {
    expect(codec.encode({ value: '~~~ÿÿÿ???', id: 9 }, 'scope')).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('is the same for the same place', () => {
    expect(codec.encode(position, 'scope')).toBe(codec.encode({ ...position }, 'scope'));
  });

  it('S85: is refused in another list, order or filter', () => {
    const cursor = codec.encode(position, 'scope');
    for (const scope of ['', 'Scope', 'scope ', 'other'])
      expect(() => codec.decode(cursor, scope)).toThrow(InvalidCursor);
  });

  it('S85: is refused when any of its bits was changed', () => {
    const bytes = Buffer.from(codec.encode(position, 'scope'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => codec.decode(forged.toString('base64url'), 'scope')).toThrow(InvalidCursor);
    }
  });

  it('S85: is refused when it was cut, lengthened or made up', () => {
    const cursor = codec.encode(position, 'scope');
    const plain = Buffer.from(JSON.stringify([position.value, position.id])).toString('base64url');
    const made = ['', 'x', 'null', '%00', plain, '0'.repeat(512), cursor.slice(0, -1), cursor.slice(0, 22)];
    for (const forged of [...made, `${cursor}A`, `${cursor}${cursor}`, cursor.slice(1)])
      expect(() => codec.decode(forged, 'scope')).toThrow(InvalidCursor);
  });

  it('has one spelling', () => {
    const cursor = codec.encode({ value: '~~~ÿÿÿ????', id: 9 }, 'scope');
    const plain = cursor.replaceAll('-', '+').replaceAll('_', '/');
    expect(plain).not.toBe(cursor);
    for (const spelling of [plain, `${cursor}=`, `${cursor}==`, ` ${cursor}`, `${cursor}\n`, `${cursor}.`])
      expect(() => codec.decode(spelling, 'scope')).toThrow(InvalidCursor);
  });

  it('is refused under another secret', () => {
    const other = new CursorCodec(
      platformConfig({ APP_SECRET: 'Zr8Kq2Wn5Xv7Bt3Mj9Lp4Hd6Fs1Gc0Ya' }).get(Secrets),
    );
    expect(() => other.decode(codec.encode(position, 'scope'), 'scope')).toThrow(InvalidCursor);
  });
});
