import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeId, shardId } from '../../../core/ids.ts';
import { clusterEvents } from '../../../src/cli/cluster/events.ts';
import { cancelRound, listRounds } from '../../../src/cli/cluster/rounds.ts';
import { showCluster } from '../../../src/cli/cluster/status.ts';
import { CodedExit, EXIT, reportError, UsageError } from '../../../src/cli/exit.ts';
import { drainNode } from '../../../src/cli/nodes/drain.ts';
import { listNodes } from '../../../src/cli/nodes/ls.ts';
import { removeNode } from '../../../src/cli/nodes/remove.ts';
import { uncordonNode } from '../../../src/cli/nodes/uncordon.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { listShards } from '../../../src/cli/shards/ls.ts';
import { moveShard } from '../../../src/cli/shards/move.ts';
import { pinShard, unpinShard } from '../../../src/cli/shards/pin.ts';
import { showPlan } from '../../../src/cli/shards/plan.ts';
import { rebalance } from '../../../src/cli/shards/rebalance.ts';
import { showShard } from '../../../src/cli/shards/show.ts';
import { clusterRoutes } from '../../../src/http/api/cluster.ts';
import { TestIo } from '../../support/command-io.ts';
import { FakeCluster, planned } from '../../support/fake-cluster.ts';
import { RouteServer } from '../../support/route-server.ts';

let cluster: FakeCluster;
let server: RouteServer;
let io: TestIo;

beforeEach(async () => {
  cluster = new FakeCluster();
  server = await RouteServer.start(clusterRoutes({ cluster, shardOf: () => shardId(7) }));
  io = new TestIo(server.url);
});
afterEach(() => server.stop());

/** The cells of the row that begins with `first`. */
function row(text: string, first: string): string[] {
  const rows = text.split('\n').map((line) => line.trim().split(/ {2,}/));
  const found = rows.find((cells) => cells[0] === first && cells.length > 1);
  if (found === undefined) throw new Error(`no row ${first} in\n${text}`);
  return found;
}

/** The error a command ends with, and the exit code it becomes. */
async function failure(run: Promise<unknown>): Promise<{ code: number; message: string; name: string }> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('it did not fail');
  const name = 'code' in error ? String(error.code) : '';
  return { code: reportError(error, false, () => {}), message: error.message, name };
}

/** Every look moves things on: the oldest move ends. */
function movesEnd(): void {
  cluster.onLook = () => {
    const moving = cluster.map.shards.findIndex(({ move }) => move !== null);
    if (moving !== -1) cluster.finish(moving);
  };
}

/** What the cluster does with a cordoned node: one of its shards leaves at each look. */
function cordonedEmpty(): void {
  cluster.onLook = () => {
    const cordoned = new Set<string>(cluster.map.cordoned);
    const shard = cluster.map.shards.findIndex(({ owner }) => owner !== null && cordoned.has(owner));
    const to = [...cluster.nodes.keys()].find((name) => !cordoned.has(name));
    if (shard === -1 || to === undefined) return;
    cluster.begin(shard, to, 'cordon');
    cluster.finish(shard);
  };
}

