/*
 * The judge's arithmetic: a small BERT over one passage, pooled after as many layers as the caller asks for. Compiled to `kernel.wasm` by
 * `train/kernel.sh`; the file is committed, so nothing is compiled where the product runs.
 *
 * Weights are seven-bit (0..127, of which 64 is zero) with one scale an output, activations eight-bit with one scale a
 * token. That is what `i32x4.relaxed_dot_i8x16_i7x16_add_s` takes, and within those ranges it gives the same sums on every
 * processor. The rest is single precision.
 */
#include <stdint.h>
#include <wasm_simd128.h>

enum { WIDTH = 384, HIDDEN = 1536, HEADS = 12, SIZE = WIDTH / HEADS, MOST = 256, QUARTERS = WIDTH / 32 };

typedef const float *floats;
typedef struct {
  const int8_t *weights;
  floats scales, bias;
} matrix;
typedef struct {
  matrix qkv, out;
  floats norm1, shift1;
  matrix up, down;
  floats norm2, shift2;
} layer;
typedef struct {
  const uint8_t *words;
  floats positions, types, norm, shift;
  layer layers[];
} model;

/* What one thread computes in: the memory, with the model in it, is shared by all of them. */
typedef struct {
  int32_t tokens[MOST], types[MOST];
  float pooled[3 * WIDTH];
  float state[MOST * WIDTH], wide[MOST * HIDDEN], mixed[MOST * WIDTH], moved[MOST * WIDTH], chances[MOST];
  int8_t narrow[MOST * HIDDEN];
  float token_scale[MOST];
  int32_t token_sum[MOST];
  /* The processor has one instruction for a dot product with its sum. */
  int32_t fused;
} work;

__attribute__((export_name("work_size"))) int32_t work_size(void) { return sizeof(work); }

static inline float sum4(v128_t x) {
  return wasm_f32x4_extract_lane(x, 0) + wasm_f32x4_extract_lane(x, 1) + wasm_f32x4_extract_lane(x, 2) +
         wasm_f32x4_extract_lane(x, 3);
}

static float half(uint16_t h) {
  union { uint32_t bits; float value; } u;
  uint32_t exponent = (h >> 10) & 31, fraction = h & 1023;
  if (exponent == 0) return (h & 0x8000 ? -1.0f : 1.0f) * (float)fraction * 5.9604645e-8f;
  u.bits = (uint32_t)(h & 0x8000) << 16 | (exponent + 112) << 23 | fraction << 13;
  return u.value;
}

/* A row of Q4_0: blocks of a half-precision scale and 32 four-bit values, low halves first. */
static void word(const uint8_t *row, float *out) {
  for (int block = 0; block < QUARTERS; block++, row += 18, out += 32) {
    float scale = half((uint16_t)(row[0] | row[1] << 8));
    for (int i = 0; i < 16; i++) {
      out[i] = (float)((row[2 + i] & 15) - 8) * scale;
      out[i + 16] = (float)((row[2 + i] >> 4) - 8) * scale;
    }
  }
}

static void add_and_normalise(float *x, const float *added, floats norm, floats shift, int count) {
  for (int t = 0; t < count; t++, x += WIDTH) {
    v128_t total = wasm_f32x4_splat(0), squares = total;
    for (int i = 0; i < WIDTH; i += 4) {
      v128_t v = wasm_v128_load(x + i);
      if (added) v = wasm_f32x4_add(v, wasm_v128_load(added + t * WIDTH + i));
      wasm_v128_store(x + i, v);
      total = wasm_f32x4_add(total, v);
    }
    v128_t mean = wasm_f32x4_splat(sum4(total) / WIDTH);
    for (int i = 0; i < WIDTH; i += 4) {
      v128_t v = wasm_f32x4_sub(wasm_v128_load(x + i), mean);
      squares = wasm_f32x4_add(squares, wasm_f32x4_mul(v, v));
    }
    v128_t scale = wasm_f32x4_splat(1 / __builtin_sqrtf(sum4(squares) / WIDTH + 1e-12f));
    for (int i = 0; i < WIDTH; i += 4) {
      v128_t v = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + i), mean), scale);
      v = wasm_f32x4_add(wasm_f32x4_mul(v, wasm_v128_load(norm + i)), wasm_v128_load(shift + i));
      wasm_v128_store(x + i, v);
    }
  }
}

