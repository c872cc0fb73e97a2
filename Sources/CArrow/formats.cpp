// The three formats: how a file is opened, and how batches of some of its columns are read.
#ifdef COUPLET_WITH_ARROW
#include <arrow/csv/api.h>
#include <arrow/csv/parser.h>
#include <arrow/io/api.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <filesystem>

#include "table.h"

namespace {

using shim::require;

// ---- CSV -------------------------------------------------------------------------------------

// A row must fit into a block: 16 MB are a million columns.
constexpr int32_t csv_block = 1 << 24;

using Inflated = std::shared_ptr<std::function<int64_t()>>;

std::shared_ptr<arrow::io::InputStream> csv_stream(const std::string &path, arrow::MemoryPool *pool,
                                                   const Inflated &inflated = nullptr) {
  auto file = require(arrow::io::ReadableFile::Open(path, pool));
  const auto magic = require(file->Read(2))->ToString();
  require(file->Seek(0));
  if (magic != "\x1f\x8b") return file;
  static const auto gzip = require(arrow::util::Codec::Create(arrow::Compression::GZIP));
  const auto stream = require(arrow::io::CompressedInputStream::Make(gzip.get(), file, pool));
  if (inflated != nullptr) *inflated = [stream] { return stream->closed() ? 0 : require(stream->Tell()); };
  return stream;
}

// Arrow takes some 8 KB a column.
constexpr size_t csv_most_columns = 100000;

// An empty line is a missing value where rows have one cell, and is skipped where they have more.
arrow::csv::ParseOptions csv_parsing(char delimiter, bool is_single) {
  auto options = arrow::csv::ParseOptions::Defaults();
  options.delimiter = delimiter;
  options.newlines_in_values = true;
  options.ignore_empty_lines = !is_single;
  return options;
}

std::shared_ptr<arrow::csv::StreamingReader> csv_reader(
    const std::string &path, char delimiter, bool is_single, bool has_header, arrow::MemoryPool *pool,
    const arrow::csv::ConvertOptions &conversion, const Inflated &inflated) {
  auto reading = arrow::csv::ReadOptions::Defaults();
  reading.use_threads = false;  // Errors name the row.
  reading.block_size = csv_block;
  reading.autogenerate_column_names = true;
  reading.skip_rows_after_names = has_header ? 1 : 0;
  return require(arrow::csv::StreamingReader::Make(
      arrow::io::IOContext(pool), csv_stream(path, pool, inflated), reading, csv_parsing(delimiter, is_single), conversion));
}

std::vector<std::string> csv_first_row(const std::string &path, char delimiter, arrow::MemoryPool *pool) {
  auto text = require(csv_stream(path, pool)->Read(csv_block))->ToString();
  if (text.rfind("\xef\xbb\xbf", 0) == 0) text.erase(0, 3);
  if (text.find_first_not_of("\r\n") == std::string::npos) throw std::runtime_error("the file is empty");
  arrow::csv::BlockParser parser(pool, csv_parsing(delimiter, false), -1, 0, 1);
  uint32_t size = 0;
  require(parser.ParseFinal(text, &size));
  std::vector<std::string> cells;
  require(parser.VisitLastRow([&](const uint8_t *bytes, uint32_t count, bool) {
    cells.emplace_back(reinterpret_cast<const char *>(bytes), count);
    return arrow::Status::OK();
  }));
  if (cells.size() > csv_most_columns)
    throw std::runtime_error("a table of " + std::to_string(cells.size()) + " columns; at most " +
                             std::to_string(csv_most_columns) + " are read");
  return cells;
}

// ---- Parquet ---------------------------------------------------------------------------------

void add_leaves(const parquet::arrow::SchemaField &field, std::vector<int> &leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto &child : field.children) add_leaves(child, leaves);
}

}  // namespace