describe('camshard cluster', () => {
  it('says who is there, who coordinates, what runs and what moves', async () => {
    cluster.begin(1, 'node-3');
    cluster.change(2, { state: 'starting' });
    cluster.change(3, { pin: nodeId('node-1') });
    cluster.node_('node-2').alive = false;
    expect(await showCluster({}, io)).toBe(EXIT.ok);
    expect(io.text).toMatch(/^cluster test \(redis\), as node-1 sees it$/m);
    expect(io.text).toMatch(/2 of 3 alive, node-1 coordinates/);
    expect(io.text).toMatch(/10 of 12 running, 1 moving, 1 starting; map version 4, 1 pinned/);
    expect(io.text).toMatch(/1 move under way/);
    expect(io.text).toMatch(/held, 2\.3 s left/);
    expect(row(io.text, 'node-1').slice(1, 3)).toEqual(['alive, coordinator', '4']);
    expect(row(io.text, 'node-2').slice(1, 4)).toEqual(['DEAD', '4', '0 in, 1 out']);
  });

  it('says it loudly where nobody coordinates and shards have no owner', async () => {
    cluster.coordinator = null;
    cluster.change(0, { owner: null });
    cluster.lease = () => ({ held: false, islanded: false, remainingMs: 0 });
    await showCluster({}, io);
    expect(io.text).toMatch(/NOBODY coordinates/);
    expect(io.text).toMatch(/1 WITHOUT AN OWNER/);
    expect(io.text).toMatch(/NOT HELD/);
  });

  it('prints events oldest first, those of operators with who and why', async () => {
    cluster.happens({ message: 'node-3 is here' });
    cluster.happens({ message: 'node-3 is cordoned', kind: 'order_cordon', who: 'ann', why: 'new disk' });
    await clusterEvents({}, io);
    expect(io.printed).toEqual([
      '2023-11-14 22:13:20.000Z  info      node_joined       node-1  node-3 is here',
      '2023-11-14 22:13:20.001Z  info      order_cordon      node-1  node-3 is cordoned  (ann: new disk)',
    ]);
  });

  it('says that nothing has happened, and gives events as JSON', async () => {
    await clusterEvents({}, io);
    expect(io.text).toBe('nothing has happened yet');
    cluster.happens({ message: 'one' });
    const other = new TestIo(server.url);
    await clusterEvents({ json: true }, other);
    expect(other.json).toMatchObject({ events: [{ message: 'one' }] });
  });

  it('follows events: each once, until interrupted', async () => {
    cluster.happens({ message: 'one' });
    const events = cluster.events.bind(cluster);
    let asked = 0;
    cluster.events = (query) => {
      if (++asked === 2) cluster.happens({ message: 'two' });
      if (asked === 4) io.interruption.abort();
      return events(query);
    };
    expect(await clusterEvents({ follow: true, json: true }, io)).toBe(EXIT.ok);
    expect(io.printed.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['one', 'two']);
  });

  it('lists rounds and takes one back', async () => {
    await listRounds({}, io);
    expect(io.text).toBe('no rounds');
    cluster.planned = [planned(1, 'node-2', 'node-3')];
    await cluster.submitRound({ who: 'ann', why: 'uneven', via: 'cli' });
    const second = new TestIo(server.url);
    await listRounds({}, second);
    expect(row(second.text, 'round-1').slice(2)).toEqual(['active', '0 of 1', 'ann', 'uneven']);
    await cancelRound('round-1', {}, second);
    expect(second.printed.at(-1)).toMatch(/1 move of round-1 taken back/);
    expect(await failure(cancelRound('none', {}, io))).toMatchObject({ code: EXIT.refused, name: 'no_such_round' });
  });
});

