/** Which card is meant, in a way that both NVML and `nvidia-smi` understand. */
export type CardName =
  /** As the PCI bus has them in order. */
  | { readonly kind: 'index'; readonly index: number }
  /** The start of a UUID, `GPU-...` or `MIG-...`. */
  | { readonly kind: 'uuid'; readonly uuid: string }
  /** `0000:3B:00.0`, whatever the length of its domain. */
  | { readonly kind: 'pci'; readonly busId: string };

/**
 * The card that CUDA calls number `deviceId`, by `CUDA_VISIBLE_DEVICES` alone. Right where CUDA counts as the PCI bus
 * does: `CUDA_DEVICE_ORDER=PCI_BUS_ID`, one card, or all cards alike. Undefined where the variable hides that number.
 */
export function visibleCard(deviceId: number, visibleDevices: string | undefined): CardName | undefined {
  if (visibleDevices === undefined) return { kind: 'index', index: deviceId };
  const entries = visibleDevices.split(',').map((entry) => entry.trim());
  // CUDA stops at the first entry that names no card: whatever follows is hidden too.
  const bad = entries.findIndex((entry) => !/^(\d+|GPU-.+|MIG-.+)$/.test(entry));
  const entry = (bad < 0 ? entries : entries.slice(0, bad))[deviceId];
  if (entry === undefined) return undefined;
  return /^\d+$/.test(entry) ? { kind: 'index', index: Number(entry) } : { kind: 'uuid', uuid: entry };
}

/** `00000000:3b:00.0` and `0000:3B:00.0` name the same slot; tools differ in the length of the domain. */
export function sameBusId(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .trim()
      .toLowerCase()
      .replace(/^0+(?=[0-9a-f]{1,8}:)/, '');
  return plain(a) === plain(b);
}
