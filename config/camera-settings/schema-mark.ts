import { createHash } from 'node:crypto';
import { settingsSchemaRoot } from './explain.ts';

/** Counted up with each change of the relations checked beside the schema. */
const RELATIONS_VERSION = 1;

/** A text that changes with what documents are checked against. */
export function settingsSchemaMark(): string {
  return createHash('sha256')
    .update(JSON.stringify([RELATIONS_VERSION, settingsSchemaRoot()]))
    .digest('hex');
}
