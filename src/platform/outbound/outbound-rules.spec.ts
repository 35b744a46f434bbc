import type { HttpConfig } from '../http/http.config.js';
import { OutboundRefusal } from './outbound-refusal.js';
import { OutboundRules } from './outbound-rules.js';

function rules(...allowCidrs: string[]): OutboundRules {
  const http = { publicBaseUrl: 'https://id.example.com:8443/base' } as HttpConfig;
  return new OutboundRules({ allowCidrs }, http);
}

/** The rule that refuses, or null. */
function refusalOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof OutboundRefusal) return error.rule;
    throw error;
  }
}

const urlRule = (url: string, ...allow: string[]) => refusalOf(() => rules(...allow).parse(url));
const addressRule = (address: string, url = 'https://a.example/', ...allow: string[]) =>
  refusalOf(() => rules(...allow).assertAddress(new URL(url), address));

describe('S92: a URL that is called', () => {
  it.each([
    'https://receiver.example/hook?token=1',
    'https://receiver.example:443/',
    'https://receiver.example:8443/',
    'https://93.184.215.14/',
    'https://[2606:4700::1111]/',
    'https://bücher.example/',
  ])('may be %s', (url) => {
    expect(urlRule(url)).toBeNull();
  });

  it.each([
    ['hook', 'isUrl'],
    ['https://', 'isUrl'],
    ['https://[::1', 'isUrl'],
    ['https://a b.example', 'isUrl'],
    ['http://receiver.example', 'isHttps'],
    ['ftp://receiver.example', 'isHttps'],
    ['file:///etc/passwd', 'isHttps'],
    ['data:text/plain,x', 'isHttps'],
    ['https://user@receiver.example', 'hasNoCredentials'],
    ['https://:secret@receiver.example', 'hasNoCredentials'],
    ['https://receiver.example:80', 'hasAllowedPort'],
    ['https://receiver.example:6379', 'hasAllowedPort'],
    ['https://id.example.com/', 'isNotOwnHost'],
    ['https://ID.Example.com./', 'isNotOwnHost'],
    ['https://127.0.0.1/', 'isPublicAddress'],
    ['https://2130706433/', 'isPublicAddress'],
  ])('is not %s, by the rule %s', (url, rule) => {
    expect(urlRule(url)).toBe(rule);
  });

  it('may be of http and any port only where a network of the own is named', () => {
    expect(urlRule('http://127.0.0.1:4000/', '127.0.0.0/8')).toBeNull();
    expect(urlRule('https://127.0.0.1:4000/', '127.0.0.1')).toBeNull();
    expect(urlRule('http://[::1]:4000/', '::1')).toBeNull();
    expect(urlRule('http://10.0.0.1:4000/', '127.0.0.0/8')).toBe('isPublicAddress');
    expect(urlRule('http://93.184.215.14/', '127.0.0.0/8')).toBe('isHttps');
    expect(urlRule('https://93.184.215.14:22/', '127.0.0.0/8')).toBe('hasAllowedPort');
    expect(urlRule('http://receiver.example:4000/', '127.0.0.0/8')).toBeNull();
    // F24: nobody listens there.
    expect(urlRule('http://127.0.0.1:0/', '127.0.0.0/8')).toBe('hasAllowedPort');
    expect(urlRule('https://receiver.example:0/')).toBe('hasAllowedPort');
  });
});

describe('S92: an address that is called', () => {
  it.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'])(
    'may be %s',
    (address) => {
      expect(addressRule(address)).toBeNull();
    },
  );

  it.each(
    [
      '0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1',
      '192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16',
      ':: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1',
      '2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 4000::1',
    ].flatMap((line) => line.split(' ')),
  )('is not %s', (address) => {
    expect(addressRule(address)).toBe('isPublicAddress');
  });

  it('of a name is not called over http or at another port unless it is in a network of the own', () => {
    const own = '127.0.0.0/8';
    expect(addressRule('127.0.0.1', 'http://a.example:4000', own)).toBeNull();
    expect(addressRule('8.8.8.8', 'http://a.example', own)).toBe('isHttps');
    expect(addressRule('8.8.8.8', 'https://a.example:4000', own)).toBe('hasAllowedPort');
    expect(addressRule('10.0.0.1', 'https://a.example', own)).toBe('isPublicAddress');
    expect(addressRule('::ffff:127.0.0.1', 'http://a.example', own)).toBeNull();
  });
});
