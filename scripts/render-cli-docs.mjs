// Makes the parts of docs/cli.md anew that the program knows: commands, options, examples, exit codes. Needs the build.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderCliDocs } from '../dist/src/cli/help/render-docs.js';
import { buildWholeProgram } from '../dist/src/cli/program.js';

const file = new URL('../docs/cli.md', import.meta.url);
writeFileSync(file, renderCliDocs(readFileSync(file, 'utf8'), await buildWholeProgram()));
