import { UsageError } from '../exit.ts';
import { outputSchemas, SCHEMA_NAMES } from './output-schemas.ts';

/** Runs `camshard schema`. @throws UsageError for a command without `--json` */
export function printSchema(path: readonly string[]): void {
  const name = path.join(' ');
  if (name === '') {
    console.log(SCHEMA_NAMES.join('\n'));
    return;
  }
  const schemas = outputSchemas(name);
  if (schemas === undefined) throw new UsageError(`${name} prints no JSON; camshard schema lists what does`);
  const [only] = schemas;
  console.log(JSON.stringify(schemas.length === 1 && only !== undefined ? only.schema : schemas, null, 2));
}