/* Floats to eight bits with one scale a token. */
static void quantise(work *k, const float *x, int width, int count) {
  for (int t = 0; t < count; t++, x += width) {
    v128_t most = wasm_f32x4_splat(0);
    for (int i = 0; i < width; i += 4) most = wasm_f32x4_max(most, wasm_f32x4_abs(wasm_v128_load(x + i)));
    float highest = wasm_f32x4_extract_lane(most, 0);
    for (int lane = 1; lane < 4; lane++) {
      float other = lane == 1   ? wasm_f32x4_extract_lane(most, 1)
                    : lane == 2 ? wasm_f32x4_extract_lane(most, 2)
                                : wasm_f32x4_extract_lane(most, 3);
      if (other > highest) highest = other;
    }
    k->token_scale[t] = highest / 127;
    v128_t scale = wasm_f32x4_splat(highest > 0 ? 127 / highest : 0), sums = wasm_i32x4_splat(0);
    int8_t *out = k->narrow + t * width;
    for (int i = 0; i < width; i += 16) {
      v128_t v[4];
      for (int part = 0; part < 4; part++) {
        v128_t rounded = wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(x + i + 4 * part), scale));
        v[part] = wasm_i32x4_trunc_sat_f32x4(rounded);
        sums = wasm_i32x4_add(sums, v[part]);
      }
      wasm_v128_store(out + i, wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(v[0], v[1]), wasm_i16x8_narrow_i32x4(v[2], v[3])));
    }
    k->token_sum[t] = wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) +
                   wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3);
  }
}

static inline v128_t sums_of(v128_t a, v128_t b, v128_t c, v128_t d) {
  v128_t ab = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 2, 6), wasm_i32x4_shuffle(a, b, 1, 5, 3, 7));
  v128_t cd = wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 2, 6), wasm_i32x4_shuffle(c, d, 1, 5, 3, 7));
  return wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5), wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

static inline v128_t scaled(const work *k, v128_t sums, int t, matrix m, int o) {
  v128_t exact = wasm_i32x4_sub(sums, wasm_i32x4_splat(k->token_sum[t] * 64));
  v128_t scale = wasm_f32x4_mul(wasm_f32x4_splat(k->token_scale[t]), wasm_v128_load(m.scales + o));
  return wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(exact), scale), wasm_v128_load(m.bias + o));
}

/*
 * `narrow` (count × in) by a matrix (out × in) to floats: four outputs of two tokens at a time. `DOT(a, w, sum)` adds the
 * products of 16 pairs to four sums.
 */
