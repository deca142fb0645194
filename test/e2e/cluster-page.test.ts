import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster, ClusterEvents, Nodes, Plan, Rounds, Shard, Shards } from '../../web/src/api/answers.gen.ts';
import { TestCamera } from '../support/camera.ts';
import { type ClusterNode, SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { api, Dashboard, expectAccessible, expectNoSideways, until } from './dashboard.ts';

const SHARD_COUNT = 48;
const PHONE = { viewport: { width: 390, height: 844 } };

/** Three nodes on one Redis, cameras that send all the while, and the page of the first. */
describe('the cluster page', () => {
  let redis: RedisServer;
  let cluster: TestCluster;
  let dashboard: Dashboard;
  let a: ClusterNode;
  let b: ClusterNode;
  let c: ClusterNode;
  let sending: NodeJS.Timeout;
  const cameras: TestCamera[] = [];
  const names: string[] = [];

  beforeAll(async () => {
    [redis, dashboard] = await Promise.all([RedisServer.start(), Dashboard.launch()]);
    cluster = new TestCluster({
      redis,
      name: 'page',
      settings: {
        // Rounds begin when somebody asks for one; a death is noticed late enough to be looked at.
        cluster: {
          ...{ ...SHORT_LEASES, leaseTtlMs: 4_000, shardCount: SHARD_COUNT, movesPerRound: 8 },
          rebalanceEveryMs: 600_000,
        },
        batching: { frameDeadlineMs: 10_000 },
      },
    });
    [a, b, c] = (await cluster.form('a', 'b', 'c')) as [ClusterNode, ClusterNode, ClusterNode];
    for (const owner of [a, b, c]) names.push(...(await cluster.camerasOf(owner, 2, 'eye')));
    for (const name of names) cameras.push(await TestCamera.welcomed(a, name));
    const picture = await jpeg();
    sending = setInterval(() => {
      for (const camera of cameras) camera.send(picture);
    }, 200);
  });
  afterEach(async () => dashboard?.closePages());
  afterAll(async () => {
    clearInterval(sending);
    await dashboard?.close();
    await cluster?.remove();
    await redis?.close();
  });

  const open = async (hash = '#/cluster', options = {}) => {
    const { page, errors } = await dashboard.open(`${a.url}/${hash}`, options);
    await page.locator('[data-map]').waitFor();
    return { page, errors };
  };
  const shards = async (): Promise<readonly Shard[]> => (await api<Shards>(a, '/v1/shards')).shards;

  /** Rounds until just these nodes have shards and nothing is to be moved: what the coordinator does in its own time. */
  const settle = async (...owners: readonly string[]): Promise<void> => {
    await until(async () => {
      const { shards: states, shardCount, members } = await api<Cluster>(a, '/v1/cluster');
      if (states.running !== shardCount) return undefined;
      const having = members.filter(({ shards: owned }) => owned > 0).map(({ node }) => node);
      const { moves } = await api<Plan>(a, '/v1/cluster/plan');
      if (moves.length > 0) await a.send('POST', '/v1/cluster/rebalance', {});
      else if (String(having) === String(owners)) return true;
      return undefined;
    });
  };

  it('draws each shard in the mark of its owner, as /v1/shards has it, and the same as a table', async () => {
    const { page, errors } = await open();
    const rows = await shards();
    await until(async () => same(await arcs(page), rows));
    expect(new Set(rows.map(({ node }) => node))).toEqual(new Set(['a', 'b', 'c']));
    const fills = await page.evaluate<Record<string, string[]>>(`(() => {
      const fills = {};
      for (const arc of document.querySelectorAll('.arc')) (fills[arc.dataset.owner] ??= []).push(arc.getAttribute('fill'));
      return fills;
    })()`);
    // One mark a node, each its own.
    const marks = Object.values(fills).map((some) => [...new Set(some)]);
    expect(marks.every((some) => some.length === 1)).toBe(true);
    expect(new Set(marks.flat()).size).toBe(3);
    const { members } = await api<Cluster>(a, '/v1/cluster');
    for (const { node, shards: owned } of members) {
      expect(await page.locator(`[data-node="${node}"]`).getAttribute('data-shards')).toBe(String(owned));
      expect(await page.locator(`[data-hub="${node}"]`).textContent()).toContain(`${owned} shards`);
    }
    await expectAccessible(page);
    await page.getByText('Table', { exact: true }).click();
    await page.locator('.shard-table').waitFor();
    const table = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('.shard-table tbody tr')].map((row) => [row.dataset.shard, row.dataset.owner, row.children[4].textContent, row.children[5].textContent])`,
    );
    const now = await shards();
    expect(table).toEqual(now.map((s) => [String(s.shard), s.node, String(s.epoch), String(s.cameras)]));
    expect(new URL(page.url()).hash).toBe('#/cluster?view=table');
    expect(errors).toEqual([]);
  });

  it('finds a camera’s shard and owner by its id, and lists the cameras of a shard', async () => {
    const { page, errors } = await open();
    const [name = ''] = names;
    const shard = cluster.shardOf(name);
    const row = (await shards())[shard];
    await page.getByPlaceholder('Find a camera by its id').fill(name);
    await page.locator(`[data-found="${name}"]`).waitFor();
    expect(await page.locator(`[data-found="${name}"]`).textContent()).toContain(
      `is in shard ${shard}, on ${row?.node}.`,
    );
    const facts = page.locator(`[data-facts="${shard}"]`);
    await facts.getByRole('link', { name, exact: true }).waitFor();
    await page.getByPlaceholder('Find a camera by its id').fill('never-seen');
    await page.locator('[data-found="never-seen"]').waitFor();
    const unseen = await page.locator('[data-found="never-seen"]').textContent();
    expect(unseen).toContain(`is in shard ${cluster.shardOf('never-seen')},`);
    expect(unseen).toContain('No node has heard of it lately');
    await page.getByPlaceholder('Find a camera by its id').fill('no camera!');
    await page.getByText('No camera has such an id.').waitFor();
    await page.getByPlaceholder('Find a camera by its id').fill('');
    await page.locator(`.arc[data-shard="${shard}"]`).click();
    await facts.getByRole('link', { name, exact: true }).waitFor();
    expect(await facts.textContent()).toContain(`Epoch${row?.epoch}`);
    expect(errors).toEqual([]);
  });

  it('shows before a drain what the plan says, drains, and shows the node empty without a reload', async () => {
    const { page, errors } = await open();
    const before = await shards();
    await page.locator('[data-node="b"]').getByRole('button', { name: 'Drain …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Drain b' });
    await dialog.locator('[data-moves]').waitFor();
    const plan = await api<Plan>(a, '/v1/cluster/plan?drain=b');
    expect(await previewed(page)).toEqual(byFlow(plan));
    const mine = before.filter(({ node }) => node === 'b');
    const leaving = mine.reduce((sum, row) => sum + (row.cameras ?? 0), 0);
    expect(plan.moves.map(({ shard }) => shard).sort((m, n) => m - n)).toEqual(mine.map(({ shard }) => shard));
    expect(await dialog.textContent()).toContain(`${mine.length} shards with ${leaving} cameras leave b`);
    // Nothing is done before somebody says so.
    expect((await api<Cluster>(a, '/v1/cluster')).members.find(({ node }) => node === 'b')?.cordoned).toBe(false);
    await expectAccessible(page);
    await dialog.getByLabel('Why').fill('new disk');
    await dialog.getByLabel('Who').fill('ann');
    await dialog.getByRole('button', { name: 'Drain b' }).click();
    await dialog.locator('.action-progress').waitFor();
    await settle('a', 'c');
    await dialog.getByText('b is empty:').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.locator('[data-node="b"][data-shards="0"]').getByText('Empty, cordoned').waitFor();
    const after = await shards();
    await until(async () => same(await arcs(page), after));
    // It came as it was foreseen.
    for (const { shard, to } of plan.moves) expect(after[shard]?.node, `shard ${shard}`).toBe(to);
    const event = page.locator('[data-event="order_cordon"]').first();
    await event.waitFor();
    expect(await event.textContent()).toContain('new disk');
    const { items } = await api<ClusterEvents>(a, '/v1/cluster/events?limit=1000');
    expect(items.find(({ kind }) => kind === 'order_cordon')).toMatchObject({ who: 'ann', why: 'new disk' });
    const { rounds } = await api<Rounds>(a, '/v1/cluster/rounds');
    await until(async () =>
      (await page.locator('[data-round][data-state="completed"]').count()) > 0 ? true : undefined,
    );
    expect(await page.locator('[data-round]').count()).toBe(Math.min(5, rounds.length));
    expect(errors).toEqual([]);
  });

  it('uncordons a node, and rebalances what it showed, by clicks', async () => {
    const { page, errors } = await open();
    await page.locator('[data-node="b"]').getByRole('button', { name: 'Uncordon …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Uncordon b' }).click();
    await page.getByText('b may have shards again.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Rebalance …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rebalance' });
    await dialog.locator('[data-moves]').waitFor();
    const plan = await api<Plan>(a, '/v1/cluster/plan');
    expect(plan.moves).toHaveLength(8);
    expect(await previewed(page)).toEqual(byFlow(plan));
    await dialog.getByRole('button', { name: 'Move 8 shards' }).click();
    await dialog.locator('[data-round-state="completed"]').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const after = await shards();
    for (const { shard, to } of plan.moves) expect(after[shard]?.node).toBe(to);
    await page.locator('[data-node="b"][data-shards="8"]').waitFor();
    await until(async () => same(await arcs(page), after));
    await settle('a', 'b', 'c');
    expect(errors).toEqual([]);
  });

  it('moves, pins and unpins one shard', async () => {
    const from = (await shards()).find(({ node }) => node === 'a');
    const shard = from?.shard ?? 0;
    const { page, errors } = await open(`#/cluster?shard=${shard}`);
    const facts = page.locator(`[data-facts="${shard}"]`);
    await facts.getByRole('button', { name: 'Move …' }).click();
    await page.getByRole('dialog').locator('select').selectOption('c');
    await page.getByRole('button', { name: 'Move it to c' }).click();
    await page.locator('[data-followed="there"]').waitFor();
    expect((await shards())[shard]).toMatchObject({ node: 'c', state: 'running' });
    await page.keyboard.press('Escape');
    await facts.getByRole('button', { name: 'Pin …' }).click();
    await page.getByRole('button', { name: 'Pin it to c' }).click();
    await page.locator('[data-followed="there"]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator(`.arc[data-shard="${shard}"][data-pin="c"]`).waitFor();
    expect(await page.locator('.arc-pin').count()).toBe(1);
    expect((await shards())[shard]?.pin).toBe('c');
    await facts.getByRole('button', { name: 'Unpin …' }).click();
    await page.getByRole('button', { name: 'Unpin it' }).click();
    await page.getByText('The loads decide again').waitFor();
    expect((await shards())[shard]?.pin).toBe(null);
    await settle('a', 'b', 'c');
    expect(errors).toEqual([]);
  });

  it('is drained with the keyboard alone, on a dark page', async () => {
    const { page, errors } = await open('#/cluster', { colorScheme: 'dark' });
    await expectAccessible(page);
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""',
      );
    const tabTo = async (text: string, within = ''): Promise<void> => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const isThere = await page.evaluate<boolean>(
          `document.activeElement?.textContent === ${JSON.stringify(text)} && (${JSON.stringify(within)} === '' || document.activeElement.closest(${JSON.stringify(within || 'x')}) !== null)`,
        );
        if (isThere) return;
      }
      throw new Error(`no way to ${text} by Tab; at ${await focused()}`);
    };
    // Through the ring: one stop, and arrow keys inside.
    await page.locator('.ring-arcs').focus();
    await page.keyboard.press('End');
    await page.locator(`[data-facts="${SHARD_COUNT - 1}"]`).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-facts="0"]').waitFor();
    await tabTo('Drain …', '[data-node="c"]');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Drain c' }).locator('[data-moves]').waitFor();
    await tabTo('Drain c', 'form');
    await page.keyboard.press('Enter');
    await page.locator('.action-progress').waitFor();
    await settle('a', 'b');
    await page.getByText('c is empty:').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[data-node="c"][data-shards="0"]').waitFor();
    expect((await shards()).every(({ node }) => node !== 'c')).toBe(true);
    await a.send('DELETE', '/v1/nodes/c/cordon');
    await settle('a', 'b', 'c');
    expect(errors).toEqual([]);
  });

  it('is readable on a phone', async () => {
    const { page, errors } = await open('#/cluster', PHONE);
    await page.locator('.event-feed').waitFor();
    await expectNoSideways(page);
    await page.locator('[data-node="a"]').getByRole('button', { name: 'Drain …' }).click();
    await page.getByRole('dialog').locator('[data-moves]').waitFor();
    await expectNoSideways(page);
    await page.keyboard.press('Escape');
    await page.goto(`${a.url}/#/devices`);
    await page.locator('[data-device]').first().waitFor();
    await expectNoSideways(page);
    expect(errors).toEqual([]);
  });

  it('shows the devices of all nodes as /v1/nodes has them', async () => {
    const { page, errors } = await dashboard.open(`${a.url}/#/devices`);
    await page.locator('[data-row="c simulated-0"]').waitFor();
    const { nodes } = await api<Nodes>(a, '/v1/nodes');
    expect(nodes.map(({ node }) => node)).toEqual(['a', 'b', 'c']);
    for (const { node, devices } of nodes) {
      for (const { device, model, state, batchMax, buckets } of devices) {
        const card = page.locator(`.device-node[data-node="${node}"] [data-device="${device}"]`);
        expect(await card.getAttribute('data-state')).toBe(state);
        const text = (await card.textContent()) ?? '';
        expect(text).toContain(model);
        expect(text).toContain(`of ${batchMax}`);
        const shown = await card
          .locator('[data-bucket]')
          .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-bucket'))));
        expect(shown).toEqual(buckets.map(({ frames }) => frames));
      }
      const rung = page.locator(`[data-ladder="${node}"] [data-rung]`);
      const { why } = await api<{ why: string }>(a, `/v1/overload?node=${node}`);
      await until(async () =>
        ((await rung.textContent()) ?? '').includes(why.split(';')[0]?.replace(/\d.*$/, '') ?? why) ? true : undefined,
      );
    }
    // Its course is drawn from what is told live.
    await page.locator('[data-device] .chart canvas').first().waitFor();
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page);
    await page.locator('.page-tools select').selectOption('b');
    await until(async () => ((await page.locator('.device-node').count()) === 1 ? true : undefined));
    expect(new URL(page.url()).hash).toBe('#/devices?node=b');
    expect(errors).toEqual([]);
  });

  // Last: one node fewer from here on.
  it('shows a node that was killed as away, then its shards with others', async () => {
    const { page, errors } = await open();
    await c.kill();
    await page
      .locator('[data-node="c"]')
      .getByText(/Does not answer|Dead/)
      .waitFor();
    await until(async () => ((await page.locator('.arc[data-owner="c"]').count()) === 0 ? true : undefined));
    await page.locator('[data-event="node_dead"]').first().waitFor();
    const after = await shards();
    await until(async () => same(await arcs(page), after));
    expect(after.every(({ node }) => node === 'a' || node === 'b')).toBe(true);
    expect(errors).toEqual([]);
  });

  it('removes a dead member only when its name was typed', async () => {
    const { page } = await dashboard.open('about:blank');
    // One that stays dead: here as the API would tell it, since others take over what a real one had within a second.
    const status = await api<Cluster>(a, '/v1/cluster');
    const [first] = status.members;
    if (first === undefined) throw new Error('no member');
    const dead = { ...first, node: 'gone', alive: false, coordinator: false, shards: 0 };
    await page.route('**/v1/cluster', (route) =>
      route.fulfill({ json: { ...status, members: [...status.members, dead] } }),
    );
    const removed: string[] = [];
    await page.route('**/v1/nodes/gone', (route) => {
      const request = route.request();
      removed.push(`${request.method()} ${request.headers()['x-camshard-why']}`);
      return route.fulfill({ json: { answer: 'begun' } });
    });
    await page.goto(`${a.url}/#/cluster`);
    await page.locator('[data-node="gone"]').getByRole('button', { name: 'Remove …' }).click();
    const button = page.getByRole('button', { name: 'Remove gone for good' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Type gone to go on').fill('gon');
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Type gone to go on').fill('gone');
    await page.getByLabel('Why').fill('its board burnt');
    await button.click();
    await page.getByText('gone is no member any more.').waitFor();
    expect(removed).toEqual(['DELETE its board burnt']);
  });
});

