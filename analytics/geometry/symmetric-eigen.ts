/**
 * Eigenvalues and -vectors of a small symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, Matrix
 * Computations, 8.5). Exact enough for 9 x 9 to all digits that matter; never fails.
 * @param matrix n x n, row by row; it is not changed
 * @returns ascending eigenvalues; `vectors[k]` belongs to `values[k]`, of length 1
 */
export function symmetricEigen(
  matrix: readonly number[],
  n: number,
): { readonly values: readonly number[]; readonly vectors: readonly (readonly number[])[] } {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) v[i * n + i] = 1;
  const at = (m: Float64Array, i: number, j: number): number => m[i * n + j] ?? 0;
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < n; i += 1) {
      diagonal += at(a, i, i) ** 2;
      for (let j = i + 1; j < n; j += 1) off += at(a, i, j) ** 2;
    }
    if (off <= 1e-34 * diagonal) break;
    for (let p = 0; p < n; p += 1)
      for (let q = p + 1; q < n; q += 1) {
        const apq = at(a, p, q);
        if (apq === 0) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * apq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k += 1) {
          const kp = at(a, k, p);
          const kq = at(a, k, q);
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k += 1) {
          const pk = at(a, p, k);
          const qk = at(a, q, k);
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
          const vp = at(v, k, p);
          const vq = at(v, k, q);
          v[k * n + p] = c * vp - s * vq;
          v[k * n + q] = s * vp + c * vq;
        }
      }
  }
  const order = [...Array(n).keys()].sort((i, j) => at(a, i, i) - at(a, j, j));
  return {
    values: order.map((i) => at(a, i, i)),
    vectors: order.map((i) => [...Array(n).keys()].map((k) => at(v, k, i))),
  };
}
