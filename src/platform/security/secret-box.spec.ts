import { deriveKey, SecretBox, UnsealingFailed } from './secret-box.js';

const SECRET = 'b7QnXe2JrKw5ZtVh8YcMd1Sg4PuLf9Ta';
const box = new SecretBox(SECRET, 'signing-key');
const plain = Buffer.from('a private key');

describe('SecretBox', () => {
  it('opens what it sealed, an empty value and a long one too', () => {
    for (const value of [plain, Buffer.alloc(0), Buffer.alloc(100_000, 7)])
      expect(box.open(box.seal(value, 'k1'), 'k1')).toEqual(value);
  });

  it('hides the value, differently each time', () => {
    const sealed = Array.from({ length: 50 }, () => box.seal(plain, 'k1'));
    expect(sealed.filter((one) => one.includes(plain))).toEqual([]);
    expect(new Set(sealed.map((one) => one.subarray(0, 12).toString('hex'))).size).toBe(50);
    expect(new Set(sealed.map((one) => one.subarray(28).toString('hex'))).size).toBe(50);
  });

  it('opens under the name it was sealed under, and no other', () => {
    const sealed = box.seal(plain, 'k1');
    for (const name of ['', 'k2', 'K1', 'k1 ']) expect(() => box.open(sealed, name)).toThrow(UnsealingFailed);
  });

  it('opens with the same secret and purpose only', () => {
    const sealed = box.seal(plain, 'k1');
    expect(new SecretBox(SECRET, 'signing-key').open(sealed, 'k1')).toEqual(plain);
    expect(() => new SecretBox(SECRET, 'other').open(sealed, 'k1')).toThrow(UnsealingFailed);
    expect(() => new SecretBox(`${SECRET}x`, 'signing-key').open(sealed, 'k1')).toThrow(UnsealingFailed);
  });

  it('notices any change: nonce, tag or text', () => {
    const sealed = box.seal(plain, 'k1');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => box.open(altered, 'k1')).toThrow(UnsealingFailed);
    }
  });

  it('notices a value that was cut, with a shorter tag too', () => {
    const sealed = box.seal(plain, 'k1');
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => box.open(sealed.subarray(0, length), 'k1')).toThrow(UnsealingFailed);
  });
});

describe('deriveKey', () => {
  it('gives 256 bits that depend on secret and purpose', () => {
    const keys = [deriveKey('a', 'x'), deriveKey('a', 'y'), deriveKey('b', 'x')];
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32]);
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(3);
    expect(deriveKey('a', 'x')).toEqual(keys[0]);
  });
});
