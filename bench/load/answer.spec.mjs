import { readAnswer } from './answer.mjs';

const answer = (lines, body = '') => Buffer.from(`HTTP/1.1 ${lines.join('\r\n')}\r\n\r\n${body}`);

describe('an answer to the load', () => {
  it.each(['content-length', 'Content-Length'])('has the body its %s says', (name) => {
    const data = answer(['200 OK', 'x-a: b', `${name}: 5`], 'hellonext');
    const { status, start, end } = readAnswer(data);
    expect([status, data.toString('utf8', start, end)]).toEqual([200, 'hello']);
  });

  it('is not there while some of it is still to come', () => {
    const whole = answer(['429 Too Many Requests', 'content-length: 5'], 'hello');
    for (let length = 0; length < whole.length; length += 1)
      expect(readAnswer(whole.subarray(0, length))).toBeNull();
    expect(readAnswer(whole)).toMatchObject({ status: 429 });
  });

  it('has no body with 204', () => {
    expect(readAnswer(answer(['204 No Content', 'x-a: b']))).toMatchObject({ status: 204 });
  });

  it('is refused when nobody can tell where it ends', () => {
    expect(() => readAnswer(answer(['200 OK', 'transfer-encoding: chunked']))).toThrow(
      'without Content-Length',
    );
  });
});