describe('camshard nodes', () => {
  it('lists every member, also those that are dead or do not answer', async () => {
    cluster.node_('node-2').alive = false;
    cluster.node_('node-3').silent = true;
    expect(await listNodes({}, io)).toBe(EXIT.ok);
    expect(row(io.text, 'node-1')).toEqual([
      ...['node-1', 'alive, coordinator', '4', '10', '10.0', '9.5', '31.0', '0', '1 min 1 s', '1.2.3'],
    ]);
    expect(row(io.text, 'node-2').slice(1, 5)).toEqual(['DEAD', '4', '10', '-']);
    expect(row(io.text, 'node-3')[1]).toBe('alive, does not answer (peer_timeout)');
  });

  it('gives the answer of the API as JSON', async () => {
    await listNodes({ json: true }, io);
    expect(io.json).toMatchObject({ nodes: [{ node: 'node-1' }, { node: 'node-2' }, { node: 'node-3' }], away: [] });
  });

  it('drains a node: cordons it, shows how many shards are left, and ends when it is empty', async () => {
    cordonedEmpty();
    expect(await drainNode('node-2', { yes: true, who: 'ann', why: 'new disk' }, io)).toBe(EXIT.ok);
    expect(cluster.orders).toEqual([
      {
        order: { kind: 'cordon', node: 'node-2' },
        by: { who: 'ann', why: 'new disk', via: '127.0.0.1' },
      },
    ]);
    expect(cluster.shardsOf('node-2')).toEqual([]);
    expect(io.noted[0]).toMatch(/^node-2: \d of 4 shards left, 0 on the way\n$/);
    expect(io.noted.at(-1)).toBe('node-2 is empty\n');
    expect(io.printed[0]).toMatch(/^node-2 is empty: 4 shards moved in \d+ s$/);
    expect(io.printed[1]).toBe('It gets none back until: camshard nodes uncordon node-2');
  });

  it('shows the progress in one changing line on a terminal', async () => {
    cordonedEmpty();
    io.progress.isTTY = true;
    await drainNode('node-2', { yes: true }, io);
    expect(io.noted.join('')).toContain('\r\u001b[2K');
  });

  it('asks before it drains, and does nothing without a yes', async () => {
    io.isInteractive = true;
    io.reply = 'n';
    expect(await failure(drainNode('node-2', {}, io))).toMatchObject({ code: EXIT.fault, name: 'not_confirmed' });
    expect(io.questions).toEqual(['node-2 has 4 shards with 10 cameras; they go to node-1, node-3.\nGo on? [y/N] ']);
    expect(cluster.orders).toEqual([]);
    io.reply = 'y';
    cordonedEmpty();
    expect(await drainNode('node-2', {}, io)).toBe(EXIT.ok);
  });

  it('refuses to drain without --yes where nobody can be asked', async () => {
    await expect(drainNode('node-2', {}, io)).rejects.toThrow(UsageError);
    expect((await failure(drainNode('node-2', {}, io))).code).toBe(EXIT.usage);
    expect(cluster.orders).toEqual([]);
  });

  it('refuses to drain the last node, and one that does not exist', async () => {
    cluster.node_('node-1').alive = false;
    cluster.node_('node-3').draining = true;
    expect(await failure(drainNode('node-2', { yes: true }, io))).toMatchObject({
      ...{ code: EXIT.refused, name: 'last_node' },
    });
    const { code, message } = await failure(drainNode('nobody', { yes: true }, io));
    expect([code, message]).toEqual([EXIT.refused, expect.stringContaining('there are node-1, node-2, node-3')]);
  });

  it('tells by its exit code that a drain goes on when the waiting is over', async () => {
    const { code, message } = await failure(drainNode('node-2', { yes: true, timeout: 3 }, io));
    expect(code).toBe(EXIT.unfinished);
    expect(message).toMatch(/not done after 3 s: the drain of node-2 goes on in the cluster/);
    cluster.onLook = () => io.interruption.abort();
    expect((await failure(drainNode('node-2', { yes: true }, io))).message).toMatch(/^interrupted/);
  });

  it('ends where somebody takes the node back meanwhile', async () => {
    let looks = 0;
    cluster.onLook = () => {
      if (++looks === 4) void cluster.order({ kind: 'uncordon', node: nodeId('node-2') }, by);
    };
    const by = { who: 'bob', why: '', via: '' };
    const { name } = await failure(drainNode('node-2', { yes: true, timeout: 20 }, io));
    expect(['uncordoned', 'unfinished']).toContain(name);
  });

  it('goes on while the node it asks is away for a moment', async () => {
    cordonedEmpty();
    const view = cluster.view.bind(cluster);
    let looks = 0;
    cluster.view = () => {
      looks++;
      if (looks === 4) throw new Error('a bug');
      return view();
    };
    const running = drainNode('node-2', { yes: true }, io);
    await expect(running).resolves.toBe(EXIT.ok);
  });

  it('does not wait where told so', async () => {
    expect(await drainNode('node-2', { yes: true, wait: false, json: true }, io)).toBe(EXIT.ok);
    expect(io.json).toEqual({ node: 'node-2', cordoned: true, shards: 4 });
  });

  it('uncordons a node', async () => {
    await cluster.order({ kind: 'cordon', node: nodeId('node-2') }, { who: '', why: '', via: '' });
    expect(await uncordonNode('node-2', {}, io)).toBe(EXIT.ok);
    expect(cluster.map.cordoned).toEqual([]);
    expect(cluster.orders.at(-1)?.by.who).toMatch(/@/);
  });

  it('removes a dead node only, and only once somebody has said yes', async () => {
    expect(await failure(removeNode('node-2', { yes: true }, io))).toMatchObject({
      ...{ code: EXIT.refused, name: 'node_alive' },
    });
    cluster.node_('node-2').alive = false;
    expect((await failure(removeNode('node-2', {}, io))).code).toBe(EXIT.usage);
    expect(await removeNode('node-2', { yes: true }, io)).toBe(EXIT.ok);
    expect(io.text).toBe('node-2 is no member any more');
    expect(cluster.orders.map(({ order }) => order.kind)).toEqual(['remove']);
  });
});

