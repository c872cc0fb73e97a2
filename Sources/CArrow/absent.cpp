// The shim where Couplet is built without Arrow.
#ifndef COUPLET_WITH_ARROW
#include "carrow.h"

extern "C" {

bool ca_is_built(void) { return false; }
const char *ca_last_error(void) { return "Couplet was built without Arrow"; }
ca_status ca_open(const char *, ca_format, char, int64_t, ca_table *) { return CA_NOT_BUILT; }
void ca_close(ca_table) {}
int32_t ca_column_count(ca_table) { return 0; }
const char *ca_column_name(ca_table, int32_t) { return ""; }
ca_kind ca_column_kind(ca_table, int32_t) { return CA_OTHER; }
const char *ca_column_type(ca_table, int32_t) { return ""; }
int64_t ca_expected_rows(ca_table) { return 0; }
ca_status ca_inflated(ca_table, int64_t *) { return CA_NOT_BUILT; }
ca_status ca_start(ca_table, const int32_t *, int32_t, bool, int32_t) { return CA_NOT_BUILT; }
ca_status ca_next(ca_table) { return CA_NOT_BUILT; }
int64_t ca_row_count(ca_table) { return 0; }
ca_status ca_width(ca_table, int32_t, int64_t *) { return CA_NOT_BUILT; }
ca_status ca_numbers(ca_table, int32_t, double *, int64_t) { return CA_NOT_BUILT; }
ca_status ca_text(ca_table, int32_t, int64_t, const char **, int64_t *) { return CA_NOT_BUILT; }

ca_status ca_write_parquet(int, ca_writer *) { return CA_NOT_BUILT; }
void ca_discard(ca_writer) {}
ca_status ca_add_numbers(ca_writer, const char *, ca_element, int32_t) { return CA_NOT_BUILT; }
ca_status ca_add_texts(ca_writer, const char *) { return CA_NOT_BUILT; }
ca_status ca_put_numbers(ca_writer, int32_t, const void *, int64_t) { return CA_NOT_BUILT; }
ca_status ca_put_texts(ca_writer, int32_t, const char *, const int64_t *, int64_t) { return CA_NOT_BUILT; }
ca_status ca_put_rows(ca_writer, int64_t) { return CA_NOT_BUILT; }
ca_status ca_end(ca_writer) { return CA_NOT_BUILT; }

}  // extern "C"
#endif
