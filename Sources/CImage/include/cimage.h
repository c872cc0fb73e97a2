// Reads PNG and JPEG images into bytes. Total: every error of the libraries comes back as a status with a text.
#ifndef CIMAGE_H
#define CIMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  int32_t width, height;
  // 1 for grey, 3 for red, green, blue.
  int32_t channels;
} ci_size;

// Whether PNG, and whether JPEG, is built in.
int32_t ci_has_png(void);
int32_t ci_has_jpeg(void);

// Width, height and channels of an image from its bytes. 0, or 1 with a text of at most 200 bytes in `error`.
int32_t ci_measure(const uint8_t *bytes, size_t count, ci_size *size, char *error);

// The pixels of an image, rows from the top, channels interleaved, into `pixels` of width × height × channels bytes, as
// ci_measure gave them. 16-bit values are scaled to 8; an alpha channel is dropped; a palette is resolved.
int32_t ci_decode(const uint8_t *bytes, size_t count, ci_size size, uint8_t *pixels, char *error);

#endif
