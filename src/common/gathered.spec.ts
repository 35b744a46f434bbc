import { gathered } from './gathered.js';

describe('a gathered question', () => {
  it('is put once for all who ask in one turn, and everybody gets their own answer', async () => {
    const asked: number[][] = [];
    const double = gathered(async (numbers: readonly number[]) => {
      asked.push([...numbers]);
      return numbers.map((number) => number * 2);
    });
    expect(await Promise.all([double(1), double(2), double(1)])).toEqual([2, 4, 2]);
    expect(asked).toEqual([[1, 2, 1]]);
  });

  it('is put anew for whoever asks later, while the first is still unanswered too', async () => {
    const answers: (() => void)[] = [];
    const read = gathered(
      (names: readonly string[]) =>
        new Promise<string[]>((resolve) => {
          const turn = answers.length;
          answers.push(() => resolve(names.map((name) => `${name} in ${turn}`)));
        }),
    );
    const first = read('a');
    await new Promise(setImmediate);
    const second = read('a');
    await new Promise(setImmediate);
    for (const answer of answers) answer();
    expect(await Promise.all([first, second])).toEqual(['a in 0', 'a in 1']);
  });

  it('fails for all who asked it together, and for nobody else', async () => {
    let turns = 0;
    const read = gathered((names: readonly string[]) => {
      turns += 1;
      return turns === 1 ? Promise.reject(new Error('away')) : Promise.resolve(names);
    });
    const together = await Promise.allSettled([read('a'), read('b')]);
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read('c')).toBe('c');
  });

  it('is put in parts when very many ask', async () => {
    const sizes: number[] = [];
    const read = gathered(async (numbers: readonly number[]) => {
      sizes.push(numbers.length);
      return numbers;
    });
    const numbers = Array.from({ length: 600 }, (_, index) => index);
    expect(await Promise.all(numbers.map(read))).toEqual(numbers);
    expect(sizes).toEqual([256, 256, 88]);
  });
});
