/** A place in PostgreSQL's write-ahead log as it writes it: two hexadecimal numbers, `16/B374D848`. */
export type WalPosition = bigint;

/** @throws SyntaxError for what is no such text */
export function parseWalPosition(text: string): WalPosition {
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
