#include "cimage.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No image of a data set is larger; a header that says so lies.
enum { LARGEST_SIDE = 1 << 16, ERROR_LENGTH = 200 };

static int32_t fail(char *error, const char *text) {
  snprintf(error, ERROR_LENGTH, "%s", text);
  return 1;
}

static int32_t check_size(ci_size size, char *error) {
  if (size.width < 1 || size.height < 1 || size.width > LARGEST_SIDE || size.height > LARGEST_SIDE)
    return fail(error, "the size in the header is absurd");
  return 0;
}

#if defined(COUPLET_WITH_IMAGES) && __has_include(<png.h>)
#define HAS_PNG 1
#include <png.h>
#endif
#if defined(COUPLET_WITH_IMAGES) && __has_include(<jpeglib.h>)
#define HAS_JPEG 1
#include <jpeglib.h>
#endif

// MARK: PNG

#ifdef HAS_PNG
int32_t ci_has_png(void) { return 1; }

// libpng's simplified interface: no longjmp reaches us, and every state is freed by png_image_free.
static int32_t png(const uint8_t *bytes, size_t count, ci_size *size, uint8_t *pixels, char *error) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes, count)) return fail(error, image.message);
  ci_size found = {(int32_t)image.width, (int32_t)image.height,
                   image.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1};
  if (image.width > LARGEST_SIDE || image.height > LARGEST_SIDE || check_size(found, error)) {
    png_image_free(&image);
    return fail(error, "the size in the header is absurd");
  }
  if (!pixels) {
    *size = found;
    png_image_free(&image);
    return 0;
  }
  if (memcmp(&found, size, sizeof found) != 0) {
    png_image_free(&image);
    return fail(error, "the image changed while it was read");
  }
  // Values are taken as they are: no change from linear light.
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  int has_alpha = image.format & PNG_FORMAT_FLAG_ALPHA;
  image.format = found.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  // What is transparent is shown on black.
  png_color black = {0, 0, 0};
  if (!png_image_finish_read(&image, has_alpha ? &black : NULL, pixels, 0, NULL)) {
    png_image_free(&image);
    return fail(error, image.message);
  }
  return 0;
}
#else
int32_t ci_has_png(void) { return 0; }
static int32_t png(const uint8_t *bytes, size_t count, ci_size *size, uint8_t *pixels, char *error) {
  return fail(error, "PNG is not built in: install libpng-dev and build again");
}
#endif

// MARK: JPEG

#ifdef HAS_JPEG
int32_t ci_has_jpeg(void) { return 1; }

typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf exit;
  char text[JMSG_LENGTH_MAX];
} jpeg_failure;

static void jpeg_exit(j_common_ptr info) {
  jpeg_failure *failure = (jpeg_failure *)info->err;
  info->err->format_message(info, failure->text);
  longjmp(failure->exit, 1);
}

// Damage that libjpeg would repair silently is an error here.
static void jpeg_message(j_common_ptr info, int level) {
  if (level < 0) jpeg_exit(info);
}

static int32_t jpeg(const uint8_t *bytes, size_t count, ci_size *size, uint8_t *pixels, char *error) {
  // Volatile: they live across longjmp.
  struct jpeg_decompress_struct info;
  jpeg_failure failure;
  info.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = jpeg_exit;
  failure.manager.emit_message = jpeg_message;
  if (setjmp(failure.exit)) {
    jpeg_destroy_decompress(&info);
    return fail(error, failure.text);
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, (unsigned long)count);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  ci_size found = {(int32_t)info.image_width, (int32_t)info.image_height,
                   info.num_components == 1 ? 1 : 3};
  if (check_size(found, error) || (pixels && memcmp(&found, size, sizeof found) != 0)) {
    jpeg_destroy_decompress(&info);
    return fail(error, pixels ? "the image changed while it was read" : "the size in the header is absurd");
  }
  if (!pixels) {
    *size = found;
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_start_decompress(&info);
  size_t width = (size_t)found.width * (size_t)found.channels;
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + (size_t)info.output_scanline * width;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return 0;
}
#else
int32_t ci_has_jpeg(void) { return 0; }
static int32_t jpeg(const uint8_t *bytes, size_t count, ci_size *size, uint8_t *pixels, char *error) {
  return fail(error, "JPEG is not built in: install libjpeg-dev and build again");
}
#endif

static int32_t read(const uint8_t *bytes, size_t count, ci_size *size, uint8_t *pixels, char *error) {
  static const uint8_t png_magic[4] = {0x89, 'P', 'N', 'G'};
  static const uint8_t jpeg_magic[3] = {0xFF, 0xD8, 0xFF};
  if (count >= 4 && memcmp(bytes, png_magic, 4) == 0) return png(bytes, count, size, pixels, error);
  if (count >= 3 && memcmp(bytes, jpeg_magic, 3) == 0) return jpeg(bytes, count, size, pixels, error);
  return fail(error, "this is neither a PNG nor a JPEG image");
}

int32_t ci_measure(const uint8_t *bytes, size_t count, ci_size *size, char *error) {
  return read(bytes, count, size, NULL, error);
}

int32_t ci_decode(const uint8_t *bytes, size_t count, ci_size size, uint8_t *pixels, char *error) {
  return read(bytes, count, &size, pixels, error);
}
