// The C ABI of the huepress kernel. Python (src/huepress/_native/) is its only caller: it checks every
// type, shape and range before it calls, so the functions here trust their arguments.
//
// Rules: plain C types; arrays are contiguous and owned by the caller; no function throws or keeps a pointer
// after it returns; a function that allocates returns 0, or HP_NO_MEMORY and leaves its outputs undefined.
// `threads` is the number of threads to use (>= 1) and never changes a result.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#define HP_API extern "C" __declspec(dllexport)
#else
#define HP_API extern "C" __attribute__((visibility("default")))
#endif

enum { HP_OK = 0, HP_NO_MEMORY = 1 };
enum { HP_WRONG_COORDINATES = 2, HP_WRONG_WEIGHTS, HP_WRONG_CLASS_STARTS, HP_WRONG_ORDER };  // of points

// SIMD levels: 0 baseline (SSE2, NEON), 1 AVX2, 2 AVX-512. hp_simd_supported: the highest of this processor.
// hp_simd_use: choose one, at most the highest (once, at load time; results are the same for each).
HP_API int32_t hp_simd_supported(void);
HP_API void hp_simd_use(int32_t level);

// --- Counting (histogram.cpp) -------------------------------------------------------------------------------------
// A colour's key is alpha << 24 | its Morton code (bits of R, G, B interleaved, R highest); opaque colours have alpha
// 255.
//
// Pixels have `channels` (3 or 4) bytes, `stride` (4, or 3 if they have no more) from one to the next.
//
// hp_count: counts the distinct colours of `count` (at most 2^31) pixels; returns their number, or -1 if there is no
// memory. Where they are not more than `room`, it writes the keys, ascending, and their counts; else hp_count_take does, and
// takes over *rest, which is null otherwise. Beside what they write, counting takes 17 MB a thread, of four at most, and 16
// bytes for each colour that is neither opaque nor transparent.
HP_API int64_t hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                        int64_t room, uint32_t *keys, uint32_t *counts, void **rest);
HP_API int32_t hp_count_take(void *rest, uint32_t *keys, uint32_t *counts);
// hp_merge: two lists of ascending keys, with their counts and weights (null: none), as one, in which those of equal keys
// are added; the arrays for it have room for both. Returns how many keys it has.
HP_API int64_t hp_merge(const uint32_t *keys_a, const int64_t *counts_a, const double *weights_a, int64_t size_a,
                        const uint32_t *keys_b, const int64_t *counts_b, const double *weights_b, int64_t size_b,
                        uint32_t *keys, int64_t *counts, double *weights);
// The keys of `count` colours, and the colours of keys.
HP_API void hp_keys_of_colors(const uint8_t *colors, int64_t count, int32_t channels, uint32_t *keys);
HP_API void hp_colors_of_keys(const uint32_t *keys, int64_t count, int32_t channels, uint8_t *colors);
// hp_levels_under_alpha: coordinates of the colours of keys under their alpha a (0..255): three of premultiplied colour,
// coordinates[d * stride + i] = (level * seen[a] - less[a] - low) * scale, rounded to even, and a fourth, alphas[a].
HP_API void hp_levels_under_alpha(const uint32_t *keys, int64_t count, const double *seen, const double *less, double low,
                                  double scale, const int16_t *alphas, int16_t *coordinates, int64_t stride);
// The order that sorts the keys ascending, equal ones in their old order: the first half of the memory that it is given.
HP_API void hp_sort_order(const uint32_t *keys, int64_t count, uint64_t *order);
// Sorts points of 3 or 4 coordinates 0..16383, coordinates[d * stride + i], by their Morton codes (by the upper 8 bits of each
// coordinate), those of each of the three classes class_starts[c] .. class_starts[c + 1] for itself. The first half of the
// memory that it is given then holds where each point was.
HP_API void hp_sort_points(int16_t *coordinates, int64_t stride, int32_t dimensions, const int64_t *class_starts,
                           uint64_t *memory);

