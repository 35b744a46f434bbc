import { networkOf } from './client-address.js';

describe('what an address is counted by', () => {
  it.each(['203.0.113.7', '0.0.0.0', '255.255.255.255'])('is the address itself for IPv4: %s', (address) => {
    expect(networkOf(address)).toBe(address);
  });

  it.each([
    '2001:db8:1:2::',
    '2001:db8:1:2::1',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:DB8:1:2::A',
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2:3:4:5::',
    '2001:db8:1:2:3:4:192.0.2.1',
    '2001:db8:1:2::192.0.2.1',
    '2001:db8:1:2::1%eth0',
  ])('S18: is the /64 for IPv6, however the address is written: %s', (address) => {
    expect(networkOf(address)).toBe('2001:db8:1:2::/64');
  });

  it.each([
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['1::2:3:4:5:192.0.2.1', '1:0:2:3::/64'],
    ['::1:2:3:4:5:6:7', '0:1:2:3::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('S18: has the zeros that :: stands for where they belong: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('S18: differs between neighbouring /64s', () => {
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('2001:db8:2:2::1')).not.toBe(networkOf('2001:db8:1:2::1'));
  });

  it.each([
    '::ffff:203.0.113.7',
    '::FFFF:203.0.113.7',
    '::ffff:cb00:7107',
    '0:0:0:0:0:ffff:cb00:7107',
    '0000:0000:0000:0000:0000:ffff:203.0.113.7',
    '::ffff:203.0.113.7%eth0',
  ])('S18: is the IPv4 address where IPv6 only carries one: %s', (address) => {
    expect(networkOf(address)).toBe('203.0.113.7');
  });

  it.each([
    '',
    'unknown',
    '203.0.113.7:8080',
    '1.2.3',
    '[2001:db8::1]',
    '2001:db8:::1',
    '::ffff:1.2.3.4.5',
    'a',
  ])('is the text itself where that is no address: %j', (text) => {
    expect(networkOf(text)).toBe(text);
  });
});