#define MULTIPLY(NAME, DOT)                                                                                            \
  static void NAME(const work *k, matrix m, int in, int out, float *result, int count) {                               \
    const v128_t ones = wasm_i16x8_splat(1);                                                                           \
    (void)ones;                                                                                                        \
    for (int o = 0; o < out; o += 4) {                                                                                 \
      const int8_t *w0 = m.weights + o * in, *w1 = w0 + in, *w2 = w1 + in, *w3 = w2 + in;                              \
      for (int t = 0; t < count; t += 2) {                                                                             \
        /* The last one alone is computed twice: it costs what a path of its own would. */                             \
        int u = t + 1 < count ? t + 1 : t;                                                                             \
        const int8_t *a = k->narrow + t * in, *b = k->narrow + u * in;                                                 \
        v128_t zero = wasm_i32x4_splat(0);                                                                             \
        v128_t a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero;                 \
        for (int i = 0; i < in; i += 16) {                                                                             \
          v128_t x = wasm_v128_load(a + i), y = wasm_v128_load(b + i), w = wasm_v128_load(w0 + i);                     \
          a0 = DOT(x, w, a0);                                                                                          \
          b0 = DOT(y, w, b0);                                                                                          \
          w = wasm_v128_load(w1 + i);                                                                                  \
          a1 = DOT(x, w, a1);                                                                                          \
          b1 = DOT(y, w, b1);                                                                                          \
          w = wasm_v128_load(w2 + i);                                                                                  \
          a2 = DOT(x, w, a2);                                                                                          \
          b2 = DOT(y, w, b2);                                                                                          \
          w = wasm_v128_load(w3 + i);                                                                                  \
          a3 = DOT(x, w, a3);                                                                                          \
          b3 = DOT(y, w, b3);                                                                                          \
        }                                                                                                              \
        wasm_v128_store(result + t * out + o, scaled(k, sums_of(a0, a1, a2, a3), t, m, o));                            \
        wasm_v128_store(result + u * out + o, scaled(k, sums_of(b0, b1, b2, b3), u, m, o));                            \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define FUSED(a, w, sum) wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, w, sum)
#define PAIRED(a, w, sum) wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(a, w), ones))
MULTIPLY(multiply_fused, FUSED)
MULTIPLY(multiply_paired, PAIRED)

static void multiply(const work *k, matrix m, int in, int out, float *result, int count) {
  (k->fused ? multiply_fused : multiply_paired)(k, m, in, out, result, count);
}

/* e to the x, to about seven digits (Cephes' polynomial). */
static inline v128_t exponential(v128_t x) {
  x = wasm_f32x4_max(wasm_f32x4_min(x, wasm_f32x4_splat(88)), wasm_f32x4_splat(-87));
  v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504f)));
  x = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(0.693359375f)));
  x = wasm_f32x4_add(x, wasm_f32x4_mul(n, wasm_f32x4_splat(2.12194440e-4f)));
  static const float terms[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 0.5f, 1, 1};
  v128_t y = wasm_f32x4_splat(1.9875691500e-4f);
  for (int i = 0; i < 7; i++) y = wasm_f32x4_add(wasm_f32x4_mul(y, x), wasm_f32x4_splat(terms[i]));
  v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
  return wasm_f32x4_mul(y, power);
}

/* x times the normal distribution's share below x; its error function after Abramowitz and Stegun 7.1.26. */
static void gelu(float *values, int count) {
  static const float terms[] = {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f};
  v128_t one = wasm_f32x4_splat(1);
  for (int i = 0; i < count; i += 4) {
    v128_t x = wasm_v128_load(values + i);
    v128_t z = wasm_f32x4_mul(wasm_f32x4_abs(x), wasm_f32x4_splat(0.70710678f));
    v128_t t = wasm_f32x4_div(one, wasm_f32x4_add(one, wasm_f32x4_mul(z, wasm_f32x4_splat(0.3275911f))));
    v128_t y = wasm_f32x4_splat(1.061405429f);
    for (int k = 0; k < 4; k++) y = wasm_f32x4_add(wasm_f32x4_mul(y, t), wasm_f32x4_splat(terms[k]));
    y = wasm_f32x4_mul(wasm_f32x4_mul(y, t), exponential(wasm_f32x4_neg(wasm_f32x4_mul(z, z))));
    // Half of 1 - erf(|x| / sqrt 2), and the other side of zero by symmetry.
    v128_t tail = wasm_f32x4_mul(y, wasm_f32x4_splat(0.5f));
    v128_t share = wasm_v128_bitselect(tail, wasm_f32x4_sub(one, tail), wasm_f32x4_lt(x, wasm_f32x4_splat(0)));
    wasm_v128_store(values + i, wasm_f32x4_mul(x, share));
  }
}