// --- Mapping (map.cpp) --------------------------------------------------------------------------------------------
// indices[i] = labels of the colour of pixel i: `keys` (ascending) and `labels` list all colours of the picture.
// hp_map_wide: the same, in 32 bits.
HP_API int32_t hp_map(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                      const uint32_t *keys, const uint8_t *labels, int64_t distinct, uint8_t *indices);
HP_API int32_t hp_map_wide(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                           const uint32_t *keys, const uint8_t *labels, int64_t distinct, int32_t *indices);
// positions[i] = the position of the colour of pixel i in `keys`.
HP_API int32_t hp_find_colors(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                              const uint32_t *keys, int64_t distinct, uint32_t *positions);

// indices[i] = table[the Morton code of the colour of pixel i], whatever its alpha; the table has 2^24 entries (lookup.cpp).
HP_API void hp_look_up(const uint8_t *pixels, int64_t count, int32_t channels, const uint8_t *table, uint8_t *indices);

// --- Indexed pixels (indexed.cpp) ---------------------------------------------------------------------------------
// found[i] = table[indices[i]]: entries of 1, 2, 3 or 4 bytes, indices of 1 or 4; found may be the indices.
HP_API void hp_take(const void *table, int32_t entry_bytes, const void *indices, int32_t index_bytes, int64_t count,
                    int32_t threads, void *found);
// counts[label], for 256 labels: how often each occurs.
HP_API void hp_label_counts(const uint8_t *labels, int64_t count, int64_t *counts);
// sums[label], for `size` labels: of its weights, in their order; labels have 1 or 4 bytes, weights 4 or 8.
HP_API void hp_label_sums(const void *labels, int32_t label_bytes, const void *weights, int32_t weight_bytes,
                          int64_t count, int32_t size, double *sums);
// The squared error of all pixels, of indices into a palette of RGBA: if all is opaque as it is, else its sum over black
// and over white, in units of 1 / 255 of a level.
HP_API int64_t hp_square_error(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                               const uint8_t *indices, const uint8_t *palette, int32_t opaque);

// --- K-means (points.h, clusters.h) -------------------------------------------------------------------------------
// Points: `count` of 3 or 4 coordinates 0..16383 (coordinates[d * stride + i], stride >= count + 16), weights >= 1 of
// sum < 2^32, Morton codes (by the upper 8 bits of each coordinate) ascending within each class, class c being
// class_starts[c] .. class_starts[c + 1] of three. The arrays must outlive the handle. hp_points_new checks all of this:
// *fault is HP_OK, or says what is wrong, and then the handle is null. sizes[b]: the number of points at level b, for
// 0..32: as many as there are different first b bits of their Morton codes, of 24 (3 coordinates) or 32 (4), merged where
// that hides the least error; the level of all bits is the points themselves. Keys, if not null, are those of colours of
// one alpha, whose 3 coordinates are written: 64 (HP_LEVEL_STEP) times the levels of R, G and B.
HP_API void *hp_points_new(int32_t dimensions, int64_t count, int16_t *coordinates, int64_t stride, const uint32_t *keys,
                           const uint32_t *weights, const int64_t *class_starts, int64_t *sizes, int32_t *fault);
HP_API void hp_points_free(void *points);

// A step of a search: what is done on which level. HP_SPLIT: from the fixed centres to as many as wanted, or as fall apart.
// HP_LLOYD: Lloyd's algorithm, over-relaxed, until an iteration lowers the error by no more than `tolerance` of it (0: until
// nothing changes, or nothing is gained by 16 in a row); centres that would move less than `still` stay; if over-relaxed,
// with a tolerance, and on the points themselves, an exchange of points between small clusters follows; then the centres are
// the means of the last assignment. HP_SWAPS: random swaps; then the centres are those of the best state found. HP_MERGE,
// after one of the latter two: to no more than `count` centres, merging those of least cost; fixed ones stay where they are.
enum { HP_SPLIT = 0, HP_LLOYD = 1, HP_SWAPS = 2, HP_MERGE = 3 };
struct HpStep {
    int32_t kind, bits, count;  // `count` of iterations, of swaps or of centres
    int32_t silent;             // whether HpProgress does not hear of it
    double tolerance, relaxation, still;
};
// Called on the calling thread after each assignment of HP_LLOYD, with the step's number, the number of clusters, the
// centres that were assigned to, the error in coordinate units, that within the cells of the level too, and the
// clusters' sums (5 each: weight, weighted coordinates), and after each round of HP_SWAPS with a number of 0 clusters, of
// which there is nothing to tell. If it returns other than 0, the search ends there.
typedef int32_t (*HpProgress)(int32_t step, int32_t count, const double *centers, double error, const int64_t *sums);
// Takes the steps one after another. centers[k * dimensions + d] and classes[k], *count of them, are read and written;
// there is room for `room`, and the first `fixed` never move. Of the last step, if it is HP_LLOYD: `labels` (null, or one
// a point of its level), `sums`, `error` and `iterations`.
HP_API int32_t hp_search(void *points, const struct HpStep *steps, int32_t step_count, int32_t room, int32_t *count,
                         int32_t fixed, double *centers, uint8_t *classes, uint64_t seed, int32_t threads,
                         HpProgress progress, uint16_t *labels, int64_t *sums, double *error, int32_t *iterations);
