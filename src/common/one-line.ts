// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text without line breaks and other control characters: nothing in it begins a header or a paragraph. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, ' ');
}