namespace shim {

void open_csv(ca_table_s &table, const std::string &path, char delimiter) {
  auto *pool = table.pool;
  table.is_csv = true;
  const auto names = csv_first_row(path, delimiter, pool);
  auto conversion = arrow::csv::ConvertOptions::Defaults();
  const bool is_single = names.size() == 1;
  auto reader = csv_reader(path, delimiter, is_single, true, pool, conversion, table.inflated);
  table.set_columns(*reader->schema());
  // Whole numbers in the first block, or nothing there, may be fractions further on.
  for (size_t column = 0; column < table.columns.size(); ++column) {
    const auto &field = *reader->schema()->field(static_cast<int>(column));
    const auto type = field.type()->id();
    const bool is_number = type == arrow::Type::INT64 || type == arrow::Type::NA;
    conversion.column_types[field.name()] = is_number ? arrow::float64() : field.type();
    if (is_number) table.columns[column].kind = CA_NUMBER;
    if (column < names.size()) table.columns[column].name = names[column];
    table.columns[column].place = static_cast<int>(column);
  }
  table.batch = require(reader->Next());
  const double blocks = static_cast<double>(std::filesystem::file_size(path)) / csv_block;
  if (table.batch != nullptr)
    table.expected_rows = static_cast<int64_t>(static_cast<double>(table.batch->num_rows()) * std::max(1.0, blocks));
  const auto schema = reader->schema();
  const auto inflated = table.inflated;
  table.start = [=](const std::vector<int> &columns, bool has_header, int text) -> ca_table_s::Batches {
    auto options = conversion;
    for (int column : columns) options.include_columns.push_back(schema->field(column)->name());
    if (text >= 0) {
      options.column_types[schema->field(text)->name()] = arrow::utf8();
      options.strings_can_be_null = true;
    }
    auto reader = csv_reader(path, delimiter, is_single, has_header, pool, options, inflated);
    return [reader] { return reader->Next(); };
  };
}

void open_parquet(ca_table_s &table, const std::string &path) {
  auto *pool = table.pool;
  parquet::ReaderProperties properties(pool);
  properties.enable_buffered_stream();
  parquet::ArrowReaderProperties settings;
  settings.set_batch_size(1 << 14);
  settings.set_use_threads(false);
  settings.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  require(builder.Open(require(arrow::io::ReadableFile::Open(path, pool)), properties));
  builder.memory_pool(pool)->properties(settings);
  std::shared_ptr<parquet::arrow::FileReader> file = require(builder.Build());
  std::shared_ptr<arrow::Schema> schema;
  require(file->GetSchema(&schema));
  table.set_columns(*schema);
  table.expected_rows = file->parquet_reader()->metadata()->num_rows();
  table.start = [file](const std::vector<int> &columns, bool, int) -> ca_table_s::Batches {
    std::vector<int> leaves, groups;
    for (int column : columns) add_leaves(file->manifest().schema_fields.at(static_cast<size_t>(column)), leaves);
    for (int group = 0; group < file->num_row_groups(); ++group) groups.push_back(group);
    std::shared_ptr<arrow::RecordBatchReader> reader = require(file->GetRecordBatchReader(groups, leaves));
    return [file, reader] { return reader->Next(); };
  };
}

// Arrow's own format: a file with an index, which Feather is, or the stream that such a file has within.
void open_feather(ca_table_s &table, const std::string &path) {
  struct Opened {
    std::shared_ptr<arrow::Schema> schema;
    ca_table_s::Batches next;
    int64_t rows;
  };
  auto *pool = table.pool;
  const auto open = [path, pool](const std::vector<int> &columns) -> Opened {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.memory_pool = pool;
    options.use_threads = false;
    options.included_fields = columns;
    auto file = require(arrow::io::ReadableFile::Open(path, pool));
    const auto magic = require(file->Read(6))->ToString();
    require(file->Seek(0));
    if (magic.rfind("FEA1", 0) == 0) throw std::runtime_error("Feather of version 1, of which only version 2 is read");
    if (magic == "ARROW1") {
      auto batches = require(arrow::ipc::RecordBatchFileReader::Open(file, options));
      return {batches->schema(),
              [batches, next = 0]() mutable -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
                if (next == batches->num_record_batches()) return nullptr;
                return batches->ReadRecordBatch(next++);
              },
              require(batches->CountRows())};
    }
    auto stream = require(arrow::ipc::RecordBatchStreamReader::Open(file, options));
    return {stream->schema(), [stream] { return stream->Next(); }, 0};
  };
  const auto whole = open({});
  table.set_columns(*whole.schema);
  table.expected_rows = whole.rows;
  table.start = [open](const std::vector<int> &columns, bool, int) { return open(columns).next; };
}

}  // namespace shim
#endif
