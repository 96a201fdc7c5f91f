// A picture at all scales of SSIMULACRA2.
#pragma once
#include <cmath>
#include <cstring>

#include "floats.h"
#include "scales.h"

// sRGB pixels; with one channel, indices into 256 RGBA entries.
struct Picture {
    const uint8_t *pixels;
    int32_t channels;
    const uint8_t *palette;

    const uint8_t *at(int64_t i) const { return pixels + i * channels; }
    uint32_t color(int64_t i) const {
        const uint8_t *p = channels == 1 ? palette + 4 * (int64_t)*at(i) : at(i);
        return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)(channels == 3 ? 255 : p[3]) << 24;
    }
};

// What levels are in linear light; for indices, what the entries are there, by channel, and in XYB.
struct Tables {
    float linear[3][256], xyb[3][256];

    Tables(const Picture &picture, int32_t grey) {
        float of_level[256];
        for (int32_t level = 0; level < 256; ++level) {
            const double v = level / 255.0;
            of_level[level] = (float)(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        float *rows[3] = {linear[0], linear[1], linear[2]}, *out[3] = {xyb[0], xyb[1], xyb[2]};
        if (picture.channels == 1) {
            const float *const same[3] = {of_level, of_level, of_level};
            const HpPixels entries = {picture.palette, 4, grey};
            HP_CALL(hp_translate)(same, &entries, 256, rows);
            HP_CALL(hp_positive_xyb)(rows, 256, out);
        } else {
            for (float *row : rows) std::memcpy(row, of_level, sizeof of_level);
        }
    }
};

// A picture in linear light: the first scale is looked up in its pixels, the others are kept.
class Pyramid {
   public:
    Pyramid(const Picture &picture, int32_t grey, const Scales &scales, int32_t threads)
        : picture(picture), grey(grey), all(scales), planes(3 * scales.pixels), tables(picture, grey) {
        const int64_t room = 6 * (int64_t)scales.scale[0].padded_width();
        const Floats rows(threads * room);
        for (int32_t s = 1; s < scales.count; ++s) {
            const Scale &scale = scales.scale[s];
            for_rows(scale, threads, [&](int32_t y, int32_t i) { halve(s, y, rows.data() + i * room); });
        }
    }

    // Row y of a scale from x on in XYB, three channels; `room` is for as many pixels.
    void read_xyb(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *room, float *const *xyb) const {
        if (&scale == all.scale && picture.channels == 1) return translate(tables.xyb, y, x, count, xyb);
        const float *linear[3];
        read(scale, y, x, count, room, linear);
        HP_CALL(hp_positive_xyb)(linear, count, xyb);
    }

   private:
    const Picture picture;
    const int32_t grey;
    const Scales &all;
    const Floats planes;
    const Tables tables;

    float *row(const Scale &scale, int32_t channel, int32_t y) const {
        return planes.data() + 3 * scale.first_pixel + ((int64_t)channel * scale.height + y) * scale.padded_width();
    }

    void translate(const float (&table)[3][256], int32_t y, int32_t x, int32_t count, float *const *out) const {
        const float *const of_channel[3] = {table[0], table[1], table[2]};
        const HpPixels from = {picture.at((int64_t)y * all.scale->width + x), picture.channels, grey};
        HP_CALL(hp_translate)(of_channel, &from, count, out);
    }

    // Row y of a scale from x on in linear light; `count` pixels of the first scale are looked up in `room`.
    void read(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *room, const float **rows) const {
        for (int32_t c = 0; c < 3; ++c) rows[c] = &scale == all.scale ? room[c] : row(scale, c, y) + x;
        if (&scale == all.scale) translate(tables.linear, y, x, count, room);
    }

    // Row y of scale s: means of 2x2 pixels of the scale before; the last row and column may stand for two.
    void halve(int32_t s, int32_t y, float *rooms) {
        const Scale &to = all.scale[s], &from = all.scale[s - 1];
        float *room[6];
        for (int32_t i = 0; i < 6; ++i) room[i] = rooms + i * (int64_t)from.padded_width();
        const float *upper[3], *lower[3];
        read(from, 2 * y, 0, from.width, room, upper);
        read(from, std::min(2 * y + 1, from.height - 1), 0, from.width, room + 3, lower);
        for (int32_t c = 0; c < 3; ++c) HP_CALL(hp_halve)(upper[c], lower[c], from.width, row(to, c, y));
    }
};

// Pixels x - MARGIN .. x + width + MARGIN - 1 of row y of a scale in XYB, 0 outside the picture.
inline void read_xyb(const Pyramid &picture, const Scale &scale, int32_t y, int32_t x, int32_t width, float *const *room,
                     float *const *xyb) {
    const int32_t left = std::min<int32_t>(x, MARGIN), count = left + std::min(scale.width - x, width + MARGIN);
    float *start[3] = {xyb[0] - left, xyb[1] - left, xyb[2] - left};
    picture.read_xyb(scale, y, x - left, count, room, start);
    for (int32_t c = 0; c < 3; ++c) {
        std::memset(xyb[c] - MARGIN, 0, (size_t)(MARGIN - left) * sizeof(float));
        std::memset(start[c] + count, 0, (size_t)(left + width + MARGIN - count) * sizeof(float));
    }
}
