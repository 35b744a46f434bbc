import { maskContact } from './contact-mask.js';

describe('a masked contact', () => {
  it.each([
    ['ada@example.com', 'a***@example.com'],
    ['a@example.com', 'a***@example.com'],
    ['"a@b"@example.com', '"***@example.com'],
    ['+4915123456789', '+49*****789'],
    ['+123456', '+12*****456'],
    ['12345', '*****'],
    ['', '*****'],
  ])('shows of %s only %s', (value, masked) => {
    expect(maskContact(value)).toBe(masked);
  });

  it.each(['ada@example.com', '+4915123456789', '1'])('stays as it is when %s is masked twice', (value) => {
    expect(maskContact(maskContact(value))).toBe(maskContact(value));
  });
});