// starts[i] = where run i of k begins, of the k runs (1..count) of `count` weighted places on a line that have the least sum
// of weighted squared distances to their means (line.cpp). Places ascend and are below 2^14 either side of 0; weights are at
// least 1, of sum < 2^32.
HP_API int32_t hp_runs_of_least_error(const int64_t *places, const uint32_t *weights, int32_t count, int32_t k,
                                      int32_t *starts);
// labels[i] = the nearest of `count` (1..256) entries of R, G and B, ties to the lower, of each point that is a colour, all of
// one class; counts[k] = the weight of an entry's points; *error = the sum of weighted squared distances, in coordinate units.
HP_API int32_t hp_nearest(void *points, const uint8_t *entries, int32_t count, int32_t threads, uint8_t *labels,
                          int64_t *counts, double *error);

// --- Rows of any number of features (rows.cpp) --------------------------------------------------------------------
// rows[i * features + j], centers[c * features + j]; count, features and clusters >= 1.
//
// labels[i] = the centre nearest to row i, ties to the lower; distances[i] = the squared distance to it.
HP_API int32_t hp_rows_nearest(const double *rows, int64_t count, int32_t features, const double *centers,
                               int32_t clusters, int32_t threads, int32_t *labels, double *distances);
// The same for rows of 1 to 4 bytes that keys stand for: R, G, B and alpha.
HP_API int32_t hp_keys_nearest(const uint32_t *keys, int64_t count, int32_t features, const double *centers,
                               int32_t clusters, int32_t threads, int32_t *labels, double *distances);
// Numbers as bytes; returns 1 if all are whole and 0 .. 255, else 0, and then some of the bytes are undefined.
enum { HP_FLOAT32 = 0, HP_FLOAT64 = 1, HP_INT32 = 2, HP_INT64 = 3 };
HP_API int32_t hp_bytes_of(const void *numbers, int32_t kind, int64_t count, int32_t threads, uint8_t *bytes);
// distances[i * clusters + c], squared.
HP_API int32_t hp_rows_distances(const double *rows, int64_t count, int32_t features, const double *centers,
                                 int32_t clusters, int32_t threads, double *distances);
// sums[labels[i] * features + j] += weights[i] * rows[i][j], in the order of the rows.
HP_API void hp_rows_sums(const double *rows, int64_t count, int32_t features, const double *weights,
                         const int32_t *labels, double *sums);
// Groups of equal rows (distinct.cpp), below 2^31: the group of each row, and the first row of each group, which ascend;
// `firsts` has room for `count`. Returns how many groups there are, or -1 if there is not enough memory.
HP_API int32_t hp_rows_distinct(const double *rows, int64_t count, int32_t features, int64_t *firsts, int32_t *groups);

// --- Exact nearest entry under alpha (under_alpha.cpp) ------------------------------------------------------------
// For each of `count` keys the nearest of 1..256 RGBA entries, of those of its class (transparent, partial, opaque) if there
// are some, ties to the lower, and its distance: the mean of the squared errors over black and over white, in exact integers
// until the end.
HP_API void hp_nearest_rgba(const uint32_t *keys, int64_t count, const uint8_t *palette, int32_t entries, int32_t threads,
                            uint8_t *labels, double *distances);

