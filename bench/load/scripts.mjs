// What a connection sends next. Requests are made before the clock runs, as far as they do not depend on answers.

/** The bytes of a request. */
export function bytesOf({ method = 'GET', path, headers = {}, body = '' }) {
  const all = { host: 'bench', ...(body && { 'content-type': 'application/json' }), ...headers };
  const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries({ ...all, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** The requests of a list, over and over; every connection begins at another one. */
function list({ requests }, index, connections) {
  const all = requests.map(bytesOf);
  let next = Math.floor((index * all.length) / connections);
  return () => all[next++ % all.length];
}

/** A request for each connection, every time with another number in place of `{n}`. */
function numbered({ requests, prefix }, index) {
  const request = requests[index % requests.length];
  let sent = 0;
  return () => {
    sent += 1;
    return bytesOf({ ...request, body: request.body.replace('{n}', `${prefix}-${index}-${sent}`) });
  };
}

/** Sessions of its own for each connection; each refresh token is exchanged for the next one. */
function refresh({ path, tokens }, index, connections) {
  const mine = tokens.filter((_, i) => i % connections === index);
  let current = mine.length - 1;
  return (answer) => {
    if (answer) mine[current] = JSON.parse(answer.toString('latin1')).refresh_token;
    current = (current + 1) % mine.length;
    return bytesOf({ method: 'POST', path, body: JSON.stringify({ refresh_token: mine[current] }) });
  };
}

const SCRIPTS = { list, numbered, refresh };

/** A function that answers the next request of this connection, given the body of the answer before. */
export function scriptFor(script, index, connections) {
  return SCRIPTS[script.name](script, index, connections);
}
