import { describe, expect, it } from 'vitest';
import { type Credentials, decideAccess } from '../../../../src/access/who-may.ts';

const TOKEN = 'a-secret-of-16-characters';
const nobody: Credentials = { authorization: '', queryToken: undefined, origin: '', host: '127.0.0.1:8080' };
const withToken = { token: TOKEN, allowedOrigins: ['https://ops.example.org'] };
const without = { token: null, allowedOrigins: [] };

function decide(credentials: Partial<Credentials>, rules: Parameters<typeof decideAccess>[1]): string {
  const access = decideAccess({ ...nobody, ...credentials }, rules);
  return access.kind === 'allowed' ? 'allowed' : access.code;
}

describe('decideAccess with a token', () => {
  it('takes it as a bearer header or in the query, the header first', () => {
    expect(decide({ authorization: `Bearer ${TOKEN}` }, withToken)).toBe('allowed');
    expect(decide({ authorization: `bearer   ${TOKEN} ` }, withToken)).toBe('allowed');
    expect(decide({ queryToken: TOKEN }, withToken)).toBe('allowed');
    expect(decide({ authorization: 'Bearer wrong', queryToken: TOKEN }, withToken)).toBe('token_wrong');
    expect(decide({ authorization: 'Basic abc', queryToken: TOKEN }, withToken)).toBe('allowed');
  });

  it('tells a missing token from a wrong one, and neither is let in', () => {
    expect(decide({}, withToken)).toBe('token_missing');
    expect(decide({ authorization: `Basic ${TOKEN}` }, withToken)).toBe('token_missing');
    for (const queryToken of ['', TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()]) {
      expect(decide({ queryToken }, withToken)).toBe('token_wrong');
    }
  });

  it('serves any host name', () => {
    expect(decide({ queryToken: TOKEN, host: 'node-7.example.org' }, withToken)).toBe('allowed');
    expect(decide({ queryToken: TOKEN, host: '' }, withToken)).toBe('allowed');
  });

  it('never shows the token or what was given instead', () => {
    const access = decideAccess({ ...nobody, queryToken: 'guessed' }, withToken);
    expect(JSON.stringify(access)).not.toMatch(/guessed|a-secret/);
  });
});

describe('decideAccess without a token', () => {
  it('serves loopback names only, whatever their case and port', () => {
    for (const host of [
      '127.0.0.1',
      '127.0.0.1:8080',
      '127.0.0.2:8080',
      'localhost:1',
      'LOCALHOST',
      '[::1]',
      '[::1]:8080',
    ]) {
      expect(decide({ host }, without)).toBe('allowed');
    }
    // The last three: what a page of somebody else's may have its own name point to.
    for (const host of [
      '',
      'evil.example',
      '192.168.1.7:8080',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      '[::2]',
    ]) {
      expect(decide({ host }, without)).toBe('host_not_allowed');
    }
  });
});

describe('decideAccess of browsers', () => {
  it('lets the node’s own page and allowed origins in, and no other', () => {
    expect(decide({ origin: 'http://127.0.0.1:8080' }, without)).toBe('allowed');
    expect(decide({ origin: 'https://127.0.0.1:8080' }, without)).toBe('allowed');
    for (const origin of ['null', 'http://127.0.0.1', 'http://127.0.0.1:8081', 'https://evil.example', '://', 'x']) {
      expect(decide({ origin }, without)).toBe('origin_not_allowed');
    }
    expect(decide({ origin: 'http://', host: '' }, without)).toBe('origin_not_allowed');
    expect(decide({ origin: 'https://ops.example.org', queryToken: TOKEN }, withToken)).toBe('allowed');
    expect(decide({ origin: 'https://ops.example.org.evil', queryToken: TOKEN }, withToken)).toBe('origin_not_allowed');
  });

  it('asks an allowed origin for the token all the same', () => {
    expect(decide({ origin: 'https://ops.example.org' }, withToken)).toBe('token_missing');
  });
});
