import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = async (...args: readonly string[]): Promise<void> => {
  await run('ip', [...args]);
};

/** What nobody has: packets to it go nowhere, and nobody says so. */
const NOBODYS_ADDRESS = '02:00:00:00:00:99';

/** A machine of a test network: a network namespace. */
export interface TestHost {
  readonly name: string;
  readonly address: string;
  /** A program and its arguments that run another on it. */
  readonly through: readonly string[];
}

/**
 * Network namespaces on one bridge, between any two of which packets can be made to disappear in silence, as a network
 * does that fails. The test itself reaches them all, always. Needs root and iproute2.
 */
export class TestNetwork {
  readonly #bridge: string;
  readonly #subnet: string;
  readonly #hosts: TestHost[] = [];
  readonly #cuts = new Map<string, readonly [host: TestHost, address: string]>();

  private constructor(bridge: string, subnet: string) {
    this.#bridge = bridge;
    this.#subnet = subnet;
  }

  /** Whether this process may make one here. */
  static get isPossible(): boolean {
    if (process.getuid?.() !== 0) return false;
    const name = `cstry${process.pid}`;
    try {
      execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  static async create(): Promise<TestNetwork> {
    const network = new TestNetwork(`cs${process.pid}`, `10.231.${process.pid % 250}`);
    await ip('link', 'add', network.#bridge, 'type', 'bridge');
    // The first is whom the hosts see when the test calls.
    for (const last of [254, 253]) {
      await ip('addr', 'add', `${network.#subnet}.${last}/24`, 'dev', network.#bridge);
    }
    await ip('link', 'set', network.#bridge, 'up');
    return network;
  }

  /** Where servers of the test's own machine are for the hosts, apart from the test. */
  get serverAddress(): string {
    return `${this.#subnet}.253`;
  }

  async addHost(name: string): Promise<TestHost> {
    const n = this.#hosts.length + 1;
    const [space, outer] = [`${this.#bridge}-${name}`, `${this.#bridge}v${n}`];
    const host = { name, address: `${this.#subnet}.${n}`, through: ['nsenter', `--net=/run/netns/${space}`] };
    await ip('netns', 'add', space);
    this.#hosts.push(host);
    await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    await ip('link', 'set', outer, 'master', this.#bridge, 'up');
    await ip('-n', space, 'addr', 'add', `${host.address}/24`, 'dev', 'eth0');
    await ip('-n', space, 'link', 'set', 'eth0', 'up');
    await ip('-n', space, 'link', 'set', 'lo', 'up');
    return host;
  }

  /** From now on neither hears the other. */
  async cut(one: TestHost, other: TestHost): Promise<void> {
    await Promise.all([this.#lose(one, other.address), this.#lose(other, one.address)]);
  }

  /** From now on nothing the host sends reaches the servers. */
  cutFromServers(host: TestHost): Promise<void> {
    return this.#lose(host, this.serverAddress);
  }

  /** All hear each other again. */
  async heal(): Promise<void> {
    const cuts = [...this.#cuts.values()];
    this.#cuts.clear();
    await Promise.all(cuts.map(([host, to]) => ip('-n', this.#space(host), 'neigh', 'del', to, 'dev', 'eth0')));
  }

  async remove(): Promise<void> {
    for (const host of this.#hosts) await ip('netns', 'del', this.#space(host));
    await ip('link', 'del', this.#bridge);
  }

  async #lose(host: TestHost, to: string): Promise<void> {
    this.#cuts.set(`${host.name} ${to}`, [host, to]);
    const nowhere = [to, 'lladdr', NOBODYS_ADDRESS, 'dev', 'eth0', 'nud', 'permanent'];
    await ip('-n', this.#space(host), 'neigh', 'replace', ...nowhere);
  }

  #space(host: TestHost): string {
    return `${this.#bridge}-${host.name}`;
  }
}
