/**
 * Why a connection between nodes ended, as WebSocket close codes; the reason's text is the name. 4000 and above are free
 * for applications (RFC 6455, 7.4.2).
 */
export const LINK_CLOSE = {
  /** This node stops, or no longer names its peer. */
  goodbye: 1001,
  internal: 1011,
  bad_packet: 4400,
  wrong_secret: 4401,
  wrong_cluster: 4402,
  not_named: 4403,
  wrong_node: 4404,
  same_node: 4405,
  unsupported_protocol: 4406,
  bad_handshake: 4407,
  silent: 4408,
  /** A newer connection of the same pair has taken its place. */
  replaced: 4409,
  /** The pair has a connection, and it is that one that stays. */
  duplicate: 4410,
  handshake_timeout: 4411,
  too_large: 4413,
  too_many_peers: 4414,
  too_slow: 4415,
  over_credit: 4429,
} as const;
export type LinkCloseCode = keyof typeof LINK_CLOSE;

/** The name of what ended a connection, where the other side said one. */
export function closeName(code: number): LinkCloseCode | undefined {
  for (const [name, value] of Object.entries(LINK_CLOSE)) if (value === code) return name as LinkCloseCode;
  return undefined;
}
