/** What a look at one decoded picture says about the camera itself; measured in models/gate, judged in analytics/health. */
export interface PictureStats {
  /** Mean brightness, 0..255. */
  readonly mean: number;
  /** Standard deviation of brightness over the picture, 0..255. */
  readonly deviation: number;
  /** Shares of nearly black (below 16) and nearly white (above 239) pixels, 0..1. */
  readonly darkShare: number;
  readonly brightShare: number;
  /** Mean colourfulness (largest minus smallest channel), 0..255: infrared pictures at night have next to none. */
  readonly colour: number;
  /** Variance of the Laplacian of brightness: low where nothing is sharp (Pech-Pacheco et al., ICPR 2000). */
  readonly sharpness: number;
  /** Edge strength per coarse cell, row by row, 0..255: where the scene's fixed structure lies. */
  readonly edges: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  /** FNV-1a over sampled pixels: two pictures of a live sensor never have the same. */
  readonly fingerprint: number;
}
