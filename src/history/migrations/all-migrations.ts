import { records } from './0001-records.ts';
import { measuresAndCoverage } from './0002-measures.ts';
import { indexesAndVersions } from './0003-indexes.ts';
import type { Migration } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [records, measuresAndCoverage, indexesAndVersions];
