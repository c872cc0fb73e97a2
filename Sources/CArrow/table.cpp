// A table: its columns, its batches, their cells.
#ifdef COUPLET_WITH_ARROW
#include "table.h"

#include <arrow/util/float16.h>

#include <atomic>
#include <limits>

thread_local std::string shim::last_error;

namespace {

using arrow::Type;
using shim::guarded;
using shim::require;

// No files, whatever they claim of themselves, take more memory than this.
class BoundedPool : public arrow::ProxyMemoryPool {
 public:
  BoundedPool() : ProxyMemoryPool(arrow::default_memory_pool()) {}
  std::atomic<int64_t> most{0};

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t **out) override {
    ARROW_RETURN_NOT_OK(Check(size));
    return ProxyMemoryPool::Allocate(size, alignment, out);
  }
  arrow::Status Reallocate(int64_t old, int64_t size, int64_t alignment, uint8_t **pointer) override {
    ARROW_RETURN_NOT_OK(Check(size - old));
    return ProxyMemoryPool::Reallocate(old, size, alignment, pointer);
  }

 private:
  arrow::Status Check(int64_t more) const {
    if (more <= most - bytes_allocated()) return arrow::Status::OK();
    return arrow::Status::OutOfMemory("decoding takes more than ", most >> 20, " MB");
  }
};

ca_kind kind(const arrow::DataType &type) {
  switch (type.id()) {
    case Type::FLOAT: case Type::HALF_FLOAT: return CA_FLOAT;
    case Type::DICTIONARY: {
      const auto values = kind(*static_cast<const arrow::DictionaryType &>(type).value_type());
      return values <= CA_TEXT ? values : CA_OTHER;
    }
    case Type::STRING: case Type::LARGE_STRING: case Type::STRING_VIEW: return CA_TEXT;
    case Type::TIMESTAMP: case Type::DATE32: case Type::DATE64: return CA_TIME;
    case Type::LIST: case Type::LARGE_LIST: case Type::FIXED_SIZE_LIST: case Type::LIST_VIEW: case Type::LARGE_LIST_VIEW:
      return kind(*type.field(0)->type()) <= CA_FLOAT ? CA_LIST : CA_OTHER;
    default:
      return arrow::is_integer(type.id()) || type.id() == Type::DOUBLE || type.id() == Type::BOOL ||
                     type.id() == Type::NA
                 ? CA_NUMBER
                 : CA_OTHER;
  }
}

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

template <typename ArrayType>
void copy(const arrow::Array &cells, int64_t start, int64_t count, double *out, int64_t stride) {
  const auto &typed = static_cast<const ArrayType &>(cells);
  for (int64_t i = 0; i < count; ++i) {
    if (cells.IsNull(start + i)) {
      out[i * stride] = missing;
    } else if constexpr (std::is_same_v<ArrayType, arrow::HalfFloatArray>) {
      out[i * stride] = arrow::util::Float16::FromBits(typed.Value(start + i)).ToDouble();
    } else {
      out[i * stride] = static_cast<double>(typed.Value(start + i));
    }
  }
}

/// The numbers of the cells from `start` on, `stride` apart.
void numbers(const arrow::Array &cells, int64_t start, int64_t count, double *out, int64_t stride) {
  switch (cells.type_id()) {
    case Type::INT8: return copy<arrow::Int8Array>(cells, start, count, out, stride);
    case Type::INT16: return copy<arrow::Int16Array>(cells, start, count, out, stride);
    case Type::INT32: return copy<arrow::Int32Array>(cells, start, count, out, stride);
    case Type::INT64: return copy<arrow::Int64Array>(cells, start, count, out, stride);
    case Type::UINT8: return copy<arrow::UInt8Array>(cells, start, count, out, stride);
    case Type::UINT16: return copy<arrow::UInt16Array>(cells, start, count, out, stride);
    case Type::UINT32: return copy<arrow::UInt32Array>(cells, start, count, out, stride);
    case Type::UINT64: return copy<arrow::UInt64Array>(cells, start, count, out, stride);
    case Type::HALF_FLOAT: return copy<arrow::HalfFloatArray>(cells, start, count, out, stride);
    case Type::FLOAT: return copy<arrow::FloatArray>(cells, start, count, out, stride);
    case Type::DOUBLE: return copy<arrow::DoubleArray>(cells, start, count, out, stride);
    case Type::BOOL: return copy<arrow::BooleanArray>(cells, start, count, out, stride);
    case Type::TIMESTAMP: return copy<arrow::TimestampArray>(cells, start, count, out, stride);
    case Type::DATE32: return copy<arrow::Date32Array>(cells, start, count, out, stride);
    case Type::DATE64: return copy<arrow::Date64Array>(cells, start, count, out, stride);
    case Type::NA:
      for (int64_t i = 0; i < count; ++i) out[i * stride] = missing;
      return;
    case Type::DICTIONARY: {
      const auto &coded = static_cast<const arrow::DictionaryArray &>(cells);
      for (int64_t i = 0; i < count; ++i) {
        if (cells.IsNull(start + i)) {
          out[i * stride] = missing;
        } else {
          numbers(*coded.dictionary(), coded.GetValueIndex(start + i), 1, out + i * stride, 1);
        }
      }
      return;
    }
    default: throw std::runtime_error("a column of " + cells.type()->ToString() + " holds no numbers");
  }
}

/// Calls `body` with the list array of any of the five kinds.
template <typename Body>
auto with_lists(const arrow::Array &cells, Body &&body) {
  switch (cells.type_id()) {
    case Type::LIST: return body(static_cast<const arrow::ListArray &>(cells));
    case Type::LARGE_LIST: return body(static_cast<const arrow::LargeListArray &>(cells));
    case Type::LIST_VIEW: return body(static_cast<const arrow::ListViewArray &>(cells));
    case Type::LARGE_LIST_VIEW: return body(static_cast<const arrow::LargeListViewArray &>(cells));
    default: return body(static_cast<const arrow::FixedSizeListArray &>(cells));
  }
}

