const END_OF_HEAD = '\r\n\r\n';

/**
 * Reads one answer of HTTP/1.1 at the begin of `data`: its status, and where its body begins and ends. Null while more of it
 * is to come. Only what servers of a benchmark send: a body with its length, or none.
 */
export function readAnswer(data) {
  const headEnd = data.indexOf(END_OF_HEAD);
  if (headEnd < 0) return null;
  const status = Number(data.latin1Slice(9, 12));
  const head = data.latin1Slice(12, headEnd);
  const start = headEnd + END_OF_HEAD.length;
  const end = start + (status === 204 ? 0 : lengthOf(head));
  return data.length < end ? null : { status, start, end };
}

function lengthOf(head) {
  const length = after(head, 'content-length: ') ?? after(head, 'Content-Length: ');
  if (length === undefined) throw new Error(`an answer without Content-Length:${head}`);
  return length;
}

function after(head, name) {
  const at = head.indexOf(name);
  return at < 0 ? undefined : Number.parseInt(head.slice(at + name.length, at + name.length + 12), 10);
}
