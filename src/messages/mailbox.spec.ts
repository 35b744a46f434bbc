import { mailboxOf } from './mailbox.js';

const email = (value: string) => mailboxOf({ type: 'email', value });

describe('A9, S102: the mailbox an address is counted by', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['ada+shop@example.com', 'ada@example.com'],
    ['ada+a+b@example.com', 'ada@example.com'],
    ['a.d.a+x@gmail.com', 'ada@gmail.com'],
    ['a.d.a@googlemail.com', 'ada@gmail.com'],
    ['a.d-a_@pm.me', 'ada@proton.me'],
    ['ada@mac.com', 'ada@icloud.com'],
    ['a.da@example.com', 'a.da@example.com'],
    ['+tag@example.com', '+tag@example.com'],
    ['...@gmail.com', '...@gmail.com'],
  ])('%s is %s', (address, mailbox) => {
    expect(email(address)).toBe(mailbox);
  });

  it('of a mobile number is the number', () => {
    expect(mailboxOf({ type: 'mobile', value: '+4915123456789' })).toBe('+4915123456789');
  });

  it('takes no long time, whatever is sent', () => {
    const begun = performance.now();
    for (const one of ['+', '.', 'a+', '.+']) email(`${one.repeat(5_000)}@gmail.com`);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
