import { markup, trustedHtml } from './html.js';

const rendered = (...values: Parameters<typeof markup>[1][]) =>
  values.map((value) => markup`<p title="${value}">${value}</p>`.toString());

describe('markup', () => {
  it('escapes text in elements and in quoted attributes', () => {
    expect(rendered(`</p><script>alert("1" + '2')</script>`, 'a & b', '`x`')).toEqual([
      '<p title="&#60;/p&#62;&#60;script&#62;alert(&#34;1&#34; + &#39;2&#39;)&#60;/script&#62;">&#60;/p&#62;&#60;script&#62;alert(&#34;1&#34; + &#39;2&#39;)&#60;/script&#62;</p>',
      '<p title="a &#38; b">a &#38; b</p>',
      '<p title="&#96;x&#96;">&#96;x&#96;</p>',
    ]);
  });

  it('escapes what looks escaped already', () => {
    expect(markup`${'&lt;b&gt;'}`.toString()).toBe('&#38;lt;b&#38;gt;');
  });

  it('takes pieces as they are, however deep, and escapes once', () => {
    const item = markup`<li>${'<1>'}</li>`;
    expect(markup`<ul>${[item, [item]]}</ul>`.toString()).toBe(
      '<ul><li>&#60;1&#62;</li><li>&#60;1&#62;</li></ul>',
    );
    expect(markup`${trustedHtml('<hr>')}`.toString()).toBe('<hr>');
  });

  it('leaves out what is not there and keeps zero', () => {
    expect(markup`[${undefined}${null}${false}${[]}${''}${0}]`.toString()).toBe('[0]');
  });

  it('does not take for HTML what only has its shape', () => {
    const impostor = { toString: () => '<script>', text: '<script>' } as unknown as string;
    expect(markup`${impostor}`.toString()).toBe('&#60;script&#62;');
  });
});
