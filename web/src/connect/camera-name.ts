const KEY = 'camshard.camera-name';

/** The name this tab's camera last had, or a new one such as `browser-3f9a`. */
export function rememberedCameraName(storage: Storage): string {
  const known = storage.getItem(KEY);
  if (known !== null) return known;
  const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
  return `browser-${random.toString(16).padStart(4, '0')}`;
}

export const rememberCameraName = (storage: Storage, name: string): void => storage.setItem(KEY, name);
