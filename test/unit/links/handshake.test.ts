import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../core/ids.ts';
import {
  DiallerHandshake,
  type HandshakeMessage,
  type LinkSelf,
  ListenerHandshake,
} from '../../../src/links/handshake.ts';

const self = (node: string, more: Partial<LinkSelf> = {}): LinkSelf => ({
  node: nodeId(node),
  instance: `life of ${node}`,
  cluster: 'test',
  secret: 'sixteen characters',
  creditBytes: 1_000,
  ...more,
});

/** Lets the two talk; gives how each came out of it, and all that was said. */
function talk(dialler: DiallerHandshake, listener: ListenerHandshake, change = (m: HandshakeMessage): unknown => m) {
  const said: HandshakeMessage[] = [dialler.hello];
  for (let next: HandshakeMessage = dialler.hello; ; ) {
    const heard = listener.step(change(next));
    if (heard.kind === 'refused') return { end: heard.code, said };
    const back = heard.kind === 'send' ? heard.message : heard.kind === 'proved' ? heard.welcome : undefined;
    if (back === undefined) return { end: heard.kind, said };
    said.push(back);
    const step = dialler.step(change(back));
    if (step.kind === 'refused') return { end: `dialler ${step.code}`, said };
    if (step.kind === 'proved') return { end: 'linked', said, listener: heard, dialler: step };
    if (step.kind !== 'send') return { end: step.kind, said };
    said.push(step.message);
    next = step.message;
  }
}

describe('the handshake of two nodes', () => {
  it('lets each know who the other is, and says the secret to nobody', () => {
    const { end, said, listener, dialler } = talk(
      new DiallerHandshake(self('a', { creditBytes: 5 }), nodeId('b')),
      new ListenerHandshake(self('b')),
    );
    expect(end).toBe('linked');
    expect(listener).toMatchObject({ peer: { node: 'a', instance: 'life of a', creditBytes: 5 } });
    expect(dialler).toMatchObject({ peer: { node: 'b', instance: 'life of b', creditBytes: 1_000 } });
    expect(JSON.stringify(said)).not.toContain('sixteen');
  });

  it('refuses a wrong secret on either side', () => {
    const wrong = { secret: 'sixteen characterz' };
    const dial = (more = {}) => new DiallerHandshake(self('a', more), nodeId('b'));
    expect(talk(dial(wrong), new ListenerHandshake(self('b'))).end).toBe('wrong_secret');
    // A listener that does not know the secret can only make its welcome up.
    const invented = talk(dial(), new ListenerHandshake(self('b')), (m) =>
      m.type === 'welcome' ? { ...m, proof: 'f'.repeat(64) } : m,
    );
    expect(invented.end).toBe('dialler wrong_secret');
  });

  it.each(['node', 'instance', 'nonce', 'creditBytes', 'cluster'])('notices that %s was changed on the way', (key) => {
    const { end } = talk(new DiallerHandshake(self('a'), nodeId('b')), new ListenerHandshake(self('b')), (m) => {
      if (m.type !== 'hello') return m;
      return { ...m, [key]: key === 'creditBytes' ? 7 : 'changed' };
    });
    expect(['wrong_secret', 'wrong_cluster']).toContain(end);
  });

  it('is proved by no answer of an earlier one, nor by its own words sent back', () => {
    const first = talk(new DiallerHandshake(self('a'), nodeId('b')), new ListenerHandshake(self('b')));
    const replayed = new ListenerHandshake(self('b'));
    const [hello, , proof, welcome] = first.said;
    replayed.step(hello);
    expect(replayed.step(proof)).toMatchObject({ kind: 'refused', code: 'wrong_secret' });
    const mirror = new ListenerHandshake(self('b'));
    mirror.step(hello);
    expect(mirror.step({ type: 'proof', proof: welcome?.type === 'welcome' ? welcome.proof : '' }).kind).toBe(
      'refused',
    );
  });

  it('refuses another cluster, another protocol, a wrong address and its own name', () => {
    const end = (dialler: LinkSelf, to: string, change?: (m: HandshakeMessage) => unknown) =>
      talk(new DiallerHandshake(dialler, nodeId(to)), new ListenerHandshake(self('b')), change).end;
    expect(end(self('a', { cluster: 'other' }), 'b')).toBe('wrong_cluster');
    expect(end(self('a'), 'c')).toBe('wrong_node');
    expect(end(self('b'), 'c')).toBe('same_node');
    expect(end(self('a'), 'b', (m) => (m.type === 'hello' ? { ...m, protocol: 2 } : m))).toBe('unsupported_protocol');
  });

  it.each([
    undefined,
    null,
    7,
    'hello',
    [],
    {},
    { type: 'hello' },
    { type: 'proof', proof: '' },
    { type: 'welcome', proof: 'x' },
  ])('refuses %j', (given) => {
    expect(new ListenerHandshake(self('b')).step(given)).toMatchObject({ kind: 'refused', code: 'bad_handshake' });
    expect(new DiallerHandshake(self('a'), nodeId('b')).step(given)).toMatchObject({ kind: 'refused' });
  });
});
