import {
  BooleanField,
  CodeField,
  EnumField,
  IdField,
  IntegerField,
  PastDayField,
  SecretField,
  SortField,
  TextField,
} from './fields.js';
import { ValidationFailed } from './http.errors.js';
import { createValidationPipe, type FieldError } from './validation.pipe.js';

class Fields {
  @TextField({ max: 8, optional: true, nullable: true })
  text?: string | null;

  @TextField({ min: 3, max: 8, optional: true, pattern: /^[a-z]+$/, patternHint: 'must be lower case' })
  word?: string;

  @SecretField({ max: 16, optional: true })
  secret?: string;

  @IdField({ optional: true })
  id?: number;

  @IntegerField({ min: 0, max: 100, optional: true, nullable: true })
  share?: number | null;

  @BooleanField({ optional: true })
  flag?: boolean;

  @EnumField({ values: ['a', 'b'], name: 'Letter', optional: true, nullable: true })
  letter?: 'a' | 'b' | null;

  @PastDayField({ optional: true, nullable: true })
  day?: string | null;

  @CodeField({ optional: true })
  code?: string;

  @SortField(['id', 'name'], 'Sort')
  sort?: string;
}

const pipe = createValidationPipe();
const read = (body: Record<string, unknown>) =>
  pipe.transform(body, { type: 'body', metatype: Fields }) as Promise<Fields>;

async function faultsOf(body: Record<string, unknown>): Promise<FieldError[]> {
  const refusal: unknown = await read(body).catch((error: unknown) => error);
  return refusal instanceof ValidationFailed ? (refusal.members.errors as FieldError[]) : [];
}
const rulesOf = async (body: Record<string, unknown>) =>
  (await faultsOf(body)).map(({ field, rule }) => `${field} ${rule}`);

describe('a field', () => {
  it('may be left out when it is optional, null when it is nullable', async () => {
    expect(Object.entries(await read({}))).toEqual([]);
    expect(await read({ text: null, letter: null, day: null })).toMatchObject({
      text: null,
      letter: null,
      day: null,
    });
    for (const name of ['word', 'secret', 'id', 'flag'])
      expect((await faultsOf({ [name]: null })).map(({ field }) => field)).toEqual([name]);
  });

  it.each([
    ['text', [5, true, [], ['a'], {}]],
    ['word', [5, true, [], ['abc'], {}]],
    ['secret', [5, true, [], ['a'], {}]],
    ['id', ['1', true, [], [1], {}, 1.5, -1, 0, 2_147_483_648, Number.MAX_SAFE_INTEGER, 1e21]],
    ['share', ['1', true, [], [1], {}, 0.5, -1, 101]],
    ['flag', ['true', 1, 0, [], [true], {}]],
    ['letter', ['c', 'A', '', 5, [], ['a'], {}]],
    ['day', [5, 19901210, true, [], ['1990-12-10'], {}]],
    ['sort', [5, [], ['id'], {}]],
  ])('S83: refuses another type or value: %s', async (name, values) => {
    for (const value of values)
      expect((await faultsOf({ [name]: value })).map(({ field }) => field)).toEqual([name]);
  });
});

it('a whole number may be the least and the greatest, 0 and null', async () => {
  for (const share of [0, 100, null]) expect((await read({ share })).share).toBe(share);
});

describe('a text', () => {
  it('is trimmed before it is measured', async () => {
    expect((await read({ text: '  12345678 \n' })).text).toBe('12345678');
    expect(await rulesOf({ text: ' \t ' })).toEqual(['text minLength']);
    expect(await rulesOf({ text: '123456789' })).toEqual(['text maxLength']);
    expect(await rulesOf({ text: 'x'.repeat(65_536) })).toEqual(['text maxLength']);
  });

  it('has no control characters, NUL above all', async () => {
    for (const character of ['\0', '\n', '\r', '\t', '\x1b', '\x7f', '\x85', '\x9f'])
      expect(await rulesOf({ text: `a${character}b` })).toEqual(['text matches']);
  });

  it('may be in any script', async () => {
    for (const text of ['Ünïcode', '名前', 'Ольга', '🔑 a', "O'Neil", '<b>&"'])
      expect((await read({ text })).text).toBe(text);
  });

  it('follows its pattern, and the refusal says which', async () => {
    expect(await faultsOf({ word: 'ABC' })).toEqual([
      { field: 'word', rule: 'matches', message: 'word must be lower case' },
    ]);
    expect(await rulesOf({ word: 'ab' })).toEqual(['word minLength']);
  });
});

