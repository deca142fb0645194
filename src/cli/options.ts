import { type Command, InvalidArgumentError, Option } from 'commander';

/** Parsers and texts of options that several commands share. */

/** A parser for whole numbers within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`allowed: a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

/** A parser for numbers within bounds. */
export function numberWithin(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`allowed: a number from ${min} to ${max}`);
    }
    return value;
  };
}

/** Gathers a repeatable `KEY=VALUE` option. */
export function keyValue(text: string, before: readonly KeyValue[] = []): readonly KeyValue[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('allowed: KEY=VALUE, e.g. server.port=9000');
  return [...before, { key: text.slice(0, at), value: text.slice(at + 1) }];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** How client commands find their node. */
export interface NodeOptions {
  readonly url?: string;
  readonly token?: string;
  readonly insecure?: boolean;
}

export const NODE_URL_DEFAULT = 'http://127.0.0.1:8080';

export interface NodeAddress {
  readonly url: string;
  readonly token: string | undefined;
  readonly verifyTls: boolean;
}

/** Flag, else `CAMSHARD_URL` and `CAMSHARD_TOKEN`, else a node on this machine. */
export function nodeAddress(options: NodeOptions, env: Readonly<Record<string, string | undefined>>): NodeAddress {
  const token = options.token ?? env.CAMSHARD_TOKEN;
  return {
    url: options.url ?? (env.CAMSHARD_URL || NODE_URL_DEFAULT),
    token: token === '' ? undefined : token,
    verifyTls: options.insecure !== true,
  };
}

/** Gathers a repeatable `--url`: the addresses of a cluster are one list, comma between. */
export const urlList = (text: string, before?: string): string => (before === undefined ? text : `${before},${text}`);

/** Heading of the options that say which node is asked, below those of the command itself. */
export const NODE_GROUP = 'Which node:';

/** Of every command that asks a node. */
export const reaching = (command: Command): Command =>
  [
    new Option(
      '--url <url>',
      `of a node, or of several: again, or a comma between ($CAMSHARD_URL, ${NODE_URL_DEFAULT})`,
    )
      .argParser(urlList)
      .helpGroup(NODE_GROUP),
    new Option('--token <token>', 'what the node asks for ($CAMSHARD_TOKEN)').helpGroup(NODE_GROUP),
    new Option('--insecure', 'take any TLS certificate').helpGroup(NODE_GROUP),
  ].reduce((c, option) => c.addOption(option), command);

export const JSON_HELP = 'print JSON; camshard schema describes it';

/** An option under the name it had: it goes on working and is not shown. */
export const formerly = (flags: string, parse?: (text: string) => unknown): Option => {
  const option = new Option(flags).hideHelp();
  return parse === undefined ? option : option.argParser(parse);
};