// --- Judging (ssim.cpp, ssimulacra2.cpp) --------------------------------------------------------------------------
// SSIM (Wang et al. 2004): the sum over the three channels and all windows of 11x11 pixels, sigma 1.5, that are inside of
// pictures of at least that size. Pixels have 3 or 4 channels; with 4 they are laid over the grey level `grey`.
HP_API int32_t hp_ssim(const uint8_t *a, int32_t a_channels, const uint8_t *b, int32_t b_channels, int32_t grey,
                       int32_t width, int32_t height, int32_t threads, double *sum);
//
// SSIMULACRA2 (Sneyers 2022), for pictures of at least 8x8. Pixels are sRGB with 3 or 4 channels; with 4 they are laid
// over the grey level `grey`. The original's XYB can be kept in a cache, to score many results against it:
// hp_ssimulacra2_cache_size: its length in floats (about 17 bytes a pixel). hp_ssimulacra2_cache: fills it.
HP_API int64_t hp_ssimulacra2_cache_size(int32_t width, int32_t height);
HP_API int32_t hp_ssimulacra2_cache(const uint8_t *original, int32_t channels, int32_t grey, int32_t width,
                                    int32_t height, int32_t threads, float *cache);
// Writes how many bands of 4 rows each scale has, and returns the number of scales, 1 .. 6.
HP_API int32_t hp_ssimulacra2_bands(int32_t width, int32_t height, int32_t *bands);
// The sums over the pixels of each band that the score is made of, over each of the grey levels, scale by scale: 3 channels
// (X, Y, B) x {ssim, artifact, detail lost} x {plain, to the fourth power}. `caches`: one for each grey level; without them
// (NULL) a call takes about 8 bytes a pixel and a third more time. A result of one channel are indices into `palette`,
// 256 RGBA entries, which is not read otherwise.
HP_API int32_t hp_ssimulacra2(const uint8_t *original, int32_t original_channels, const float *const *caches,
                              const uint8_t *result, int32_t result_channels, const uint8_t *palette,
                              const int32_t *greys, int32_t grey_count, int32_t width, int32_t height, int32_t threads,
                              double *sums);

// --- Dither (dither.cpp) ------------------------------------------------------------------------------------------
// Serpentine error diffusion: each pixel becomes the entry nearest to its features [(y * width + x) * dimensions + d]
// plus the errors passed on to it; `strength` 0..1 is the share of an error that is passed on. Where `exact` is not 0,
// `indices` is left as it is, and errors end. `palette`: (dimensions, 272), entries, then values far from everything.
// The rows are those of a picture from `first` on; `errors`, (width + 2, 4), what the rows before pass on, becomes what
// these do.
HP_API int32_t hp_dither(const float *features, int32_t dimensions, int32_t first, int32_t height, int32_t width,
                         const float *palette, int32_t count, const uint8_t *exact, float strength, float *errors,
                         uint8_t *indices);

// --- Rate-distortion optimised mapping (activity.cpp, lossy.cpp) --------------------------------------------------
// The local standard deviation of a picture: the root of the summed variances of its coordinates
// [(d * height + y) * width + x] under a Gaussian window of 13 x 13 `taps`, mirrored at the edges.
HP_API int32_t hp_activity(const int16_t *coordinates, int32_t dimensions, int32_t height, int32_t width,
                           const double *taps, int32_t threads, float *activity);

// For every pixel the palette entry that makes the sum of weight * scale * squared distance and of deflate's expected
// bits small, by dynamic programming row by row. The rows are cut into `bands`, which do not know of each other.
struct HpLossy {
    int32_t width, height, dimensions, color_count, bands;
    int32_t lookups;             // places of like pixels looked at for each pixel: more find better copies
    int32_t opaque;              // of 4 dimensions the last is alpha: 0 stands for -1e15, this for 1e15; -1: no such rule
    const int16_t *features;     // (dimensions, height, width); 3 or 4 dimensions
    const float *weights;        // (height, width)
    const uint8_t *nearest;      // (height, width): the entry nearest to each pixel, to find copies by
    const float *palette;        // (dimensions, 272): the entries, then entries far from everything
    const float *literal_bits;   // (272)
    const float *length_bits;    // (259), by length; those below 3 are huge
    const float *distance_bits;  // (32769), by distance
    float scale, down, right;    // the latter: shares of a pixel's error that go to the next row, to the next pixel
    uint8_t *result;             // (height, width)
};
HP_API int32_t hp_lossy(const struct HpLossy *job, int32_t threads);

