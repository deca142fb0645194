// Lofts: a body as a row of superellipse rings along z, with one material per face. Written out as a POV-Ray mesh2.
// All lengths in metres; x right, y up, z forward (POV-Ray's left-handed axes); the origin is on the ground.

/** Straight lines through `points` [[z, value], ...]; constant beyond both ends. */
export function profile(points) {
  return (z) => {
    if (z <= points[0][0]) return points[0][1];
    for (let i = 1; i < points.length; i += 1) {
      const [z1, v1] = points[i];
      const [z0, v0] = points[i - 1];
      if (z <= z1) {
        const s = (z - z0) / (z1 - z0);
        const smooth = s * s * (3 - 2 * s);
        return v0 + (v1 - v0) * (0.5 * s + 0.5 * smooth);
      }
    }
    return points[points.length - 1][1];
  };
}

/** `count` points of the unit superellipse of exponent `n`, in nearly equal steps once it is flattened by `aspect`. */
function ringPoints(n, count, aspect) {
  const fine = 6000;
  // By polar angle: the usual parametrisation leaves a nearly square ring's sides without points.
  const at = (a) => {
    const c = Math.cos(a);
    const s = Math.sin(a);
    const r = (Math.abs(c) ** n + Math.abs(s) ** n) ** (-1 / n);
    return [r * c, r * s];
  };
  const lengths = [0];
  let previous = at(0);
  for (let i = 1; i <= fine; i += 1) {
    const p = at((i / fine) * 2 * Math.PI);
    lengths.push(lengths[i - 1] + Math.hypot(p[0] - previous[0], aspect * (p[1] - previous[1])));
    previous = p;
  }
  const points = [];
  let i = 0;
  for (let k = 0; k < count; k += 1) {
    while (lengths[i] < (lengths[fine] * k) / count) i += 1;
    points.push(at((i / fine) * 2 * Math.PI));
  }
  return points;
}

/**
 * A closed body from z0 to z1. `width(z)` is the half width, `top(z)`/`bottom(z)` the heights, `n` the squareness of a
 * ring, `m` the squareness of the ends, `lean` the inward slope of the sides (metres per metre of height).
 * `material({x, y, z, nx, ny, nz})` names each face's texture.
 */
export function loft({
  z0,
  z1,
  width,
  top,
  bottom,
  n = 5,
  m = 10,
  lean = 0,
  rings = 80,
  around = 76,
  ends = 14,
  aspect = 0.6,
  extra = [],
  material,
}) {
  const half = (z1 - z0) / 2;
  const mid = (z0 + z1) / 2;
  const stations = [];
  for (let i = 0; i <= rings; i += 1) stations.push(-0.965 + (1.93 * i) / rings);
  for (const z of extra) stations.push((z - mid) / half);
  for (let k = 1; k <= ends; k += 1) {
    const r = 0.985 * (1 - k / ends) + 0.002;
    const z = (1 - r ** m) ** (1 / m);
    if (z > 0.966) stations.push(z, -z);
  }
  stations.sort((a, b) => a - b);
  const ring = ringPoints(n, around, aspect);
  const points = stations.map((s) => {
    const z = mid + half * s;
    const r = Math.max(0, 1 - Math.abs(s) ** m) ** (1 / m);
    const yc = (top(z) + bottom(z)) / 2;
    const h = ((top(z) - bottom(z)) / 2) * r;
    const w = width(z) * (0.25 + 0.75 * r) * (r < 0.01 ? r * 100 : 1);
    return ring.map(([across, up]) => {
      const y = yc + h * up;
      return [(w - lean * Math.max(0, y - bottom(z))) * across, y, z];
    });
  });
  const R = stations.length;
  const A = ring.length;
  const normals = Array.from({ length: R }, () => Array.from({ length: A }, () => [0, 0, 0]));
  const faces = [];
  for (let i = 0; i + 1 < R; i += 1) {
    for (let j = 0; j < A; j += 1) {
      const k = (j + 1) % A;
      for (const [p, q, r] of [
        [
          [i, j],
          [i, k],
          [i + 1, j],
        ],
        [
          [i, k],
          [i + 1, k],
          [i + 1, j],
        ],
      ]) {
        const [a, b, c] = [p, q, r].map(([u, v]) => points[u][v]);
        const e = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
        const f = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
        const normal = [e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]];
        const centre = [(a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3];
        for (const [u, v] of [p, q, r]) for (let d = 0; d < 3; d += 1) normals[u][v][d] += normal[d];
        const length = Math.hypot(...normal) || 1;
        faces.push({ indices: [p, q, r], centre, normal: normal.map((v) => v / length) });
      }
    }
  }
  const names = [];
  const lines = [];
  for (const face of faces) {
    const [x, y, z] = face.centre;
    const [nx, ny, nz] = face.normal;
    const name = material({ x, y, z, nx, ny, nz });
    let index = names.indexOf(name);
    if (index < 0) index = names.push(name) - 1;
    lines.push(`<${face.indices.map(([u, v]) => u * A + v).join(',')}>,${index}`);
  }
  const vec = (v) => `<${v.map((c) => c.toFixed(4)).join(',')}>`;
  const unit = (v) => {
    const l = Math.hypot(...v) || 1;
    return l < 1e-12 ? [0, 1, 0] : v.map((c) => c / l);
  };
  return `mesh2 {
vertex_vectors { ${R * A}, ${points.flat().map(vec).join(',')} }
normal_vectors { ${R * A}, ${normals
    .flat()
    .map((v) => vec(unit(v)))
    .join(',')} }
texture_list { ${names.length}, ${names.map((t) => `texture { ${t} }`).join(' ')} }
face_indices { ${lines.length}, ${lines.join(',\n')} }
}`;
}