/* `wide` holds queries, keys and values of each token; what each token takes of the others goes to `mixed`. */
static void attend(work *k, int count) {
  float *wide = k->wide, *mixed = k->mixed, *chances = k->chances;
  const int row = 3 * WIDTH;
  for (int head = 0; head < HEADS; head++) {
    const float *keys = wide + WIDTH + head * SIZE, *values = wide + 2 * WIDTH + head * SIZE;
    for (int t = 0; t < count; t++) {
      const float *query = wide + t * row + head * SIZE;
      v128_t q[SIZE / 4], out[SIZE / 4];
      for (int i = 0; i < SIZE / 4; i++) q[i] = wasm_v128_load(query + 4 * i), out[i] = wasm_f32x4_splat(0);
      float highest = -1e30f;
      for (int s = 0; s < count; s++) {
        v128_t sum = wasm_f32x4_splat(0);
        for (int i = 0; i < SIZE / 4; i++)
          sum = wasm_f32x4_add(sum, wasm_f32x4_mul(q[i], wasm_v128_load(keys + s * row + 4 * i)));
        chances[s] = sum4(sum) * 0.17677670f;
        if (chances[s] > highest) highest = chances[s];
      }
      int padded = (count + 3) & ~3;
      for (int s = count; s < padded; s++) chances[s] = -1e30f;
      v128_t total = wasm_f32x4_splat(0);
      for (int s = 0; s < padded; s += 4) {
        v128_t e = exponential(wasm_f32x4_sub(wasm_v128_load(chances + s), wasm_f32x4_splat(highest)));
        wasm_v128_store(chances + s, e);
        total = wasm_f32x4_add(total, e);
      }
      float share = 1 / sum4(total);
      for (int s = 0; s < count; s++) {
        v128_t p = wasm_f32x4_splat(chances[s] * share);
        for (int i = 0; i < SIZE / 4; i++)
          out[i] = wasm_f32x4_add(out[i], wasm_f32x4_mul(p, wasm_v128_load(values + s * row + 4 * i)));
      }
      for (int i = 0; i < SIZE / 4; i++) wasm_v128_store(mixed + t * WIDTH + head * SIZE + 4 * i, out[i]);
    }
  }
}

static void pool(work *k, int count) {
  const float *state = k->state;
  float *pooled = k->pooled;
  for (int i = 0; i < WIDTH; i += 4) {
    v128_t total = wasm_f32x4_splat(0), most = wasm_f32x4_splat(-1e30f);
    for (int t = 0; t < count; t++) {
      v128_t v = wasm_v128_load(state + t * WIDTH + i);
      total = wasm_f32x4_add(total, v);
      most = wasm_f32x4_max(most, v);
    }
    wasm_v128_store(pooled + i, wasm_v128_load(state + i));
    wasm_v128_store(pooled + WIDTH + i, wasm_f32x4_mul(total, wasm_f32x4_splat(1.0f / (float)count)));
    wasm_v128_store(pooled + 2 * WIDTH + i, most);
  }
}

/* Begins with the `count` (1 to 256) tokens that stand at the begin of `k`, their types after them. */
__attribute__((export_name("embed"))) void embed(const model *m, work *k, int count) {
  for (int t = 0; t < count; t++) {
    float *x = k->state + t * WIDTH;
    word(m->words + k->tokens[t] * (QUARTERS * 18), x);
    for (int i = 0; i < WIDTH; i++) x[i] += m->positions[t * WIDTH + i] + m->types[k->types[t] * WIDTH + i];
  }
  add_and_normalise(k->state, 0, m->norm, m->shift, count);
}

/* Takes what `k` holds through the layers from `first` to before `last`; where the pooled vector is: first, mean, highest. */
__attribute__((export_name("encode"))) const float *encode(const model *m, work *k, int first, int last, int count) {
  for (int number = first; number < last; number++) {
    const layer *l = &m->layers[number];
    quantise(k, k->state, WIDTH, count);
    multiply(k, l->qkv, WIDTH, 3 * WIDTH, k->wide, count);
    attend(k, count);
    quantise(k, k->mixed, WIDTH, count);
    multiply(k, l->out, WIDTH, WIDTH, k->moved, count);
    add_and_normalise(k->state, k->moved, l->norm1, l->shift1, count);
    quantise(k, k->state, WIDTH, count);
    multiply(k, l->up, WIDTH, HIDDEN, k->wide, count);
    gelu(k->wide, count * HIDDEN);
    quantise(k, k->wide, HIDDEN, count);
    multiply(k, l->down, HIDDEN, WIDTH, k->moved, count);
    add_and_normalise(k->state, k->moved, l->norm2, l->shift2, count);
  }
  pool(k, count);
  return k->pooled;
}
