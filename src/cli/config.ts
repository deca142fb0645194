import type { Command } from 'commander';
import { JSON_HELP, type KeyValue, keyValue } from './options.ts';

interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly KeyValue[];
  readonly json?: boolean;
  readonly reveal?: boolean;
}

/** Adds `camshard config show | check | docs | defaults`. */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('show or check the configuration');
  const reading = (name: string, description: string) =>
    config
      .command(name)
      .description(description)
      .option('--config <file>', 'YAML or JSON file (default: $CAMSHARD_CONFIG)')
      .option('--set <key=value>', 'set any key; may be repeated', keyValue)
      .option('--json', JSON_HELP);

  reading('show', 'print the configuration a node would use, and which source set what')
    .option('--reveal', 'print secrets too')
    .action(show);
  reading('check', 'check the configuration; exit code 2 where something is wrong').action(check);
  config
    .command('docs')
    .description('print docs/configuration.md, made from the schema')
    .option('--cameras', "docs/camera-settings.md: the keys of cameras' settings")
    .action(docs);
  config.command('defaults').description('print every key with its default, as a commented YAML file').action(defaults);
}

async function load(options: ConfigOptions) {
  const { loadConfig } = await import('../../config/load.ts');
  const flags = (options.set ?? []).map(({ key, value }) => ({ flag: '--set', key, value }));
  return loadConfig({ file: options.config, env: process.env, flags });
}

async function show(options: ConfigOptions): Promise<void> {
  const loaded = await load(options);
  const { redactConfig } = await import('../../config/load.ts');
  const values = options.reveal === true ? loaded.config : redactConfig(loaded.config);
  if (options.json === true) {
    const shown = { config: values, origins: Object.fromEntries(loaded.origins), file: loaded.file ?? null };
    console.log(JSON.stringify(shown, null, 2));
    return;
  }
  const { showConfig } = await import('./config-view.ts');
  process.stdout.write(showConfig(values, loaded.origins));
}

async function check(options: ConfigOptions): Promise<void> {
  const loaded = await load(options);
  const where = loaded.file ?? 'no file';
  if (options.json === true) console.log(JSON.stringify({ ok: true, file: loaded.file ?? null }));
  else console.log(`the configuration is valid (${where}, ${loaded.origins.size} keys set)`);
}

async function docs(options: { readonly cameras?: boolean }): Promise<void> {
  if (options.cameras === true) {
    const { renderSettingsDocs } = await import('../../config/camera-settings/render-docs.ts');
    process.stdout.write(renderSettingsDocs());
    return;
  }
  const { renderConfigDocs } = await import('../../config/render.ts');
  process.stdout.write(renderConfigDocs());
}

async function defaults(): Promise<void> {
  const { renderDefaultYaml } = await import('../../config/render.ts');
  process.stdout.write(renderDefaultYaml());
}