describe('A12, S108: text that is ill-formed', () => {
  it.each(['\ud800', 'a\udfffb', '\ud83d', 'ok\udc00\ud800'])(
    'is refused in every field: %j',
    async (bad) => {
      for (const name of ['text', 'word', 'secret', 'code', 'letter', 'day', 'sort'])
        expect(await rulesOf({ [name]: bad })).toEqual([`${name} isWellFormed`]);
      expect(await rulesOf({ text: 'a', secret: bad, word: bad })).toEqual([
        'secret isWellFormed',
        'word isWellFormed',
      ]);
      expect(await rulesOf({ [bad]: 'a' })).toEqual([`${bad.toWellFormed()} isWellFormed`]);
      expect(await rulesOf({ text: [{ deep: bad }] })).toEqual(['text[0].deep isWellFormed']);
    },
  );
});

describe('F21, S108: a text of nothing to see', () => {
  it.each(['\u200b', '\u00ad\u2060', '\u3164', '\u2800', '\ufe0f', '\u0301', '\u200e\u202e', '\u{e0041}'])(
    'is refused: %j',
    async (text) => {
      expect(await rulesOf({ text })).toEqual(['text isVisible']);
    },
  );

  it('is not one that has something beside it', async () => {
    for (const text of ['a\u200d', '\u200fא', '👩\u200d🚀', '.'])
      expect((await read({ text })).text).toBe(text);
  });
});

describe('F21: a one-time code', () => {
  it.each(['123456', '123 456', '123-456', '12 34 56', ' 123\u00a0456\n', '123\u2011456', '１２３４５６'])(
    'is read in groups: %j',
    async (code) => {
      expect((await read({ code })).code).toBe('123456');
    },
  );

  it.each(['12345', '1234567', '12345x', '', '123.456', '١٢٣٤٥٦', `123456${' '.repeat(20)}`])(
    'has six digits: not %j',
    async (code) => {
      expect(await rulesOf({ code })).toEqual(['code matches']);
    },
  );
});

describe('S2: a secret', () => {
  it('is taken exactly as it was sent', async () => {
    for (const secret of [' a ', 'a\0b', 'A\n', '\u00e9', 'e\u0301'])
      expect((await read({ secret })).secret).toBe(secret);
  });

  it('is refused rather than cut when it is too long', async () => {
    expect(await rulesOf({ secret: 'x'.repeat(17) })).toEqual(['secret maxLength']);
  });
});

describe('a day in the past', () => {
  it('F8: may be today, wherever that is', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 10);
    for (const day of [inHours(0), inHours(14)]) expect((await read({ day })).day).toBe(day);
    expect(await rulesOf({ day: inHours(38.1) })).toEqual(['day isPastDay']);
    expect((await read({ day: '2000-02-29' })).day).toBe('2000-02-29');
  });

  it.each([
    '2999-01-01',
    '1899-12-31',
    '0000-00-00',
    '1990-13-01',
    '1990-00-10',
    '1990-02-30',
    '2001-02-29',
    '1990-1-1',
    '10.12.1990',
    '19901210',
    '1990-12-10T00:00:00Z',
    '1990-12-10 ',
    '٢٠٠٠-٠١-٠١',
    'yesterday',
    '',
  ])('is refused: %p', async (day) => {
    expect((await faultsOf({ day })).map(({ field }) => field)).toEqual(['day']);
  });
});
