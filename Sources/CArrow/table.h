// What the files of the shim share: a table, and the way from Arrow's errors to a status.
#pragma once

#include <arrow/api.h>

#include <algorithm>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "carrow.h"

struct ca_table_s {
  struct Column {
    std::string name;
    ca_kind kind;
    std::string type;
    /// Its place in the batch; -1 where it is not read.
    int place = -1;
  };
  std::vector<Column> columns;
  /// The columns that are read, whether a first row is left out, a column that is read as text → the batches, none at
  /// the end.
  using Batches = std::function<arrow::Result<std::shared_ptr<arrow::RecordBatch>>()>;
  std::function<Batches(const std::vector<int> &, bool, int)> start;
  Batches next;
  std::shared_ptr<arrow::RecordBatch> batch;
  arrow::MemoryPool *pool = nullptr;
  int64_t expected_rows = 0;
  /// What has come out of a compressed file so far, in bytes; 0 for one that is not.
  std::shared_ptr<std::function<int64_t()>> inflated = std::make_shared<std::function<int64_t()>>([] { return 0; });
  /// Of the number that was last asked for as text.
  std::string text;
  /// Whether an empty text is a missing one.
  bool is_csv = false;

  void set_columns(const arrow::Schema &schema);
  const arrow::Array &cells(int32_t column) const {
    return *batch->column(columns.at(static_cast<size_t>(column)).place);
  }
};

namespace shim {

extern thread_local std::string last_error;

inline void require(const arrow::Status &status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

template <typename Value>
Value require(arrow::Result<Value> result) {
  require(result.status());
  return std::move(result).ValueUnsafe();
}

/// Runs `body`; what it throws becomes the last error.
template <typename Body>
ca_status guarded(Body &&body) noexcept {
  const auto remember = [](const char *text) noexcept {
    try {
      last_error.assign(text);
      last_error.resize(std::min(last_error.find('\n'), last_error.size()));
    } catch (...) {
      last_error.clear();
    }
  };
  try {
    body();
    return CA_OK;
  } catch (const std::bad_alloc &) {
    remember("out of memory");
  } catch (const std::exception &error) {
    remember(error.what());
  } catch (...) {
    remember("unknown C++ exception");
  }
  return CA_ERROR;
}

void open_csv(ca_table_s &table, const std::string &path, char delimiter);
void open_parquet(ca_table_s &table, const std::string &path);
void open_feather(ca_table_s &table, const std::string &path);

}  // namespace shim
