import { Document, isMap, isScalar, type YAMLMap } from 'yaml';

/** The configuration as YAML, each key that is not at its default followed by where it came from. */
export function showConfig(values: unknown, origins: ReadonlyMap<string, string>): string {
  const document = new Document(values);
  const annotate = (map: YAMLMap, prefix: string): void => {
    for (const pair of map.items) {
      const key = `${prefix}${isScalar(pair.key) ? String(pair.key.value) : ''}`;
      const origin = origins.get(key);
      const { value } = pair;
      if (isMap(value)) annotate(value, `${key}.`);
      if (origin === undefined) continue;
      if (isScalar(value)) value.comment = ` ${origin}`;
      else if (isScalar(pair.key)) pair.key.commentBefore = ` ${origin}`;
    }
  };
  if (isMap(document.contents)) annotate(document.contents, '');
  return document.toString({ lineWidth: 0 });
}
