// Tables of CSV, Parquet and Feather files and of Arrow streams read, and Parquet written, batch by batch through Arrow
// C++, as plain C.
//
// Contract of every function that returns a status:
//  * it never throws: every C++ exception and every Arrow status is caught, and the text is in ca_last_error();
//  * it returns CA_OK, CA_ERROR, or CA_NOT_BUILT where Couplet was built without Arrow;
//  * a table is the caller's, who closes it with ca_close; what is read from it belongs to it;
//  * a writer is the caller's, who ends it with ca_end, and gives it back with ca_discard in any case.
#ifndef CARROW_H
#define CARROW_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ca_table_s *ca_table;
typedef enum { CA_OK = 0, CA_ERROR = 1, CA_NOT_BUILT = 2 } ca_status;

typedef enum { CA_CSV = 0, CA_PARQUET = 1, CA_FEATHER = 2 } ca_format;

/// What a column's cells are: numbers (CA_FLOAT: float32), text, lists of numbers, times, or something that is not read.
typedef enum { CA_NUMBER = 0, CA_FLOAT = 1, CA_TEXT = 2, CA_LIST = 3, CA_TIME = 4, CA_OTHER = 5 } ca_kind;

#define CA_FUNCTION __attribute__((visibility("default"), warn_unused_result)) ca_status
#define CA_PLAIN __attribute__((visibility("default")))

CA_PLAIN bool ca_is_built(void);
/// The text of this thread's last error: its first line. Valid until the next failing call.
CA_PLAIN const char *ca_last_error(void);

/// Opens a file. Of CSV, gzipped or not, the first row is taken for the names, and the first block of the others is
/// the batch that can be read before ca_start.
/// - delimiter: between the cells of CSV
/// - memory: bytes that decoding may take
CA_FUNCTION ca_open(const char *path, ca_format format, char delimiter, int64_t memory, ca_table *out);
CA_PLAIN void ca_close(ca_table table);

CA_PLAIN int32_t ca_column_count(ca_table table);
/// A column's name, UTF-8 as far as the file keeps to it; the text ends with the name, also where that holds a 0.
CA_PLAIN const char *ca_column_name(ca_table table, int32_t column);
CA_PLAIN ca_kind ca_column_kind(ca_table table, int32_t column);
/// Arrow's name of the column's type.
CA_PLAIN const char *ca_column_type(ca_table table, int32_t column);

/// The rows of all batches, as the file says it or as the first block of CSV promises; 0 where nothing is known.
CA_PLAIN int64_t ca_expected_rows(ca_table table);
CA_FUNCTION ca_inflated(ca_table table, int64_t *bytes);

/// Begins to read some columns, ascending ones, from the first row on.
/// - has_header: whether the first row of CSV is left out
/// - text: the column of CSV whose cells are taken as they are written; -1 for none
CA_FUNCTION ca_start(ca_table table, const int32_t *columns, int32_t count, bool has_header, int32_t text);
/// Goes to the next batch.
CA_FUNCTION ca_next(ca_table table);
/// The rows of this batch; 0 when there is none, after the last.
CA_PLAIN int64_t ca_row_count(ca_table table);

/// Numbers in a cell of a column, in this batch: 1, or the length of its lists, -1 where that is not the same for all.
CA_FUNCTION ca_width(ca_table table, int32_t column, int64_t *width);
/// The numbers of a column, in this batch: those of row r at out + r * stride; NaN where one is missing;
/// times in the unit of their type since 1970.
CA_FUNCTION ca_numbers(ca_table table, int32_t column, double *out, int64_t stride);
/// The text of a cell, also of a number, in full; NULL where it is missing. Valid until the next call.
CA_FUNCTION ca_text(ca_table table, int32_t column, int64_t row, const char **bytes, int64_t *length);

// ---- Writing ----------------------------------------------------------------------------------

typedef struct ca_writer_s *ca_writer;

/// The type of a column's numbers; a CA_BOOL is a byte 0 or 1.
typedef enum {
  CA_BOOL = 0, CA_UINT8 = 1, CA_UINT16 = 2, CA_UINT32 = 3, CA_UINT64 = 4,
  CA_INT8 = 5, CA_INT16 = 6, CA_INT32 = 7, CA_INT64 = 8, CA_FLOAT32 = 9, CA_FLOAT64 = 10
} ca_element;

/// Begins a Parquet file in an open descriptor, which is closed with it.
CA_FUNCTION ca_write_parquet(int descriptor, ca_writer *out);
CA_PLAIN void ca_discard(ca_writer writer);

/// Adds a column of numbers, or of lists of `length` of them where that is not 0; before the first rows.
CA_FUNCTION ca_add_numbers(ca_writer writer, const char *name, ca_element element, int32_t length);
/// Adds a column of texts; before the first rows.
CA_FUNCTION ca_add_texts(ca_writer writer, const char *name);
/// The cells of a column in the rows that come next, one after another; copied.
CA_FUNCTION ca_put_numbers(ca_writer writer, int32_t column, const void *cells, int64_t rows);
/// The same for texts, UTF-8, one behind the other, and where each ends; copied.
CA_FUNCTION ca_put_texts(ca_writer writer, int32_t column, const char *bytes, const int64_t *ends, int64_t rows);
/// Writes the rows of which every column's cells are there.
CA_FUNCTION ca_put_rows(ca_writer writer, int64_t rows);
/// Ends the file.
CA_FUNCTION ca_end(ca_writer writer);

#ifdef __cplusplus
}
#endif
#endif
