// The Runge–Kutta steps of a vector of trajectories, for one instruction set. The including file defines LANES (doubles
// in a vector) and includes this under its target attribute. No include guard for that reason.
//
// The velocity. With θ = 2πx, X = (1, cos θ₁, sin θ₁, …, cos 3θ₁, sin 3θ₁) and Y the same of θ₂, the potential is a
// bilinear form ψ = Xᵀ M(t) Y with a real 7 × 7 matrix: modes κ and −κ, and (κ₁, κ₂) and (κ₁, −κ₂), share its entries.
// So a velocity costs two sines with cosines, 8 multiplications for the higher powers of exp iθ (Moivre), and two
// 7 × 7 matrix–vector products, some 160 operations for 49 modes. M(t) costs another 230, twice a step: its phase
// factors exp iω_k t are the same for all trajectories and come tabulated.

typedef double Vector __attribute__((vector_size(8 * LANES)));
typedef int64_t Integers __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// M, row a (of X) by column b (of Y). M[0][0], the potential's mean, moves nothing and is not set.
typedef struct {
  Vector m[7][7];
} Form;

/// (1, cos θ, sin θ, cos 2θ, sin 2θ, cos 3θ, sin 3θ) without the 1.
typedef struct {
  Vector cosine[4], sine[4];
} Powers;

/// cos and sin of 2πx. 4x = q + 4r with q an integer and |r| ≤ 1/8, where r is exact; then Taylor polynomials in r of
/// degree 15 and 16, whose remainders 5e-17 and 2e-18 are below rounding, and the quadrant q. Adding 1.5 · 2⁵²
/// rounds to an integer, which then stands in the low bits.
INLINE void circle(Vector x, Vector *cosine, Vector *sine) {
  const double magic = 6755399441055744.0;
  const Vector shifted = 4.0 * x + magic;
  const Integers quadrant = (Integers)shifted;
  const Vector r = x - 0.25 * (shifted - magic);
  const Vector z = r * r;
  // (2π)ⁿ/n! with alternating signs.
  Vector s = -0.71812230177850051 * z + 3.8199525848482823;
  s = s * z - 15.094642576822990;
  s = s * z + 42.058693944897652;
  s = s * z - 76.705859753061386;
  s = s * z + 81.605249276075055;
  s = s * z - 41.341702240399760;
  s = s * z + 6.2831853071795865;
  s = s * r;
  Vector c = 0.28200596845579122 * z - 1.7143907110886720;
  c = c * z + 7.9035363713184688;
  c = c * z - 26.426256783374397;
  c = c * z + 60.244641371876661;
  c = c * z - 85.456817206693728;
  c = c * z + 64.939394022668291;
  c = c * z - 19.739208802178716;
  c = c * z + 1.0;
  // Odd quadrants exchange the two. cos: minus in quadrants 1 and 2; sin: minus in quadrants 2 and 3.
  const Integers odd = -(quadrant & 1), differing = ((Integers)c ^ (Integers)s) & odd;
  *cosine = (Vector)((Integers)c ^ differing ^ (((quadrant + 1) & 2) << 62));
  *sine = (Vector)((Integers)s ^ differing ^ ((quadrant & 2) << 62));
}

INLINE Powers powers(Vector x) {
  Powers p;
  circle(x, &p.cosine[1], &p.sine[1]);
  p.cosine[2] = p.cosine[1] * p.cosine[1] - p.sine[1] * p.sine[1];
  p.sine[2] = 2.0 * (p.sine[1] * p.cosine[1]);
  p.cosine[3] = p.cosine[2] * p.cosine[1] - p.sine[2] * p.sine[1];
  p.sine[3] = p.sine[2] * p.cosine[1] + p.cosine[2] * p.sine[1];
  return p;
}

/// d_κ = c_κ + conj c_−κ with c_κ = ψ_κ exp iω_κ t: the potential is Re Σ d_κ e_κ over half of the wavenumbers.
INLINE void pair(const Vector *psi, const double *factors, int k, Vector *re, Vector *im) {
  const int o = CO_MODES - 1 - k;
  const double *cosine = factors, *sine = factors + CO_MODES;
  const Vector *real = psi, *imaginary = psi + CO_MODES;
  *re = ((real[k] * cosine[k] - imaginary[k] * sine[k]) + real[o] * cosine[o]) - imaginary[o] * sine[o];
  *im = ((real[k] * sine[k] + imaginary[k] * cosine[k]) - real[o] * sine[o]) - imaginary[o] * cosine[o];
}