type ShownArc = readonly [shard: number, owner: string, state: string];

const arcs = (page: Page): Promise<ShownArc[]> =>
  page.evaluate(
    `[...document.querySelectorAll('.arc')].map((arc) => [Number(arc.dataset.shard), arc.dataset.owner, arc.dataset.state])`,
  );

/** True where the picture is the map; undefined while it is not. */
function same(shown: readonly ShownArc[], rows: readonly Shard[]): true | undefined {
  const wanted = rows.map(({ shard, node, state }) => [shard, node ?? '', state]);
  return JSON.stringify(shown) === JSON.stringify(wanted) ? true : undefined;
}

/** The preview's rows: from, to, and the shards between them. */
const previewed = (page: Page): Promise<unknown> =>
  page.evaluate(`Object.fromEntries([...document.querySelectorAll('.plan-preview tbody tr')].map((row) =>
    [row.dataset.from + ' ' + row.dataset.to, row.querySelector('[data-shards]').dataset.shards]))`);

function byFlow({ moves }: Plan): Record<string, string> {
  const flows = new Map<string, number[]>();
  for (const { shard, from, to } of moves) {
    const key = `${from} ${to}`;
    flows.set(key, [...(flows.get(key) ?? []), shard]);
  }
  return Object.fromEntries([...flows].map(([key, some]) => [key, some.sort((m, n) => m - n).join(' ')]));
}
