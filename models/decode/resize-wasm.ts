/**
 * The two inner loops of a resize as a WebAssembly module of some 350 bytes, assembled below instruction by instruction:
 * JavaScript has no SIMD, and libvips spends more on setting up a pipeline than these loops on a whole picture.
 *
 *     rows(src, stride, taps, weights, acc, bytes)      acc[i] = sum over t of q15(src[t * stride + i] << 7, weights[t])
 *                                                       for i in 0 .. bytes, in steps of 16
 *     columns(acc, starts, taps, weights, out, pixels)  out[3 x ..] = (sum over t of q15(acc[starts[x] + 3 t ..],
 *                                                       weights[x * taps + t]) + 64) >> 7
 *
 * where q15(a, b) = (a * b + 0x4000) >> 15 and `acc` holds 16-bit values of 7 fraction bits: 255 << 7 fits a signed one.
 * All arguments are byte addresses or counts above 0. `rows` reads up to 15 bytes past its rows and writes as many
 * values past its own; `columns` reads 2 bytes past a pixel and writes 1 byte past the last.
 *
 * Unrolling them for 2 taps was tried: 6 % at best, not worth a second pair.
 *
 * Opcodes: WebAssembly core specification 2.0, 5.4 (binary format, instructions).
 */
export interface ResizeLoops {
  rows(src: number, stride: number, taps: number, weights: number, acc: number, bytes: number): void;
  columns(acc: number, starts: number, taps: number, weights: number, out: number, pixels: number): void;
}

/** The memory the loops work in: grows by pages of 64 KiB, which replaces `buffer`. */
export interface ResizeMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What is used of `WebAssembly`: TypeScript declares it only together with the whole DOM. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { readonly initial: number }) => ResizeMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
}

/** @returns `undefined` where this runtime has no WebAssembly SIMD. */
export function createResizeLoops(): { readonly loops: ResizeLoops; readonly memory: ResizeMemory } | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;
  const bytes = resizeModule();
  if (api?.validate(bytes) !== true) return undefined;
  const memory = new api.Memory({ initial: 1 });
  const { exports } = new api.Instance(new api.Module(bytes), { host: { memory } });
  return { loops: exports as ResizeLoops, memory };
}

type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;

const i32Add: Code = [0x6a];
const i32Sub: Code = [0x6b];
const i32GreaterSigned: Code = [0x4a];
const i32Load: Code = [0x28, 2, 0];
const end: Code = [0x0b];
const again: Code = [0x0d, 0]; // br_if to the head of the innermost loop
const loop = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), ...end];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const constant = (value: number): Code => [0x41, ...signedLeb(value)];
const advance = (local: number, by: Code): Code => [...get(local), ...by, ...i32Add, ...set(local)];

const simd = (opcode: number, ...immediates: number[]): Code => [0xfd, ...unsignedLeb(opcode), ...immediates];
const load8x8Unsigned = (offset: number): Code => simd(0x02, 0, offset);
const load16Splat = simd(0x08, 0, 0);
const load64Zero = simd(0x5d, 0, 0);
const store = (offset: number): Code => simd(0x0b, 0, offset);
const storeLane32 = simd(0x5a, 0, 0, 0);
const zero = simd(0x0c, ...new Array<number>(16).fill(0));
const i16Splat = simd(0x10);
const i16Add = simd(0x8e);
const i16ShiftLeft = simd(0x8b);
const i16ShiftRight = simd(0x8d);
const i16MultiplyQ15 = simd(0x82);
const i8NarrowUnsigned = simd(0x66);

function resizeModule(): Uint8Array {
  const type: Code = [0x60, 6, I32, I32, I32, I32, I32, I32, 0];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [type]),
    ...section(2, [[...name('host'), ...name('memory'), 2, 0, 1]]),
    ...section(3, [[0], [0]]),
    ...section(7, [
      [...name('rows'), 0, 0],
      [...name('columns'), 0, 1],
    ]),
    ...section(10, [sized(rowsBody()), sized(columnsBody())]),
  ]);
}

function rowsBody(): Code {
  const [src, stride, taps, weights, acc, bytes] = [0, 1, 2, 3, 4, 5];
  const [at, left, weightAt, low, high, weight] = [6, 7, 8, 9, 10, 11];
  const addTap = (offset: number, sum: number): Code => [
    ...[...get(at), ...load8x8Unsigned(offset), ...constant(7), ...i16ShiftLeft],
    ...[...get(weight), ...i16MultiplyQ15, ...get(sum), ...i16Add, ...set(sum)],
  ];
  const body = loop(
    [...zero, ...set(low), ...zero, ...set(high)],
    [...get(src), ...set(at), ...get(taps), ...set(left), ...get(weights), ...set(weightAt)],
    loop(
      [...get(weightAt), ...load16Splat, ...set(weight)],
      addTap(0, low),
      addTap(8, high),
      advance(at, get(stride)),
      advance(weightAt, constant(2)),
      [...get(left), ...constant(1), ...i32Sub, ...tee(left), ...again],
    ),
    [...get(acc), ...get(low), ...store(0), ...get(acc), ...get(high), ...store(16)],
    advance(acc, constant(32)),
    advance(src, constant(16)),
    [...get(bytes), ...constant(16), ...i32Sub, ...tee(bytes), ...constant(0), ...i32GreaterSigned, ...again],
  );
  return [...locals(3, 3), ...body, ...end];
}

function columnsBody(): Code {
  const [acc, starts, taps, weights, out, pixels] = [0, 1, 2, 3, 4, 5];
  const [at, left, sum] = [6, 7, 8];
  const body = loop(
    [...constant(64), ...i16Splat, ...set(sum)],
    [...get(starts), ...i32Load, ...get(acc), ...i32Add, ...set(at), ...get(taps), ...set(left)],
    loop(
      [...get(at), ...load64Zero, ...get(weights), ...load16Splat, ...i16MultiplyQ15],
      [...get(sum), ...i16Add, ...set(sum)],
      advance(at, constant(6)),
      advance(weights, constant(2)),
      [...get(left), ...constant(1), ...i32Sub, ...tee(left), ...again],
    ),
    [...get(out), ...get(sum), ...constant(7), ...i16ShiftRight, ...get(sum), ...i8NarrowUnsigned, ...storeLane32],
    advance(out, constant(3)),
    advance(starts, constant(4)),
    [...get(pixels), ...constant(1), ...i32Sub, ...tee(pixels), ...again],
  );
  return [...locals(2, 1), ...body, ...end];
}

const locals = (integers: number, vectors: number): Code => [2, integers, I32, vectors, V128];
const sized = (body: Code): Code => [...unsignedLeb(body.length), ...body];
const name = (text: string): Code => [text.length, ...Buffer.from(text)];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized([items.length, ...items.flat()])];

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

/** Signed LEB128 of -64..63 in one byte, of more in two. */
function signedLeb(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
