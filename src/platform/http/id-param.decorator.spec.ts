import type { AppError } from '../../common/app-error.js';
import { ValidationFailed } from './http.errors.js';
import { IdParam, IdPipe, MAX_ID } from './id-param.decorator.js';

const pipe = new IdPipe('id');

describe('an id in a path', () => {
  it.each([
    ['1', 1],
    ['42', 42],
    ['2147483647', MAX_ID],
  ])('is read: %s', (text, id) => {
    expect(pipe.transform(text)).toBe(id);
  });

  it.each([
    '0',
    '-1',
    '+1',
    '01',
    '1e3',
    '1.0',
    '1.5',
    '0x10',
    '0b1',
    '1_000',
    '1n',
    '2147483648',
    '9999999999',
    '99999999999',
    '1'.repeat(64),
    '٣',
    '３',
    '१',
    '1\u0660',
    '²',
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '\t1',
    '1\0',
    '1;',
    "1'",
    '1 OR 1=1',
    '1/../2',
    'NaN',
    'Infinity',
    'null',
    'undefined',
    'true',
    'me',
    '[1]',
    '{}',
  ])('S83: is refused: %p', (text) => {
    let refusal: AppError | undefined;
    try {
      pipe.transform(text);
    } catch (error) {
      refusal = error as AppError;
    }
    expect(refusal).toBeInstanceOf(ValidationFailed);
    expect(refusal?.members.errors).toEqual([
      { field: 'id', rule: 'isId', message: 'id must be a whole number from 1 to 2147483647' },
    ]);
  });

  it('is named in the refusal as the route names it', () => {
    expect(() => new IdPipe('privilegeId').transform('x')).toThrow('privilegeId');
  });

  it('belongs to a method', () => {
    class Holder {
      run(): void {}
    }
    expect(() => IdParam()(Holder, undefined, 0)).toThrow('belongs on a parameter of a method');
  });
});
