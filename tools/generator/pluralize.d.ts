declare module 'pluralize' {
  const pluralize: {
    singular(word: string): string;
    plural(word: string): string;
    isPlural(word: string): boolean;
    addIrregularRule(singular: string, plural: string): void;
  };
  export default pluralize;
}
