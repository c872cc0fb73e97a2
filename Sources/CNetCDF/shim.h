// netCDF-C, or stand-ins that only say that it is not there: the package compiles without the library.
#if __has_include(<netcdf.h>) && !defined(COUPLET_WITHOUT_NETCDF)
#include <netcdf.h>

static inline int cnetcdf_is_built_in(void) { return 1; }
#else
#include <stddef.h>

typedef int nc_type;
static inline int cnetcdf_is_built_in(void) { return 0; }
#define ABSENT \
  { return -1; }
// Nothing calls one of these: NetCDFFile and NetCDFOutput ask cnetcdf_is_built_in before they open a file.
static inline const char *nc_strerror(int status) { return "not built in"; }
static inline int nc_open(const char *path, int mode, int *file) ABSENT
static inline int nc_create(const char *path, int mode, int *file) ABSENT
static inline int nc_close(int file) ABSENT
static inline int nc_abort(int file) ABSENT
static inline int nc_inq_nvars(int file, int *count) ABSENT
static inline int nc_inq_grps(int file, int *count, int *groups) ABSENT
static inline int nc_inq_grpname(int file, char *name) ABSENT
static inline int nc_inq_unlimdims(int file, int *count, int *dimensions) ABSENT
static inline int nc_inq_dimid(int file, const char *name, int *dimension) ABSENT
static inline int nc_inq_dim(int file, int dimension, char *name, size_t *length) ABSENT
static inline int nc_inq_var(int file, int variable, char *name, nc_type *type, int *rank, int *dimensions, int *attributes) ABSENT
static inline int nc_inq_var_fill(int file, int variable, int *has_none, void *value) ABSENT
static inline int nc_inq_var_chunking(int file, int variable, int *storage, size_t *lengths) ABSENT
static inline int nc_inq_att(int file, int variable, const char *name, nc_type *type, size_t *length) ABSENT
static inline int nc_get_att_text(int file, int variable, const char *name, char *text) ABSENT
static inline int nc_get_att_string(int file, int variable, const char *name, char **texts) ABSENT
static inline int nc_get_att_double(int file, int variable, const char *name, double *values) ABSENT
static inline int nc_free_string(size_t count, char **texts) ABSENT
static inline int nc_get_vara_text(int file, int variable, const size_t *start, const size_t *count, char *values) ABSENT
static inline int nc_get_vara_string(int file, int variable, const size_t *start, const size_t *count, char **values) ABSENT
static inline int nc_get_vara_double(int file, int variable, const size_t *start, const size_t *count, double *values) ABSENT
static inline int nc_get_vara_longlong(int file, int variable, const size_t *start, const size_t *count, long long *values) ABSENT
static inline int nc_get_vara_ulonglong(int file, int variable, const size_t *start, const size_t *count, unsigned long long *values) ABSENT
static inline int nc_enddef(int file) ABSENT
static inline int nc_set_fill(int file, int mode, int *old) ABSENT
static inline int nc_def_dim(int file, const char *name, size_t length, int *dimension) ABSENT
static inline int nc_def_var(int file, const char *name, nc_type type, int rank, const int *dimensions, int *variable) ABSENT
static inline int nc_def_var_chunking(int file, int variable, int storage, const size_t *lengths) ABSENT
static inline int nc_def_var_fletcher32(int file, int variable, int checksum) ABSENT
static inline int nc_put_att_text(int file, int variable, const char *name, size_t length, const char *text) ABSENT
static inline int nc_put_att_double(int file, int variable, const char *name, nc_type type, size_t count, const double *values) ABSENT
static inline int nc_put_att_longlong(int file, int variable, const char *name, nc_type type, size_t count, const long long *values) ABSENT
static inline int nc_put_att_int(int file, int variable, const char *name, nc_type type, size_t count, const int *values) ABSENT
static inline int nc_put_vara_double(int file, int variable, const size_t *start, const size_t *count, const double *values) ABSENT
#undef ABSENT
#define NC_NOERR 0
#define NC_ENOTATT -43
#define NC_ENOFILTER -136
#define NC_NOWRITE 0
#define NC_NOCLOBBER 4
#define NC_NETCDF4 0x1000
#define NC_64BIT_OFFSET 0x0200
#define NC_64BIT_DATA 0x0020
#define NC_NOFILL 0x100
#define NC_CHUNKED 0
#define NC_FLETCHER32 1
#define NC_GLOBAL -1
#define NC_MAX_NAME 256
#define NC_MAX_VAR_DIMS 1024
#endif