describe('camshard shards', () => {
  it('lists shards with owner, epoch, state, move, pin and cameras, and who did not tell', async () => {
    cluster.begin(1, 'node-3');
    cluster.change(2, { pin: nodeId('node-3') });
    cluster.node_('node-2').silent = true;
    expect(await listShards({}, io)).toBe(EXIT.ok);
    expect(row(io.text, '0')).toEqual(['0', 'node-1', '1', 'running', '-', '-', '2']);
    expect(row(io.text, '1')).toEqual(['1', 'node-2', '1', 'moving', 'node-3', '-', '-']);
    expect(row(io.text, '2')).toEqual(['2', 'node-3', '1', 'running', '-', 'node-3', '2']);
    expect(io.text).toMatch(/12 shards, 16 cameras, map version 3; node-2 did not say how many cameras they have$/);
  });

  it('narrows the list to a node or a state', async () => {
    cluster.begin(1, 'node-3');
    await listShards({ state: 'moving', json: true }, io);
    expect(io.json).toMatchObject({ shards: [{ shard: 1 }] });
    const other = new TestIo(server.url);
    await listShards({ node: 'nobody' }, other);
    expect(other.text).toBe('no such shards');
    await expect(listShards({ state: 'odd' }, io)).rejects.toThrow(/allowed: unowned, starting/);
  });

  it('shows one shard, by its number or by a camera of it', async () => {
    cluster.change(7, { from: { kind: 'takeover', node: nodeId('node-3') }, pin: nodeId('node-1') });
    expect(await showShard(7, {}, io)).toBe(EXIT.ok);
    expect(io.text).toMatch(/^shard 7: running on node-2, epoch 1\nstate from {3}node-3, which died/);
    expect(io.text).toMatch(/pinned to {4}node-1/);
    expect(io.text).toMatch(/cameras {6}2: cam-7-a cam-7-b/);
    const other = new TestIo(server.url);
    await showShard(undefined, { camera: 'cam-7-b' }, other);
    expect(other.text).toMatch(/^camera cam-7-b is in shard 7\nshard 7: running on node-2/);
    const absent = new TestIo(server.url);
    await showShard(undefined, { camera: 'gone' }, absent);
    expect(absent.text).toMatch(/^camera gone is in shard 7, which has not been seen there$/m);
    await expect(showShard(undefined, {}, io)).rejects.toThrow(UsageError);
    expect(await failure(showShard(99, {}, io))).toMatchObject({ code: EXIT.refused, name: 'no_such_shard' });
  });

  it('shows the plan', async () => {
    await showPlan({}, io);
    expect(io.text).toMatch(/^nothing to move/);
    cluster.planned = [planned(4, 'node-2', 'node-1')];
    const other = new TestIo(server.url);
    await showPlan({}, other);
    expect(row(other.text, '4')).toEqual(['4', 'node-2', 'node-1', 'balance']);
  });

  it('moves a shard and waits until it runs there', async () => {
    movesEnd();
    expect(await moveShard(4, 'node-3', { why: 'hot' }, io)).toBe(EXIT.ok);
    expect(io.text).toBe('shard 4 runs on node-3, epoch 2');
    expect(cluster.orders[0]).toMatchObject({ order: { kind: 'move', shard: 4, why: 'hot' } });
    expect(await moveShard(4, 'node-3', {}, io)).toBe(EXIT.ok);
    expect(io.printed.at(-1)).toBe('shard 4 is on node-3 already');
    expect(cluster.orders).toHaveLength(1);
  });

  it('fails where the move is withdrawn, and says what the cluster refuses', async () => {
    let looks = 0;
    cluster.onLook = () => {
      if (++looks > 5) cluster.change(4, { move: null });
    };
    expect(await failure(moveShard(4, 'node-3', {}, io))).toMatchObject({ code: EXIT.fault, name: 'withdrawn' });
    cluster.onLook = () => {};
    cluster.nextAnswers.push({ kind: 'refused', code: 'cordoned', message: 'node-3 is cordoned' });
    const refusal = await failure(moveShard(4, 'node-3', {}, io));
    expect(refusal).toMatchObject({ code: EXIT.refused, message: 'refused: node-3 is cordoned (cordoned)' });
    cluster.nextAnswers.push({ kind: 'refused', code: 'no_coordinator', message: 'nobody coordinates' });
    expect((await failure(moveShard(4, 'node-3', {}, io))).code).toBe(EXIT.refused);
  });

  it('does not wait for a move where told so', async () => {
    expect(await moveShard(4, 'node-3', { wait: false, json: true }, io)).toBe(EXIT.ok);
    expect(io.json).toEqual({ shard: 4, node: 'node-2', epoch: 1, state: 'moving' });
  });

  it('pins and unpins a shard', async () => {
    expect(await pinShard(3, 'node-2', { why: 'near' }, io)).toBe(EXIT.ok);
    expect(cluster.map.shards[3]?.pin).toBe('node-2');
    expect(await unpinShard(3, {}, io)).toBe(EXIT.ok);
    expect(cluster.map.shards[3]?.pin).toBeNull();
    expect(cluster.orders.map(({ by }) => by.why)).toEqual(['near', 'not said']);
  });

  it('rebalances: shows the plan, submits just that, and watches the round to its end', async () => {
    cluster.planned = [planned(1, 'node-2', 'node-3'), planned(4, 'node-2', 'node-1')];
    movesEnd();
    expect(await rebalance({ watch: true }, io)).toBe(EXIT.ok);
    expect(row(io.text, '4')).toEqual(['4', 'node-2', 'node-1', 'balance']);
    expect(io.printed.at(-1)).toBe('round-1: 2 of 2 moved');
    expect(io.noted.join('')).toMatch(/round-1: [01] of 2 moved, [12] under way \(begun [12]\)\n/);
  });

  it('only shows what would move on a dry run', async () => {
    cluster.planned = [planned(1, 'node-2', 'node-3')];
    expect(await rebalance({ dryRun: true, json: true }, io)).toBe(EXIT.ok);
    expect(io.json).toMatchObject({ round: null, moves: [{ shard: 1 }] });
    cluster.planned = [];
    expect(await rebalance({ dryRun: true }, new TestIo(server.url))).toBe(EXIT.ok);
    expect(cluster.submitted).toEqual([]);
  });

  it('asks before it moves many', async () => {
    cluster.planned = Array.from({ length: 9 }, (_, i) => planned(i, 'node-2', 'node-3'));
    expect((await failure(rebalance({}, io))).code).toBe(EXIT.usage);
    expect(cluster.submitted).toEqual([]);
    expect(await rebalance({ yes: true }, io)).toBe(EXIT.ok);
    expect(io.printed.at(-1)).toMatch(/^round-1: 9 moves submitted/);
  });

  it('fails where a round fails, and says which shards and why', async () => {
    cluster.planned = [planned(1, 'node-2', 'node-3')];
    const submit = cluster.submitRound.bind(cluster);
    cluster.submitRound = async (by, moves) => {
      const submitted = await submit(by, moves);
      const round = cluster.submitted[0];
      const failed = round?.moves.map((m) => ({ ...m, state: 'failed', error: 'node-3 is gone' }));
      if (round !== undefined) Object.assign(round, { state: 'failed', moves: failed });
      return submitted;
    };
    const { code, message } = await failure(rebalance({ watch: true }, io));
    expect([code, message]).toEqual([EXIT.fault, 'round-1 is failed\nshard 1: node-3 is gone']);
  });
});