// Statistics: literals by entry, copies by length code, copies by distance code.
enum { HP_LENGTH_STATISTICS = 256, HP_DISTANCE_STATISTICS = 285, HP_STATISTICS = 315 };
// What deflate takes for (height, width) indices as they are; the rows are cut into `bands`.
HP_API int32_t hp_parse(const uint8_t *indices, int32_t height, int32_t width, int32_t bands, int32_t threads,
                        int64_t *statistics);

// Palette entries of which the pair that gains most is merged until none gains (entries.cpp): a merge adds squared
// distance, by Ward's formula, and saves bits, each of which counts as `price`.
struct HpMerging {
    int32_t count, dimensions;
    int32_t fixed;           // so many first ones stay as they are
    double price, symbols;   // symbols: of the lossless parse, literals and copies
    double torn_bits;        // saved for each literal of the rarer entry: of a match that two like entries had torn
    double entry_bits;       // saved for each entry: of the palette itself
    double *coordinates;     // (count, dimensions), in and out
    double *weights;         // what a squared distance counts, in and out
    double *literals;        // in and out
    const uint8_t *classes;  // entries of different classes stay apart
    uint8_t *kept;           // whether each is left
};
HP_API int32_t hp_merge_entries(const struct HpMerging *job);

// --- PNG (deflate.cpp, join.cpp) ----------------------------------------------------------------------------------
// Packs bytes as a stream of deflate. `room` is that of `packed`; *packed_size is what the stream takes, of which no more is
// written than there is room for.
HP_API int32_t hp_deflate(const uint8_t *bytes, int64_t size, int32_t threads, uint8_t *packed, int64_t room,
                          int64_t *packed_size);

// Streams of deflate as one, which unpacks to what they unpack to, one after the other. `room` is that of `joined`;
// *joined_size is what is taken, as above, or -1 if a stream is damaged: never more than all of them, a quarter more (stored
// blocks start at bytes) and 16 bytes.
HP_API int32_t hp_join_deflate(const uint8_t *const *streams, const int64_t *sizes, int32_t count, int32_t threads,
                               uint8_t *joined, int64_t room, int64_t *joined_size);

// --- GIF (lzw.cpp) ------------------------------------------------------------------------------------------------
// The codes of a GIF frame (Welch 1984) and the symbols that they stand for. Where there is a choice, that which makes
// weight * squared distance and bits small: a pixel that is kept may be its entry or transparent, at no
// distance; a fixed one is its entry; with `features` a free one may be each entry, or transparent at the distance of
// `before`.
enum { HP_FREE = 0, HP_KEPT = 1, HP_FIXED = 2 };
struct HpLzw {
    int32_t width, height, dimensions, color_count;
    int32_t code_size;           // bits of a symbol, 2 .. 8
    int32_t transparent;         // the entry that leaves pixels as they are, or -1
    const uint8_t *indices;      // (height, width)
    const uint8_t *states;       // (height, width), or NULL: all are free
    const uint8_t *before;       // (height, width): the entry that is there; only with features
    const int16_t *features;     // (dimensions, height, width), or NULL: indices are taken as they are
    const float *weights;        // (height, width): bits of a squared distance
    const float *palette;        // (dimensions, 272)
    float down;                  // share of a pixel's error that goes to the next row
    float slack;                 // bits that an entry may cost more than the cheapest one
    uint8_t *result;             // (height, width): symbols
    uint8_t *codes;              // room for 2 * width * height + 64
    int64_t *size;               // of the codes, in bytes
};
HP_API int32_t hp_lzw(const struct HpLzw *job);