bool is_list(const arrow::Array &cells) { return kind(*cells.type()) == CA_LIST; }

int64_t width(const arrow::Array &cells) {
  if (!is_list(cells)) return 1;
  if (cells.type_id() == Type::FIXED_SIZE_LIST) {
    return static_cast<const arrow::FixedSizeListArray &>(cells).value_length(0);
  }
  return with_lists(cells, [](const auto &lists) -> int64_t {
    int64_t found = 0;  // All missing.
    for (int64_t row = 0; row < lists.length(); ++row) {
      if (lists.IsNull(row)) continue;
      const int64_t length = lists.value_length(row);
      if (found != 0 && length != found) return -1;
      if (length == 0) return -1;
      found = length;
    }
    return found;
  });
}

template <typename ArrayType>
std::string_view view(const arrow::Array &cells, int64_t row) {
  return static_cast<const ArrayType &>(cells).GetView(row);
}

}  // namespace

void ca_table_s::set_columns(const arrow::Schema &schema) {
  for (const auto &field : schema.fields()) {
    columns.push_back({field->name(), kind(*field->type()), field->type()->ToString()});
  }
}

extern "C" {

bool ca_is_built(void) { return true; }
const char *ca_last_error(void) { return shim::last_error.c_str(); }

ca_status ca_open(const char *path, ca_format format, char delimiter, int64_t memory, ca_table *out) {
  return guarded([&] {
    auto table = std::make_unique<ca_table_s>();
    // For all tables, for ever: a reader's read-ahead may end after the reader.
    static auto *pool = new BoundedPool;
    pool->most = memory;
    table->pool = pool;
    switch (format) {
      case CA_CSV: shim::open_csv(*table, path, delimiter); break;
      case CA_PARQUET: shim::open_parquet(*table, path); break;
      default: shim::open_feather(*table, path);
    }
    *out = table.release();
  });
}

void ca_close(ca_table table) { delete table; }

int32_t ca_column_count(ca_table table) { return static_cast<int32_t>(table->columns.size()); }
const char *ca_column_name(ca_table table, int32_t column) { return table->columns[static_cast<size_t>(column)].name.c_str(); }
ca_kind ca_column_kind(ca_table table, int32_t column) { return table->columns[static_cast<size_t>(column)].kind; }
const char *ca_column_type(ca_table table, int32_t column) { return table->columns[static_cast<size_t>(column)].type.c_str(); }

int64_t ca_expected_rows(ca_table table) { return table->expected_rows; }

ca_status ca_inflated(ca_table table, int64_t *bytes) {
  return guarded([&] { *bytes = (*table->inflated)(); });
}

ca_status ca_start(ca_table table, const int32_t *columns, int32_t count, bool has_header, int32_t text) {
  return guarded([&] {
    for (auto &column : table->columns) column.place = -1;
    for (int32_t i = 0; i < count; ++i) table->columns.at(static_cast<size_t>(columns[i])).place = i;
    table->batch.reset();
    table->next = table->start(std::vector<int>(columns, columns + count), has_header, text);
  });
}

ca_status ca_next(ca_table table) {
  return guarded([&] {
    do {
      table->batch = require(table->next());
      // Offsets and texts are as the file has them, except those of CSV.
      if (table->batch != nullptr && !table->is_csv) require(table->batch->ValidateFull());
    } while (table->batch != nullptr && table->batch->num_rows() == 0);
  });
}

int64_t ca_row_count(ca_table table) { return table->batch == nullptr ? 0 : table->batch->num_rows(); }

ca_status ca_width(ca_table table, int32_t column, int64_t *out) {
  return guarded([&] { *out = width(table->cells(column)); });
}

ca_status ca_numbers(ca_table table, int32_t column, double *out, int64_t stride) {
  return guarded([&] {
    const auto &cells = table->cells(column);
    if (!is_list(cells)) return numbers(cells, 0, cells.length(), out, stride);
    const int64_t length = width(cells);
    with_lists(cells, [&](const auto &lists) {
      for (int64_t row = 0; row < lists.length(); ++row) {
        if (lists.IsNull(row)) {
          std::fill_n(out + row * stride, length, missing);
        } else {
          numbers(*lists.values(), lists.value_offset(row), length, out + row * stride, 1);
        }
      }
    });
  });
}

ca_status ca_text(ca_table table, int32_t column, int64_t row, const char **bytes, int64_t *length) {
  return guarded([&] {
    const arrow::Array *cells = &table->cells(column);
    std::string_view text;
    *bytes = nullptr;
    if (cells->IsNull(row)) return;
    if (cells->type_id() == Type::DICTIONARY) {
      const auto &coded = static_cast<const arrow::DictionaryArray &>(*cells);
      row = coded.GetValueIndex(row);
      cells = coded.dictionary().get();
      if (cells->IsNull(row)) return;
    }
    switch (cells->type_id()) {
      case Type::STRING: text = view<arrow::StringArray>(*cells, row); break;
      case Type::LARGE_STRING: text = view<arrow::LargeStringArray>(*cells, row); break;
      case Type::STRING_VIEW: text = view<arrow::StringViewArray>(*cells, row); break;
      default:
        table->text = require(cells->GetScalar(row))->ToString();
        if (table->text == "nan") return;
        text = table->text;
    }
    if (table->is_csv && text.empty()) return;
    *bytes = text.data() == nullptr ? "" : text.data();
    *length = static_cast<int64_t>(text.size());
  });
}

}  // extern "C"
#endif