describe('finding the cluster', () => {
  it('has an exit code of its own where no node can be reached', async () => {
    await server.stop();
    const { code, name } = await failure(showCluster({}, io));
    expect([code, name]).toEqual([EXIT.unreachable, 'node_unreachable']);
    server = await RouteServer.start([]);
  });

  it('asks the next of several nodes where one is away, and gives the token along', async () => {
    const gone = await RouteServer.start([]);
    const { url } = gone;
    await gone.stop();
    const several = new TestIo(`${url},${server.url}`, 'secret-secret-secret');
    expect(await showCluster({}, several)).toBe(EXIT.ok);
    expect(await uncordonNode('node-2', {}, several)).toBe(EXIT.ok);
    expect(server.tokens).toEqual(['Bearer secret-secret-secret', 'Bearer secret-secret-secret']);
  });

  it('says what a node without these routes answers', async () => {
    const bare = await RouteServer.start([]);
    const error = await failure(showCluster({}, new TestIo(bare.url)));
    await bare.stop();
    expect(error).toMatchObject({ code: EXIT.refused, name: 'not_found' });
    expect(new CodedExit(4, 'a', 'b').exitCode).toBe(4);
  });

  it('takes every command with its options', async () => {
    for (const [name, commands] of [
      ['nodes', ['ls', 'drain', 'uncordon', 'remove']],
      ['shards', ['ls', 'show', 'plan', 'move', 'pin', 'unpin', 'rebalance']],
      ['cluster', ['status', 'events', 'rounds', 'cancel']],
    ] as const) {
      const program = await buildProgram([name]);
      const command = program.commands.find((c) => c.name() === name);
      expect(command?.commands.map((c) => c.name())).toEqual(commands);
      for (const sub of command?.commands ?? []) {
        const options = sub.options.map((option) => option.long);
        expect(options).toEqual(expect.arrayContaining(['--url', '--token', '--json']));
      }
    }
  });
});
