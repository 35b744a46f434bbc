import { parser } from '@prometheus-io/lezer-promql';

/** What an expression asks of metrics. */
export interface Asked {
  /** Names of metrics, each with the labels its selector names. */
  readonly selectors: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels that something is grouped by. */
  readonly grouping: readonly string[];
}

/** @throws Error when it is no PromQL */
export function askedBy(expression: string): Asked {
  const selectors: { name: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  const text = ({ from, to }: { from: number; to: number }) => expression.slice(from, to);
  parser.parse(expression).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`not PromQL near ${node.from}: ${expression}`);
      if (node.name === 'VectorSelector') selectors.push({ name: '', labels: [] });
      const selector = selectors.at(-1);
      const parent = node.node.parent?.name;
      if (node.name === 'Identifier' && parent === 'VectorSelector' && selector) selector.name = text(node);
      if (node.name === 'LabelName' && parent === 'GroupingLabels') grouping.push(text(node));
      else if (node.name === 'LabelName') selector?.labels.push(text(node));
    },
  });
  return { selectors, grouping };
}
