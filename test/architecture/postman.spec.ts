import { postmanFiles } from '../../tools/contract/files.js';
import type { ApiDocument } from '../../tools/postman/collection.js';
import { readText } from './sources.js';

const api = JSON.parse(readText('openapi.json')) as ApiDocument;

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
}

const requestsIn = ({ item, ...one }: Item): Item[] => (item ? item.flatMap(requestsIn) : [one]);

describe('the Postman collection', () => {
  const files = postmanFiles(api);

  it('and its environment are made from openapi.json: write them with `npm run openapi`', () => {
    for (const [file, content] of Object.entries(files))
      expect([file, JSON.parse(readText(file))]).toEqual([file, content]);
  });

  it('has every operation', () => {
    const [collection] = Object.values(files) as Item[];
    const count = Object.values(api.paths).flatMap((item) => Object.keys(item)).length;
    const urls = new Set(
      collection &&
        requestsIn(collection).map((one) => {
          const { method, url } = (one as unknown as { request: { method: string; url: { path: string[] } } })
            .request;
          return `${method} ${url.path.join('/')}`;
        }),
    );
    urls.delete('GET dev/mailbox');
    expect(urls.size).toBe(count);
  });
});
