// Parquet, written batch by batch.
#ifdef COUPLET_WITH_ARROW
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "table.h"

namespace {

using shim::guarded;
using shim::require;

std::shared_ptr<arrow::DataType> type(ca_element element) {
  switch (element) {
    case CA_BOOL: return arrow::boolean();
    case CA_UINT8: return arrow::uint8();
    case CA_UINT16: return arrow::uint16();
    case CA_UINT32: return arrow::uint32();
    case CA_UINT64: return arrow::uint64();
    case CA_INT8: return arrow::int8();
    case CA_INT16: return arrow::int16();
    case CA_INT32: return arrow::int32();
    case CA_INT64: return arrow::int64();
    case CA_FLOAT32: return arrow::float32();
    default: return arrow::float64();
  }
}

// A row group is encoded in memory.
constexpr int64_t group_bytes = 1 << 26;

}  // namespace

struct ca_writer_s {
  std::shared_ptr<arrow::io::OutputStream> file;
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> cells;
  std::shared_ptr<arrow::Schema> schema;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  int64_t row_bytes = 1;

  void add(const char *name, std::shared_ptr<arrow::DataType> type, int64_t bytes) {
    fields.push_back(arrow::field(name, std::move(type), false));
    cells.emplace_back();
    row_bytes += bytes;
  }

  // With the first rows, when all columns are known.
  void begin() {
    if (writer != nullptr) return;
    schema = arrow::schema(fields);
    auto properties = parquet::WriterProperties::Builder();
    properties.compression(parquet::Compression::SNAPPY);
    properties.max_row_group_length(std::max<int64_t>(1024, group_bytes / row_bytes));
    // Lists come back as they were: of fixed length.
    const auto settings = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    writer = require(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), file, properties.build(),
                                                      settings));
  }
};

extern "C" {

ca_status ca_write_parquet(int descriptor, ca_writer *out) {
  return guarded([&] {
    auto writer = std::make_unique<ca_writer_s>();
    writer->file = require(arrow::io::FileOutputStream::Open(descriptor));
    *out = writer.release();
  });
}

void ca_discard(ca_writer writer) { delete writer; }

ca_status ca_add_numbers(ca_writer writer, const char *name, ca_element element, int32_t length) {
  return guarded([&] {
    const auto number = type(element);
    const int64_t bytes = std::max(8, number->bit_width()) / 8;
    if (length == 0) return writer->add(name, number, bytes);
    writer->add(name, arrow::fixed_size_list(arrow::field("element", number, false), length), length * bytes);
  });
}

ca_status ca_add_texts(ca_writer writer, const char *name) {
  return guarded([&] { writer->add(name, arrow::utf8(), 32); });
}

ca_status ca_put_numbers(ca_writer writer, int32_t column, const void *bytes, int64_t rows) {
  return guarded([&] {
    const auto place = static_cast<size_t>(column);
    const auto cell = writer->fields.at(place)->type();
    const bool is_list = cell->id() == arrow::Type::FIXED_SIZE_LIST;
    const auto number = is_list ? cell->field(0)->type() : cell;
    const int64_t length = is_list ? static_cast<const arrow::FixedSizeListType &>(*cell).list_size() : 1;
    const int64_t count = rows * length;
    std::shared_ptr<arrow::Array> numbers;
    if (number->id() == arrow::Type::BOOL) {
      arrow::BooleanBuilder builder;
      require(builder.AppendValues(static_cast<const uint8_t *>(bytes), count));
      numbers = require(builder.Finish());
    } else {
      const int64_t size = count * number->bit_width() / 8;
      std::shared_ptr<arrow::Buffer> copy = require(arrow::AllocateBuffer(size));
      if (size > 0) std::memcpy(copy->mutable_data(), bytes, static_cast<size_t>(size));
      numbers = arrow::MakeArray(arrow::ArrayData::Make(number, count, {nullptr, copy}, 0));
    }
    writer->cells[place] =
        is_list ? std::make_shared<arrow::FixedSizeListArray>(cell, rows, numbers) : numbers;
  });
}

ca_status ca_put_texts(ca_writer writer, int32_t column, const char *bytes, const int64_t *ends, int64_t rows) {
  return guarded([&] {
    arrow::StringBuilder builder;
    int64_t start = 0;
    for (int64_t row = 0; row < rows; ++row) {
      require(builder.Append(bytes + start, static_cast<int32_t>(ends[row] - start)));
      start = ends[row];
    }
    writer->cells.at(static_cast<size_t>(column)) = require(builder.Finish());
  });
}

ca_status ca_put_rows(ca_writer writer, int64_t rows) {
  return guarded([&] {
    writer->begin();
    require(writer->writer->WriteRecordBatch(*arrow::RecordBatch::Make(writer->schema, rows, writer->cells)));
  });
}

ca_status ca_end(ca_writer writer) {
  return guarded([&] {
    writer->begin();
    require(writer->writer->Close());
    require(writer->file->Close());
  });
}

}  // extern "C"
#endif
