// Charts as SVG, both axes logarithmic: what grows in proportion is a line at 45°, what does not grow is level.

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 80;
const RIGHT = 230;
const TOP = 48;
const BOTTOM = 56;
const COLOURS = ['#1f6feb', '#d1495b', '#2a9d4a', '#8250df', '#bf8700', '#57606a'];

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const place = (value) => Number(value.toFixed(1));

/** The powers of ten around these values, one more where they are all the same. */
export function decades(values) {
  const from = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const to = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  return { from, to: Math.max(to, from + 1) };
}

/** Where a value lies on an axis of so many pixels. */
const scale =
  ({ from, to }, length) =>
  (value) =>
    ((Math.log10(value) - from) / (to - from)) * length;

const ticks = ({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
const label = (value) => (value >= 1 ? value.toLocaleString('en') : String(Number(value.toPrecision(1))));

/** `lines`: a name and the points [x, y] of each, all greater than 0. */
export function chart({ title, x, y, lines }) {
  const points = lines.flatMap((line) => line.points);
  const across = decades(points.map(([value]) => value));
  const up = decades(points.map(([, value]) => value));
  const [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const [toX, toY] = [scale(across, width), scale(up, height)];
  const at = ([px, py]) => [place(LEFT + toX(px)), place(TOP + height - toY(py))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="28" font-size="16">${escape(title)}</text>`,
    ...ticks(across).map((value) => upright(at([value, 10 ** up.from]), label(value))),
    ...ticks(up).map((value) => level(at([10 ** across.from, value]), label(value))),
    `<text x="${LEFT + width / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escape(x)}</text>`,
    `<text transform="translate(20 ${TOP + height / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text>`,
    ...lines.flatMap((line, index) => curve(line, at, COLOURS[index % COLOURS.length], index)),
    '</svg>',
    '',
  ].join('\n');
}

const upright = ([px, py], text) =>
  `<path d="M${px} ${TOP}V${py}" stroke="#d0d7de"/><text x="${px}" y="${py + 20}" text-anchor="middle">${text}</text>`;

const level = ([px, py], text) =>
  `<path d="M${px} ${py}H${WIDTH - RIGHT}" stroke="#d0d7de"/><text x="${px - 8}" y="${py + 4}" text-anchor="end">${text}</text>`;

function curve({ name, points }, at, colour, index) {
  const places = points.map(at);
  const y = TOP + 16 + index * 22;
  return [
    `<polyline points="${places.map((one) => one.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3.5" fill="${colour}"/>`),
    `<path d="M${WIDTH - RIGHT + 14} ${y}h20" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${WIDTH - RIGHT + 40}" y="${y + 4}">${escape(name)}</text>`,
  ];
}