/// M at the time of `factors`.
static void form(const Vector *psi, const double *factors, Form *out) {
  Vector re, im, re2, im2;
  UNROLL
  for (int b = 1; b <= 3; ++b) {
    pair(psi, factors, 24 + b, &re, &im);
    out->m[0][2 * b - 1] = re;
    out->m[0][2 * b] = -im;
  }
  UNROLL
  for (int a = 1; a <= 3; ++a) {
    Vector *cosines = out->m[2 * a - 1], *sines = out->m[2 * a];
    pair(psi, factors, 24 + 7 * a, &re, &im);
    cosines[0] = re;
    sines[0] = -im;
    UNROLL
    for (int b = 1; b <= 3; ++b) {
      pair(psi, factors, 24 + 7 * a + b, &re, &im);
      pair(psi, factors, 24 + 7 * a - b, &re2, &im2);
      cosines[2 * b - 1] = re + re2;
      sines[2 * b] = re2 - re;
      sines[2 * b - 1] = -im - im2;
      cosines[2 * b] = im2 - im;
    }
  }
}

/// (∂ψ/∂x₂, −∂ψ/∂x₁) = (Xᵀ M Y', −X'ᵀ M Y), with the factor 2π in M already.
INLINE void velocity(const Form *form, Vector x, Vector y, Vector *u, Vector *v) {
  const Powers px = powers(x), py = powers(y);
  Vector dc[4], ds[4];  // derivatives of cos bθ and sin bθ
  UNROLL
  for (int b = 1; b <= 3; ++b) {
    dc[b] = (double)-b * py.sine[b];
    ds[b] = (double)b * py.cosine[b];
  }
  Vector along = form->m[0][1] * dc[1] + form->m[0][2] * ds[1];
  UNROLL
  for (int b = 2; b <= 3; ++b) along = (along + form->m[0][2 * b - 1] * dc[b]) + form->m[0][2 * b] * ds[b];
  Vector across = {0};
  UNROLL
  for (int a = 1; a <= 3; ++a) {
    const Vector *cosines = form->m[2 * a - 1], *sines = form->m[2 * a];
    Vector value_c = cosines[0], value_s = sines[0], slope_c = {0}, slope_s = {0};
    UNROLL
    for (int b = 1; b <= 3; ++b) {
      value_c = (value_c + cosines[2 * b - 1] * py.cosine[b]) + cosines[2 * b] * py.sine[b];
      value_s = (value_s + sines[2 * b - 1] * py.cosine[b]) + sines[2 * b] * py.sine[b];
      slope_c = (slope_c + cosines[2 * b - 1] * dc[b]) + cosines[2 * b] * ds[b];
      slope_s = (slope_s + sines[2 * b - 1] * dc[b]) + sines[2 * b] * ds[b];
    }
    along = (along + slope_c * px.cosine[a]) + slope_s * px.sine[a];
    across = across + (double)a * (value_c * px.sine[a] - value_s * px.cosine[a]);
  }
  *u = along;
  *v = across;
}

static void integrate(
    const double *coefficients, const double *factors, int64_t steps, double time_step, double *x_lanes, double *y_lanes) {
  const Vector *psi = (const Vector *)coefficients;
  Vector x, y;
  __builtin_memcpy(&x, x_lanes, sizeof x);
  __builtin_memcpy(&y, y_lanes, sizeof y);
  Form forms[3], *start = &forms[0], *middle = &forms[1], *end = &forms[2];
  form(psi, factors, start);
  const double half = 0.5 * time_step, sixth = time_step / 6.0;
  for (int64_t i = 0; i < steps; ++i) {
    const double *next = factors + (2 * i + 1) * CO_COEFFICIENTS;
    form(psi, next, middle);
    form(psi, next + CO_COEFFICIENTS, end);
    Vector u, v, sum_u, sum_v;
    velocity(start, x, y, &sum_u, &sum_v);
    velocity(middle, x + half * sum_u, y + half * sum_v, &u, &v);
    sum_u += 2.0 * u, sum_v += 2.0 * v;
    velocity(middle, x + half * u, y + half * v, &u, &v);
    sum_u += 2.0 * u, sum_v += 2.0 * v;
    velocity(end, x + time_step * u, y + time_step * v, &u, &v);
    x += sixth * (sum_u + u);
    y += sixth * (sum_v + v);
    Form *swap = start;
    start = end;
    end = swap;
  }
  __builtin_memcpy(x_lanes, &x, sizeof x);
  __builtin_memcpy(y_lanes, &y, sizeof y);
}
